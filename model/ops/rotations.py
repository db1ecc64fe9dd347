"""Rotary positions: pairs of columns of queries and keys turned by an angle that grows with the position.

Source: Su et al. 2021. Models differ in which columns are pairs, how many are turned, and by which angles.
"""

from __future__ import annotations

import math

import numpy as np

from attn_explore.model.architecture import EachScaling, LinearScaling, Llama3Scaling, Rotary
from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Cell, Expression, Number
from attn_explore.model.notation import Notation, phrase, subscripted
from attn_explore.model.ops.common import At, Gradients, Notations, gradient_cell
from attn_explore.model.values import Operation, Value


def _rotate(value: Value) -> Array:
    return _turned(value.operands[0].array, value.options["rotary"], *_cosines_and_sines(value))


def _rotate_derivative(value: Value, gradient: Array) -> Gradients:
    cos, sin = _cosines_and_sines(value)
    return (_turned(gradient, value.options["rotary"], cos, -sin),)


def _turned(array: Array, rotary: Rotary, cos: Array, sin: Array) -> Array:
    """Each pair turned; the columns that are in no pair as they are."""
    first, second = _columns(rotary)
    turned = np.empty(array.shape, array.dtype)
    turned[..., first] = array[..., first] * cos - array[..., second] * sin
    turned[..., second] = array[..., first] * sin + array[..., second] * cos
    turned[..., rotary.dims :] = array[..., rotary.dims :]
    return turned


def _columns(rotary: Rotary) -> tuple[slice, slice]:
    """The first and the second columns of all pairs."""
    if rotary.pairs == "halves":
        return slice(0, rotary.dims // 2), slice(rotary.dims // 2, rotary.dims)
    return slice(0, rotary.dims, 2), slice(1, rotary.dims, 2)


def _cosines_and_sines(value: Value) -> tuple[Array, Array]:
    """Cosine and sine of the angle of each token and pair: (token, dims / 2)."""
    angle = np.asarray(value.axes[-2].places_in_text)[:, None] / _stretches(value.options["rotary"])
    return np.asarray(np.cos(angle), value.dtype), np.asarray(np.sin(angle), value.dtype)


def _stretches(rotary: Rotary) -> Array:
    """By how much the position is divided, for each pair: the angle comes round after 2π times as many tokens."""
    stretch = rotary.base ** (np.arange(0, rotary.dims, 2) / rotary.dims)
    match rotary.scaling:
        case LinearScaling(factor):
            return np.asarray(stretch * factor)
        case EachScaling(factors):
            return np.asarray(stretch * factors)
        case Llama3Scaling():
            return np.array([_slowed(rotary.scaling, float(each)) for each in stretch])
    return np.asarray(stretch)


def _slowed(scaling: Llama3Scaling, stretch: float) -> float:
    kept = _kept(scaling, stretch)
    if kept in (0, 1):
        return stretch if kept else stretch * scaling.factor
    return stretch / ((1 - kept) / scaling.factor + kept)


def _kept(scaling: Llama3Scaling, stretch: float) -> float:
    """How much of an angle is kept as it is: 1 of a fast one, 0 of a slow one, a share of those between."""
    share = (scaling.original / (2 * math.pi * stretch) - scaling.low) / (scaling.high - scaling.low)
    return min(1.0, max(0.0, share))


# --- the arithmetic of a cell


def _rotate_cell(value: Value, at: At) -> Expression:
    column = value.names[-1]
    pair = _pair(value.options["rotary"], at[column])
    if pair is None:
        return Cell(0, at)
    first, second = (Cell(0, {**at, column: place}) for place in pair)
    cos, sin = _cosine_and_sine(value, at, pair)
    if at[column] == pair[0]:
        return Apply("subtract", (Apply("multiply", (first, cos)), Apply("multiply", (second, sin))))
    return Apply("add", (Apply("multiply", (first, sin)), Apply("multiply", (second, cos))))


def _rotate_back(value: Value, _place: int, at: At) -> Expression:
    """Turned back by the same angle."""
    column = value.names[-1]
    pair = _pair(value.options["rotary"], at[column])
    if pair is None:
        return gradient_cell(value, at)
    first, second = (gradient_cell(value, {**at, column: place}) for place in pair)
    cos, sin = _cosine_and_sine(value, at, pair)
    if at[column] == pair[0]:
        return Apply("add", (Apply("multiply", (first, cos)), Apply("multiply", (second, sin))))
    return Apply("subtract", (Apply("multiply", (second, cos)), Apply("multiply", (first, sin))))


def _pair(rotary: Rotary, column: int) -> tuple[int, int] | None:
    """The pair of columns that a column is in, if it is in one."""
    if column >= rotary.dims:
        return None
    if rotary.pairs == "halves":
        half = rotary.dims // 2
        return column % half, column % half + half
    even = column - column % 2
    return even, even + 1


def _cosine_and_sine(value: Value, at: At, pair: tuple[int, int]) -> tuple[Expression, Expression]:
    """Of the angle that a pair of columns is turned by."""
    rotary: Rotary = value.options["rotary"]
    place = pair[0] if rotary.pairs == "halves" else pair[0] // 2
    width = subscripted(value.names[-1]) if rotary.dims == value.axes[-1].size else "turned columns"
    power = Apply("divide", (Number(2 * place, "2i"), Number(rotary.dims, width)))
    stretch = _scaled(rotary, place, Apply("power", (Number(rotary.base), power)))
    position = value.axes[-2].places_in_text[at[value.names[-2]]]
    angle = Apply("divide", (Number(position, "position"), stretch), name="θ")
    return Apply("cos", (angle,)), Apply("sin", (angle,))


def _scaled(rotary: Rotary, pair: int, stretch: Expression) -> Expression:
    """What a position is divided by, with what was done to it for longer texts."""
    match rotary.scaling:
        case LinearScaling(factor):
            return Apply("multiply", (stretch, Number(factor, "factor")))
        case EachScaling(factors):
            return Apply("multiply", (stretch, Number(factors[pair], f"factor of pair {pair}")))
        case Llama3Scaling() as scaling:
            return _mixed(scaling, _kept(scaling, rotary.base ** (2 * pair / rotary.dims)), stretch)
    return stretch


def _mixed(scaling: Llama3Scaling, kept: float, stretch: Expression) -> Expression:
    if kept in (0, 1):
        return stretch if kept else Apply("multiply", (stretch, Number(scaling.factor, "factor")))
    waves = Apply("divide", (Number(scaling.original, "positions"), Apply("multiply", (Number(2 * math.pi), stretch))))
    range_of_waves = Apply("subtract", (Number(scaling.high, "high"), Number(scaling.low, "low")))
    share = Apply(
        "divide", (Apply("subtract", (waves, Number(scaling.low, "low"))), range_of_waves), name="share that is kept"
    )
    slowed = Apply("divide", (Apply("subtract", (Number(1.0), share)), Number(scaling.factor, "factor")))
    return Apply("divide", (stretch, Apply("add", (slowed, share))))


def _rotate_formula(value: Value, operands: Notations) -> Notation:
    rotary: Rotary = value.options["rotary"]
    width = value.axes[-1].size
    which = f", the first {rotary.dims} columns" if rotary.dims < width else ""
    beside = f", column i with i + {rotary.dims // 2}" if rotary.pairs == "halves" else ""
    return phrase(*operands, f" turned by position·θᵢ{which}{beside}")


ROTATE = Operation(
    "rotate", _rotate, _rotate_derivative, _rotate_cell, _rotate_formula, _rotate_back, lambda v: v.names[:-2]
)

ROWS = (ROTATE,)
