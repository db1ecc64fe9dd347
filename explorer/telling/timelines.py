"""What the lines at the bottom say: the place in the run or the lesson, and how far a training had come."""

from __future__ import annotations

import math

from attn_explore.explorer.drawing.numbers import loss_text, percent
from attn_explore.explorer.session.moments import Moments
from attn_explore.explorer.session.session import Session


def place_in_run(session: Session) -> tuple[str, int, int]:
    """What is counted (steps, or stops of a lesson), which one is looked at, and how many there are."""
    if session.lesson.is_guided:
        return "stop", session.lesson.place, len(session.lesson.stops)
    return "step", session.place.position, len(session.place.steps)


def trained(moments: Moments, moment: int) -> tuple[str, ...]:
    """How far a training had come at a moment: its steps, the loss, and the share of right answers."""
    steps, of = moments.steps[moment], moments.steps[-1]
    held_out_loss, held_out, trained_loss, right = (float(score) for score in moments.record.scores[moment])
    what, share = ("right", right) if math.isnan(held_out_loss) else ("held out", held_out)
    rate = f"{what} {percent(share)}".ljust(len(f"{what} 100%"))  # as wide at every moment
    return f"trained {steps:>{len(str(of))}} of {of} steps", f"loss {loss_text(trained_loss):<6}", rate
