"""Where a number goes: the cells that were computed from it, and how much each of them changes with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.changes import Change
from attn_explore.model.dataclass import dataclass
from attn_explore.model.ops import differentiated, is_gradient
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View
from attn_explore.model.windows import cut

Index = tuple[int, ...]

_STEP = 1e-3
"""How far a number is moved to see which cells it moves; what is told is the exact derivative."""


@dataclass(frozen=True, slots=True)
class Use:
    """A cell of `value` that was computed from another cell, and ∂cell/∂that one."""

    value: Value
    index: Index
    derivative: float


def uses(trace: Trace, value: Value, index: Index, most: int) -> tuple[list[Use], int]:
    """The cells that were computed straight from a cell, those that depend on it most first: at most `most` of them.

    Returns them with how many there are altogether. A cell that does not change with it is none of them: what a mask
    hides, what ReLU cuts off.
    """
    if is_gradient(value):
        return _uses_of_gradient(trace, value, index, most)
    steps = [step for step in trace.with_sampled() if not is_gradient(step)]
    readers = [_near(step, value, index) for step in steps if any(view.value is value for view in step.operands)]
    changed = [(reader, *_changed_cells(reader)) for reader in readers]
    count = sum(len(places) for _, places, _ in changed)
    every = (
        (size, reader, place) for reader, places, sizes in changed for size, place in zip(sizes, places, strict=True)
    )
    strongest = sorted(every, key=lambda found: -found[0])[:most]
    exact = [Use(reader.step, reader.whole(place), _derivative(reader, place)) for _, reader, place in strongest]
    return sorted(exact, key=lambda use: -abs(use.derivative)), count


@dataclass(frozen=True)
class _Reader:
    """A step that read a cell: its `part` that may change with the cell, which stands in `value` at `index`.

    `first` is where the part begins. A step that can be held, and so can what it reads, is its own part.
    """

    step: Value
    part: Value
    first: Index
    value: Value
    index: Index

    def whole(self, place: Index) -> Index:
        """Where a cell of the part stands in the step."""
        return tuple(start + inner for start, inner in zip(self.first, place, strict=True))


def _near(step: Value, value: Value, index: Index) -> _Reader:
    """What a step reads of a value at a cell."""
    whole = _Reader(step, step, (0,) * len(step.axes), value, index)
    places = [place for place, view in enumerate(step.operands) if view.value is value]
    view = step.operands[places[0]]
    if not (step.is_large or value.is_large) or len(places) > 1 or not view.is_plain:
        return whole
    at = {name: here for name, here in zip(view.names, index, strict=True) if name in step.made_by.each(step)}
    if not at:
        return whole
    part = cut(step, {name: slice(here, here + 1) for name, here in at.items()})
    first = tuple(at.get(name, 0) for name in step.names)
    inner = tuple(0 if name in at else here for name, here in zip(view.names, index, strict=True))
    return _Reader(step, part, first, part.operands[places[0]].value, inner)


def _uses_of_gradient(trace: Trace, value: Value, index: Index, most: int) -> tuple[list[Use], int]:
    """Where a gradient is passed back to: it counts as much as the step's cell changes with each cell of an operand."""
    step = differentiated(value)
    one = np.zeros(step.shape, step.dtype)
    one[index] = 1
    parts = () if step.is_leaf else zip(step.operands, step.carried_to_operands(one), strict=True)
    found: dict[str, Array] = {}
    for view, part in parts:
        found[view.path] = found.get(view.path, 0) + view.carried_back(part)
    every = [
        Use(trace.steps[f"{PREFIX}{path}"], tuple(map(int, place)), float(changes[tuple(place)]))
        for path, changes in found.items()
        if f"{PREFIX}{path}" in trace.steps
        for place in np.argwhere(changes)
    ]
    return sorted(every, key=lambda use: -abs(use.derivative))[:most], len(every)


def _changed_cells(reader: _Reader) -> tuple[list[Index], Array]:
    """Which cells of the part move with the cell, and about how far: the operation on a number nearby."""
    with np.errstate(all="ignore"):
        difference = np.abs(np.subtract(_nearby(reader, _STEP), _nearby(reader, -_STEP)))
    difference = np.where(np.isfinite(difference), difference, 0)
    places = np.argwhere(difference > 0)
    return [tuple(map(int, place)) for place in places], difference[difference > 0]


def _nearby(reader: _Reader, by: float) -> Array:
    value, index = reader.value, reader.index
    number = float(value[index])
    moved = number + by * max(1.0, abs(number)) if value.dtype.kind == "f" else number
    changed = _with_number(value, index, moved)
    views = tuple(_on(view, changed) if view.value is value else view for view in reader.part.operands)
    return replace(reader.part, operands=views, held=None).made()


def _with_number(value: Value, index: Index, number: float) -> Value:
    """A value with another number at an index; of one that is too large to be held, it is put where it is looked at."""
    if value.is_large:
        changed = replace(value, changes=(*value.changes, Change(index, put=number)))
        changed.keeper = value.keeper
        return changed
    array = np.array(value.array, np.float64 if value.dtype.kind == "f" else value.dtype)
    array[index] = number
    return replace(value, held=array)


def _on(view: View, value: Value) -> View:
    return View(value, view.axes, view.repeats)


def _derivative(reader: _Reader, place: Index) -> float:
    part, value = reader.part, reader.value
    one = np.zeros(part.shape, part.dtype)
    one[place] = 1
    parts = zip(part.operands, part.carried_to_operands(one), strict=True)
    return sum(float(view.carried_back(gradient)[reader.index]) for view, gradient in parts if view.value is value)
