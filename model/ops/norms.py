"""Normalisation: the numbers along an axis brought to a common scale, then a gain, and a bias, for each column.

`over` names the axis, or several that are normalised together. Where `plus_one`, the factor is 1 + gain (Gemma).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number, Reduce
from attn_explore.model.notation import (
    ONE,
    Notation,
    call,
    difference,
    elementwise_product,
    quotient,
    root,
    squared,
    symbol,
    total,
)
from attn_explore.model.ops.blocks import Function, by_rows
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    aligned,
    all_but_over,
    cells,
    gradient_cell,
    operand_cell,
    summed,
    times_gradient,
    to_operands,
)
from attn_explore.model.values import Operation, Value

GAIN, BIAS = 1, 2
"""Which operands they are."""


# --- normalise: to mean 0 and variance 1 over an axis, then a gain and a bias for each column; NaN where σ² overflows


def _mean(array: Array, over: tuple[int, ...]) -> Array:
    """The mean along some axes, which are kept; `np.mean` gives the same bits and takes longer."""
    for place in reversed(over):
        array = np.add.reduce(array, axis=place, keepdims=True) / array.shape[place]
    return array


def _mean_cell(value: Value, body: Expression, name: str) -> Expression:
    """The mean of `body` along the axes that are normalised."""
    first, *others = _names(value)
    for axis in reversed(others):
        body = Reduce("mean", (axis,), body)
    return Reduce("mean", (first,), body, name=name)


def _names(value: Value) -> tuple[str, ...]:
    """The axes that are normalised."""
    return tuple(value.options["over"].split())


def _places(value: Value) -> tuple[int, ...]:
    """Where they stand."""
    return tuple(map(value.names.index, _names(value)))


def _factor(value: Value) -> Array:
    """What the standardised numbers are multiplied by."""
    gain = aligned(value)[1]
    return gain + 1 if value.options["plus_one"] else gain


def _factor_cell(value: Value, gain: Expression) -> Expression:
    return Apply("add", (Number(1.0), gain)) if value.options["plus_one"] else gain


def _factor_notation(value: Value, gain: Notation) -> Notation:
    return total(ONE, gain) if value.options["plus_one"] else gain


def _standardised(value: Value) -> tuple[Array, Array]:
    return _standardise(value.operands[0].array, *_settings(value))


def _settings(value: Value) -> tuple[tuple[int, ...], Any]:
    """The axes that are normalised, and ε."""
    return _places(value), value.dtype.type(value.options["eps"])


def _standardise(array: Array, over: tuple[int, ...], eps: Any) -> tuple[Array, Array]:
    centred = array - _mean(array, over)
    deviation = np.sqrt(_mean(np.square(centred), over) + eps)
    deviation[np.isposinf(deviation)] = np.nan  # dividing by ∞ would give 0: only the bias, as if all were well
    return centred / deviation, deviation


def _normalise(value: Value) -> Array:
    over, eps = _settings(value)

    def normalised(x: Array, factor: Array, bias: Array, out: Array | None = None) -> Array:
        return np.add(np.multiply(_standardise(x, over, eps)[0], factor, out=out), bias, out=out)

    return _by_rows(value, over, normalised, value.operands[0].array, _factor(value), aligned(value)[BIAS])


def _by_rows(value: Value, over: tuple[int, ...], function: Function, *arrays: Array) -> Array:
    """In blocks, where it is rows that are normalised."""
    return by_rows(value, function, *arrays) if over == (len(value.axes) - 1,) else function(*arrays)


def _normalise_derivative(value: Value, gradient: Array) -> Gradients:
    over = _places(value)
    standard, deviation = _standardised(value)
    inner = gradient * _factor(value)
    along = standard * _mean(inner * standard, over)
    carried = (inner - _mean(inner, over) - along) / deviation
    return to_operands(value, carried, gradient * standard, gradient)


def _normalise_cell(value: Value, at: At) -> Expression:
    if _variance_overflows(value, at):
        return Number(math.nan, f"σ² is too large for {value.dtype}")
    cell, gain, bias = cells(value, at)
    mean, deviation = _mean_and_deviation(value, cells(value, _along(value, at))[0])
    standard = Apply("divide", (Apply("subtract", (cell, mean)), deviation), name="standardised")
    return Apply("add", (Apply("multiply", (standard, _factor_cell(value, gain))), bias))


def _along(value: Value, at: At) -> At:
    """The index of a whole row: the axes that are normalised are free."""
    return {name: at[name] for name in at if name not in _names(value)}


def _mean_and_deviation(value: Value, row: Expression) -> tuple[Expression, Expression]:
    """μ and √(σ² + ε) of a row."""
    mean = _mean_cell(value, row, "μ")
    variance = _mean_cell(value, Apply("square", (Apply("subtract", (row, mean)),)), "σ²")
    return mean, Apply("sqrt", (Apply("add", (variance, Number(value.options["eps"], "ε"))),))


def _variance_overflows(value: Value, at: At) -> bool:
    """Whether a row that `at` stands in is too far from its mean for the squares to be numbers of the type."""
    rows, over = _rows(value, at)
    with np.errstate(all="ignore"):
        return bool(np.isposinf(_mean(np.square(rows - _mean(rows, over)), over)).any())


def _rows(value: Value, at: At) -> tuple[Array, tuple[int, ...]]:
    """The numbers that are normalised together with those at `at`, and the axes along which they are."""
    along, names = _along(value, at), value.operands[0].names
    rows = value.operands[0][tuple(along.get(name, slice(None)) for name in names)]
    left = [name for name in names if name not in along]
    return rows, tuple(map(left.index, _names(value)))


def _normalise_formula(value: Value, operands: Notations) -> Notation:
    x, gain, bias = operands
    standard = quotient(difference(x, symbol("μ")), root(total(symbol("σ²"), symbol("ε"))))
    return total(elementwise_product(standard, _factor_notation(value, gain)), bias)


def _normalise_back(value: Value, place: int, at: At) -> Expression:
    """(γ∂ − mean(γ∂) − x̂·mean(γ∂·x̂))/√(σ² + ε): moving along the mean, or along x̂ itself, changes nothing."""
    if place == BIAS:
        return summed(value, place, gradient_cell(value, at))
    if _variance_overflows(value, at):
        return Number(math.nan, f"σ² is too large for {value.dtype}")
    along = _along(value, at)
    row, number = operand_cell(value, 0, along), operand_cell(value, 0, at)
    mean, deviation = _mean_and_deviation(value, row)
    if place == GAIN:
        return times_gradient(value, place, at, Apply("divide", (Apply("subtract", (number, mean)), deviation)))
    standard = Apply("divide", (Apply("subtract", (row, mean)), deviation))
    inner = _through_gain(value, along)
    pulls = _mean_cell(value, inner, "mean of γ∂")
    turns = _mean_cell(value, Apply("multiply", (inner, standard)), "mean of γ∂·standardised")
    left = Apply("subtract", (_through_gain(value, at), pulls))
    own = Apply("divide", (Apply("subtract", (number, mean)), deviation), name="standardised")
    return Apply("divide", (Apply("subtract", (left, Apply("multiply", (own, turns)))), deviation))


def _through_gain(value: Value, at: At) -> Expression:
    """γ∂: the gradient of what is standardised."""
    return Apply("multiply", (gradient_cell(value, at), _factor_cell(value, operand_cell(value, 1, at))))


NORMALISE = Operation(
    "normalise", _normalise, _normalise_derivative, _normalise_cell, _normalise_formula, _normalise_back, all_but_over
)


# --- rms_normalise: to a mean square of 1 over an axis, then a gain for each column (Zhang & Sennrich 2019)


def _divide_by_rms(array: Array, over: tuple[int, ...], eps: Any) -> tuple[Array, Array]:
    root = np.sqrt(_mean(np.square(array), over) + eps)
    root[np.isposinf(root)] = np.nan  # as above
    return array / root, root


def _rms(value: Value) -> Array:
    over, eps = _settings(value)

    def divided(x: Array, factor: Array, out: Array | None = None) -> Array:
        return np.multiply(_divide_by_rms(x, over, eps)[0], factor, out=out)

    return _by_rows(value, over, divided, value.operands[0].array, _factor(value))


def _divided_by_rms(value: Value) -> tuple[Array, Array]:
    return _divide_by_rms(value.operands[0].array, *_settings(value))


def _rms_derivative(value: Value, gradient: Array) -> Gradients:
    standard, root = _divided_by_rms(value)
    inner = gradient * _factor(value)
    along = standard * _mean(inner * standard, _places(value))
    return to_operands(value, (inner - along) / root, gradient * standard)


def _rms_cell(value: Value, at: At) -> Expression:
    if _square_overflows(value, at):
        return Number(math.nan, f"the mean square is too large for {value.dtype}")
    cell, gain = cells(value, at)
    root = _root(value, cells(value, _along(value, at))[0])
    return Apply("multiply", (Apply("divide", (cell, root)), _factor_cell(value, gain)))


def _square_overflows(value: Value, at: At) -> bool:
    rows, over = _rows(value, at)
    with np.errstate(all="ignore"):
        return bool(np.isposinf(_mean(np.square(rows), over)).any())


def _root(value: Value, row: Expression) -> Expression:
    """√(mean square + ε) of a row."""
    mean_square = _mean_cell(value, Apply("square", (row,)), "mean square")
    return Apply("sqrt", (Apply("add", (mean_square, Number(value.options["eps"], "ε"))),))


def _rms_formula(value: Value, operands: Notations) -> Notation:
    x, gain = operands
    standard = quotient(x, root(total(call("mean", squared(x)), symbol("ε"))))
    return elementwise_product(standard, _factor_notation(value, gain))


def _rms_back(value: Value, place: int, at: At) -> Expression:
    """(γ∂ − x̂·mean(γ∂·x̂))/√(mean square + ε)."""
    if _square_overflows(value, at):
        return Number(math.nan, f"the mean square is too large for {value.dtype}")
    along = _along(value, at)
    row, number = operand_cell(value, 0, along), operand_cell(value, 0, at)
    root = _root(value, row)
    if place == GAIN:
        return times_gradient(value, place, at, Apply("divide", (number, root)))
    body = Apply("multiply", (_through_gain(value, along), Apply("divide", (row, root))))
    turns = _mean_cell(value, body, "mean of γ∂·standardised")
    own = Apply("divide", (number, root), name="standardised")
    return Apply("divide", (Apply("subtract", (_through_gain(value, at), Apply("multiply", (own, turns)))), root))


RMS_NORMALISE = Operation("rms_normalise", _rms, _rms_derivative, _rms_cell, _rms_formula, _rms_back, all_but_over)

ROWS = (NORMALISE, RMS_NORMALISE)
