"""What stands in the tree of steps: beside a step, and over the passes of a generation."""

from __future__ import annotations

from attn_explore.explorer.drawing.numbers import short_number, short_power
from attn_explore.explorer.session.session import Session
from attn_explore.model.explain import chosen
from attn_explore.model.formulas import letter
from attn_explore.model.ops import is_gradient
from attn_explore.model.passes import CHAPTER
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


def beside_step(session: Session, step: Value) -> str:
    """What stands beside a step in the tree: its letter, or the word that was chosen from its candidates.

    Behind that, whether it has a marked cell (★), whether it was edited (✎), and by how much edits changed it (Δ).
    """
    sign = letter(step) if letter(step) != step.name and not is_gradient(step) else ""
    if step.name == "candidates" and not is_gradient(step):
        sign = "?" if session.lesson.is_asked(step.path) else _chosen(session.run.trace, step)
    most = session.run.farthest(step)
    far = short_power(f"Δ{most:.2g}") if 0 < most < 100 else f"Δ{short_number(round(most, 0))}" if most else ""
    star = "★" if session.place.is_marked(step) else ""
    return " ".join(filter(None, (sign, star, "✎" if step.changes else "", far)))


def chapters(session: Session) -> dict[str, str]:
    """What the passes of a generation are called in the tree, by the beginning of their paths."""
    steps = session.run.trace.steps
    ends = {path.removesuffix(".candidates"): step for path, step in steps.items() if path.startswith(CHAPTER)}
    return {
        chapter: f"word {_pass_of(chapter) + 1}: "
        + ("?" if session.lesson.is_asked(step.path) else _chosen(session.run.trace, step))
        for chapter, step in ends.items()
        if step.name == "candidates"
    }


def _chosen(trace: Trace, candidates: Value) -> str:
    """The word that is chosen, once it is known: of a generation as soon as its next pass has read it."""
    place = _pass_of(candidates.path)
    if candidates.is_away and place < len(trace.generated):
        return visible(candidates.axes[0].label(trace.generated[place]))
    return "…" if candidates.is_away else visible(candidates.axes[0].label(chosen(candidates)))


def _pass_of(path: str) -> int:
    """Which pass of a generation a step is of, counted from 0."""
    chapter, place, *_ = f"{path}.".split(".")
    return int(place) if chapter == CHAPTER else 0
