"""The sheet of the block that a step belongs to: one head, or the steps under one path, with what enters them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace

import numpy as np

from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.head_sheet import head_at, head_outline
from attn_explore.explorer.telling.headings import where
from attn_explore.explorer.telling.planes import Outline, Plane, plane_at
from attn_explore.model.explain import Index
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

AS_WRITTEN = 5e-5
"""Numbers that differ by no more than this may be written alike."""


def outline_of(trace: Trace, value: Value, index: Index) -> Outline | None:
    """What stands on the sheet of the block that a step belongs to, for a cell of it; None of what is no step."""
    if value.is_leaf or value.elsewhere is not None:
        return None
    try:
        outline = head_outline(trace, value, head_at(trace, value, index))
    except Problem:
        return _of_block(trace, value, index, ())
    return outline if value.path in outline.planes else _of_block(trace, value, index, outline.steps)


def _of_block(trace: Trace, value: Value, index: Index, apart: Container[Value]) -> Outline:
    """The steps under the same path, and what enters them, without those of a head, which have a sheet of their own."""
    block, said = value.path.rpartition(".")[0], where(value)
    under = (step for path, step in trace.steps.items() if path.rpartition(".")[0] == block)
    steps = tuple(step for step in under if step not in apart)
    entering = tuple(_entering(steps, is_gradient(value)))
    leading = dict(zip(value.names[:-2], index[:-2], strict=True))
    bands = (tuple(_plane(each, value, index, leading) for each in band) for band in (entering, steps))
    title = said or "The end of the model"
    return Outline(title, block, trace, tuple(band for band in bands if band), steps, heading=title)


def _entering(steps: Sequence[Value], is_of_gradients: bool) -> Iterator[Value]:
    """What the steps are made of that was computed elsewhere; of gradients, only those by what follows."""
    found = dict.fromkeys(view.value for step in steps for view in step.operands)
    for value in found:
        if not value.is_leaf and value not in steps and is_gradient(value) is is_of_gradients:
            yield value


def _plane(each: Value, value: Value, index: Index, leading: dict[str, int]) -> Plane:
    """The matrix of a value that is looked at with another one: the same head of both, where both have heads."""
    if each is value:
        return plane_at(value, index)
    places = (min(leading.get(axis.name, 0), axis.size - 1) for axis in each.axes)
    return plane_at(each, tuple(places))


def fair_outline(session: Session) -> Outline | None:
    """The sheet of what is looked at without what a lesson asks for and what that is told by; None where none is left.

    Of a question for a number the sheet shows what is to be computed with; any other may be answered by it. What stands
    over the sheet without a question tells nothing there.
    """
    place, question = session.place, session.question
    outline = outline_of(session.run.trace, place.value, place.index)
    if outline is None or (question is not None and (question.kind != "number" or question.value is not place.value)):
        return None
    present = None if question is None else question.value.path
    asked = set(still_asked(session) & outline.planes.keys())
    if question is not None:
        asked |= {path for path, plane in outline.planes.items() if _shows(plane, question.number)}
    left = _without(outline, asked - {present}, present)
    return left if place.value.path in left.planes else None


def still_asked(session: Session) -> frozenset[str]:
    """The steps that a lesson asks about, now or later, but for one whose numbers are looked at."""
    in_sight = {session.place.value.path} if session.question is None else set[str]()
    return session.lesson.still_asked - in_sight


def _shows(plane: Plane, number: float) -> bool:
    """Whether a number stands among those of a matrix, as they are written."""
    return plane.value.elsewhere is None and bool((np.abs(plane.array - number) <= AS_WRITTEN).any())


def _without(outline: Outline, asked: Collection[str], present: str | None) -> Outline:
    """The sheet without some steps, and without what is made of these or of the `present` one: that tells them."""
    left_out, telling = set(asked), {*asked, present}
    for step in outline.steps:
        if any(view.path in telling for view in step.operands):
            left_out.add(step.path)
            telling.add(step.path)
    kept = (tuple(plane for plane in band if plane.path not in left_out) for band in outline.bands)
    return replace(outline, bands=tuple(band for band in kept if band))
