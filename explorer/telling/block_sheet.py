"""The sheet of the block that a step belongs to: one head, or the steps under one path, with what enters them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from dataclasses import replace

from attn_explore.explorer.telling.head_sheet import head_at, head_outline
from attn_explore.explorer.telling.headings import where
from attn_explore.explorer.telling.planes import Outline, Plane, plane_at
from attn_explore.model.explain import Index
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


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
    steps = tuple(step for step in under if step not in apart and step.elsewhere is None)
    entering = tuple(each for each in _entering(steps, is_gradient(value)) if each.elsewhere is None)
    leading = dict(zip(value.names[:-2], index[:-2], strict=True))
    bands = (tuple(_plane(each, value, index, leading) for each in band) for band in (entering, steps))
    return Outline(said or "The end of the model", block, trace, tuple(band for band in bands if band), steps)


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


def without(outline: Outline, asked: Collection[str], present: str | None = None) -> Outline:
    """The sheet without some steps, and without what is made of these or of the `present` one: that tells them."""
    left_out, telling = set(asked), {*asked, present}
    for step in outline.steps:
        if any(view.path in telling for view in step.operands):
            left_out.add(step.path)
            telling.add(step.path)
    kept = (tuple(plane for plane in band if plane.path not in left_out) for band in outline.bands)
    return replace(outline, bands=tuple(band for band in kept if band))
