"""Where a number goes: the cells that were computed from it, and how much each of them changes with it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.ops import differentiated, is_gradient
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View

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
    steps = [step for step in trace.steps.values() if not is_gradient(step)]
    readers = [step for step in steps if any(view.value is value for view in step.operands)]
    changed = [(step, *_changed_cells(step, value, index)) for step in readers]
    count = sum(len(places) for _, places, _ in changed)
    every = ((size, step, place) for step, places, sizes in changed for size, place in zip(sizes, places, strict=True))
    strongest = sorted(every, key=lambda found: -found[0])[:most]
    exact = [Use(step, place, _derivative(step, place, value, index)) for _, step, place in strongest]
    return sorted(exact, key=lambda use: -abs(use.derivative)), count


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


def _changed_cells(step: Value, value: Value, index: Index) -> tuple[list[Index], Array]:
    """Which cells of `step` move with a cell of `value`, and about how far: the operation on a number nearby."""
    with np.errstate(all="ignore"):
        difference = np.abs(np.subtract(_nearby(step, value, index, _STEP), _nearby(step, value, index, -_STEP)))
    difference = np.where(np.isfinite(difference), difference, 0)
    places = np.argwhere(difference > 0)
    return [tuple(map(int, place)) for place in places], difference[difference > 0]


def _nearby(step: Value, value: Value, index: Index, by: float) -> Array:
    array = np.array(value.array, np.float64 if value.dtype.kind == "f" else value.dtype)
    if value.dtype.kind == "f":
        array[index] += by * max(1.0, abs(float(array[index])))
    changed = replace(value, held=array)
    views = tuple(_on(view, changed) if view.value is value else view for view in step.operands)
    return replace(step, operands=views, held=None).array


def _on(view: View, value: Value) -> View:
    return View(value, view.axes, view.repeats)


def _derivative(step: Value, place: Index, value: Value, index: Index) -> float:
    one = np.zeros(step.shape, step.dtype)
    one[place] = 1
    parts = zip(step.operands, step.carried_to_operands(one), strict=True)
    return sum(float(view.carried_back(gradient)[index]) for view, gradient in parts if view.value is value)
