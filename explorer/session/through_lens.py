"""A run seen through the lens, as somebody asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from attn_explore.explorer.session.asked_logit import wanted_token
from attn_explore.explorer.session.place import Cell
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_place import usual_place
from attn_explore.model.looking.lens import LIKELIEST, Lens, last_whole_pass, lens
from attn_explore.model.stream import chapters, stream_of

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session


@dataclass(frozen=True, slots=True)
class Through:
    """What is asked of a lens: a token by its text or by its id, how many likeliest ones, and whether single heads."""

    token: str | None = None
    token_id: int | None = None
    top: int = LIKELIEST
    heads: bool = False


def through_lens(session: Session, asked: Through, tell: Callable[[int, int], object] = lambda done, of: None) -> Lens:
    """The lens of the run that stands; of a generation, of its last pass. Raises Problem for what cannot be asked."""
    trace = session.run.trace
    chapter = last_whole_pass(trace)
    vocabulary = stream_of(trace, chapter).logits.axes[-1]
    wanted = wanted_token(session, vocabulary, asked.token, asked.token_id)
    return lens(trace, wanted, top=asked.top, heads=asked.heads, chapter=chapter, tell=tell)


def leaves_passes_out(session: Session) -> bool:
    """Whether words were generated that no pass reads together with those before: a real model takes these over."""
    trace = session.run.trace
    passes = chapters(trace)
    return bool(passes) and passes[-1] != last_whole_pass(trace)


def said_at(session: Session, cell: Cell) -> int:
    """The token that a cell of the logits or the probabilities is of; of any other, the likeliest one in the end."""
    trace = session.run.trace
    logits = stream_of(trace, last_whole_pass(trace)).logits
    looked_at, vocabulary = session.place.peek(cell.path), logits.axes[-1]
    if looked_at is not None and looked_at.axes and looked_at.axes[-1].name == vocabulary.name:
        return cell.index[-1]
    row = (usual_place(trace, logits),) if len(logits.axes) > 1 else ()
    return int(np.argmax(logits[row]))
