"""Constants and arrangement: the identity, even spacing, tensors and axes side by side, parts of a tensor."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array, Axis, align, names, sizes
from attn_explore.model.expressions import Apply, Cell, Expression, Number
from attn_explore.model.notation import Notation, phrase
from attn_explore.model.ops.common import At, Gradients, Notations, gradient_cell, no_derivative
from attn_explore.model.values import Operation, Value

# --- identity: 1 where both indices are the same, 0 elsewhere (Kronecker's δ)


def _identity(value: Value) -> Array:
    return np.eye(*value.shape, dtype=value.dtype)


def _identity_cell(value: Value, at: At) -> Expression:
    first, second = value.names
    is_same = at[first] == at[second]
    return Number(float(is_same), f"{first} is {'' if is_same else 'not '}{second}")


IDENTITY = Operation(
    "identity",
    _identity,
    no_derivative,
    _identity_cell,
    lambda v, _: phrase(f"1 where {v.names[0]} is {v.names[1]}, else 0"),
)


# --- evenly: numbers from 0 to some number, equally far apart


def _evenly(value: Value) -> Array:
    (count,) = value.shape
    return np.asarray(np.arange(count) * (value.options["to"] / (count - 1)), value.dtype)


def _evenly_cell(value: Value, at: At) -> Expression:
    (axis,) = value.axes
    step = Apply("divide", (Number(value.options["to"], "last"), Number(axis.size - 1, "steps")))
    return Apply("multiply", (Number(at[axis.name], "place"), step))


EVENLY = Operation(
    "evenly",
    _evenly,
    no_derivative,
    _evenly_cell,
    lambda v, _: phrase(f"0 … {v.options['to']:g} in {v.shape[0] - 1} equal steps"),
)


# --- stack: tensors of the same axes side by side, along new axes


def _new_axes(value: Value) -> tuple[Axis, ...]:
    """The axes that the operands lack, outermost first."""
    return tuple(value.axis(name) for name in value.options["along"])


def _stacked_names(value: Value) -> tuple[str, ...]:
    """The new axes and then those of each operand."""
    return (*names(_new_axes(value)), *value.operands[0].names)


def _stack(value: Value) -> Array:
    own = value.operands[0]
    parts = np.stack([align(operand.array, operand.names, own.names) for operand in value.operands])
    return align(parts.reshape(*sizes(_new_axes(value)), *own.shape), _stacked_names(value), value.names)


def _stack_derivative(value: Value, gradient: Array) -> Gradients:
    own = value.operands[0]
    parts = align(gradient, value.names, _stacked_names(value)).reshape(len(value.operands), *own.shape)
    return tuple(align(part, own.names, operand.names) for part, operand in zip(parts, value.operands, strict=True))


def _stack_cell(value: Value, at: At) -> Expression:
    new = _new_axes(value)
    place = np.ravel_multi_index([at[axis.name] for axis in new], sizes(new))
    return Cell(int(place), {name: at[name] for name in value.operands[0].names})


def _stack_formula(_value: Value, operands: Notations) -> Notation:
    first, *others = dict.fromkeys(operands)
    if not others:
        return phrase(first, " of each, side by side")
    return phrase(first, *(part for other in others for part in (", ", other)), " side by side")


def _stack_back(value: Value, place: int, at: At) -> Expression:
    new = [axis for axis in value.axes if axis.name not in at]
    places = map(int, np.unravel_index(place, sizes(new)))
    return gradient_cell(value, {**at, **{axis.name: there for axis, there in zip(new, places, strict=True)}})


STACK = Operation(
    "stack", _stack, _stack_derivative, _stack_cell, _stack_formula, _stack_back, lambda value: value.operands[0].names
)


# --- part: what stands at some places of the last axis, or at one


def _part_names(value: Value) -> tuple[str, ...]:
    """The names of the axes as they stand in the operand."""
    kept = value.operands[0].names[:-1]
    return (*kept, *(name for name in value.names if name not in kept))


def _part(value: Value) -> Array:
    operand, at = value.operands[0], value.options["at"]
    part = operand.window(**{operand.names[-1]: slice(at, at + 1) if isinstance(at, int) else at})
    return align(part[..., 0] if isinstance(at, int) else part, _part_names(value), value.names)


def _part_derivative(value: Value, gradient: Array) -> Gradients:
    spread = np.zeros(value.operands[0].shape, gradient.dtype)
    spread[..., value.options["at"]] = align(gradient, value.names, _part_names(value))
    return (spread,)


def _part_cell(value: Value, at: At) -> Expression:
    operand, where = value.operands[0], value.options["at"]
    *kept, last = operand.names
    place = where if isinstance(where, int) else where.start + at[_part_names(value)[-1]]
    return Cell(0, {**{name: at[name] for name in kept}, last: place})


def _part_formula(value: Value, operands: Notations) -> Notation:
    last, where = value.operands[0].axes[-1], value.options["at"]
    if isinstance(where, int):
        return phrase(f"{last.label(where)} of ", *operands)
    return phrase(f"{last.label(where.start)} to {last.label(where.stop - 1)} of ", *operands)


def _part_back(value: Value, _place: int, at: At) -> Expression:
    last, where = value.operands[0].names[-1], value.options["at"]
    start, stop = (where, where + 1) if isinstance(where, int) else (where.start, where.stop)
    if not start <= at[last] < stop:
        return Number(0.0, "not taken")
    kept = {name: at[name] for name in value.operands[0].names[:-1]}
    return gradient_cell(value, kept | {name: at[last] - start for name in value.names if name not in kept})


PART = Operation("part", _part, _part_derivative, _part_cell, _part_formula, _part_back)


# --- taken_over: what an earlier pass of a generation computed, and behind it what is new


def _taken_over(value: Value) -> Array:
    parts = [operand.array for operand in value.operands]
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=_token(value))


def _token(value: Value) -> int:
    """Where the axis stands along which what is new follows."""
    return value.names.index("token")


def _earlier(value: Value) -> int:
    """How many tokens are taken over."""
    return value.operands[0].axis("token").size


def _taken_over_derivative(value: Value, gradient: Array) -> Gradients:
    return tuple(np.split(gradient, [_earlier(value)], axis=_token(value))[: len(value.operands)])


def _taken_over_cell(value: Value, at: At) -> Expression:
    new = at["token"] - _earlier(value)
    return Apply("taken_over", (Cell(0, at),)) if new < 0 else Cell(1, {**at, "token": new})


def _taken_over_back(value: Value, place: int, at: At) -> Expression:
    return gradient_cell(value, {**at, "token": at["token"] + place * _earlier(value)})


def _taken_over_formula(_value: Value, operands: Notations) -> Notation:
    _, *new = operands
    taken_over = "taken over from an earlier pass"
    return phrase(f"{taken_over}, then ", *new) if new else phrase(taken_over)


TAKEN_OVER = Operation(
    "taken_over",
    _taken_over,
    _taken_over_derivative,
    _taken_over_cell,
    _taken_over_formula,
    _taken_over_back,
    lambda value: tuple(name for name in value.names if name != "token"),
)


# --- merge: axes side by side in one


def _merge_parts(value: Value) -> tuple[Axis, ...]:
    """The axes of the operand in the order of the result: the last axis of the result holds parts."""
    *kept, whole = value.axes
    return (*kept, *whole.parts)


def _merge_order(value: Value) -> list[int]:
    return [value.operands[0].names.index(axis.name) for axis in _merge_parts(value)]


def _merge(value: Value) -> Array:
    apart, room = value.operands[0].array.transpose(_merge_order(value)), value.room()
    if room is None:
        return apart.reshape(value.shape)
    room.reshape(apart.shape)[...] = apart
    return room


def _merge_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient.reshape(sizes(_merge_parts(value))).transpose(np.argsort(_merge_order(value))),)


def _merge_cell(value: Value, at: At) -> Expression:
    *kept, whole = value.axes
    found = {axis.name: at[axis.name] for axis in kept}
    places = np.unravel_index(at[whole.name], sizes(whole.parts))
    found.update(zip(names(whole.parts), map(int, places), strict=True))
    return Cell(0, found)


def _merge_back(value: Value, _place: int, at: At) -> Expression:
    whole = value.axes[-1]
    place = np.ravel_multi_index([at[name] for name in names(whole.parts)], sizes(whole.parts))
    return gradient_cell(value, {**at, whole.name: int(place)})


def _merge_formula(_value: Value, operands: Notations) -> Notation:
    return phrase("heads of ", *operands, " side by side")


MERGE = Operation(
    "merge", _merge, _merge_derivative, _merge_cell, _merge_formula, _merge_back, lambda value: value.names[:-1]
)

ROWS = (IDENTITY, EVENLY, STACK, PART, TAKEN_OVER, MERGE)
