"""Operations over one axis: sums, means, maxima, and normalisation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number, Reduce, constants
from attn_explore.model.notation import (
    Notation,
    call,
    difference,
    elementwise_product,
    phrase,
    quotient,
    root,
    squared,
    symbol,
    total,
)
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    aligned,
    cells,
    gradient_cell,
    operand_cell,
    over_axis,
    result_cell,
    row_at,
    spread,
    summed,
    times_gradient,
    to_operands,
)
from attn_explore.model.values import Operation, Value


def _reduction(function: Callable[..., Array]) -> Callable[[Value], Array]:
    def compute(value: Value) -> Array:
        return function(value.operands[0].array, axis=over_axis(value))

    return compute


def _reduction_cell(function: str) -> Callable[[Value, At], Expression]:
    def cell(value: Value, at: At) -> Expression:
        (free,) = cells(value, at)
        return Reduce(function, (value.options["over"],), free)

    return cell


def _named_over(sign: str) -> Callable[[Value, Notations], Notation]:
    def written(value: Value, operands: Notations) -> Notation:
        return phrase(f"{sign} of ", *operands, f" over {value.options['over']}")

    return written


def _sum_derivative(value: Value, gradient: Array) -> Gradients:
    return (np.broadcast_to(spread(value, gradient), value.operands[0].shape),)


def _sum_back(value: Value, _place: int, at: At) -> Expression:
    return gradient_cell(value, at)


SUM = Operation("sum", _reduction(np.sum), _sum_derivative, _reduction_cell("sum"), _named_over("sum"), _sum_back)


def _mean_derivative(value: Value, gradient: Array) -> Gradients:
    operand = value.operands[0]
    return (np.broadcast_to(spread(value, gradient) / operand.axis(value.options["over"]).size, operand.shape),)


def _mean_back(value: Value, _place: int, at: At) -> Expression:
    over = value.operands[0].axis(value.options["over"])
    return Apply("divide", (gradient_cell(value, at), Number(over.size, f"number of {over.name}")))


MEAN = Operation(
    "mean", _reduction(np.mean), _mean_derivative, _reduction_cell("mean"), _named_over("mean"), _mean_back
)


def _maximum_derivative(value: Value, gradient: Array) -> Gradients:
    array = value.operands[0].array
    is_maximum = array == spread(value, value.array)
    return (np.where(is_maximum, spread(value, gradient) / is_maximum.sum(over_axis(value), keepdims=True), 0),)


def _maximum_back(value: Value, _place: int, at: At) -> Expression:
    row, over = row_at(value, at), value.options["over"]
    if row[at[over]] != row.max():
        return Number(0.0, "not the largest")
    return Apply("divide", (gradient_cell(value, at), Number(int((row == row.max()).sum()), "how many are largest")))


MAXIMUM = Operation(
    "maximum",
    _reduction(np.max),
    _maximum_derivative,
    _reduction_cell("maximum"),
    _named_over("maximum"),
    _maximum_back,
)


# --- median: what half of the numbers are below


def _median_derivative(value: Value, gradient: Array) -> Gradients:
    """All goes to the number in the middle, or half to each of the two there."""
    array, over = value.operands[0].array, over_axis(value)
    places = np.argsort(np.argsort(array, axis=over, kind="stable"), axis=over)
    size = array.shape[over]
    is_middle = (places == (size - 1) // 2) | (places == size // 2)
    return (np.where(is_middle, spread(value, gradient), 0) / (2 - size % 2),)


MEDIAN = Operation(
    "median", _reduction(np.median), _median_derivative, _reduction_cell("median"), _named_over("median")
)


# --- length: the Euclidean norm of what stands along an axis


def _length(value: Value) -> Array:
    root: Array = np.sqrt(np.square(value.operands[0].array).sum(axis=over_axis(value)))
    return root


def _length_derivative(value: Value, gradient: Array) -> Gradients:
    """x/|x|; 0 for a vector of length 0, which has no direction."""
    length = spread(value, value.array)
    shares = value.operands[0].array / np.where(length == 0, 1, length)
    return (np.where(length == 0, 0, spread(value, gradient) * shares),)


def _length_cell(value: Value, at: At) -> Expression:
    squares = Apply("square", cells(value, at))
    return Apply("sqrt", (Reduce("sum", (value.options["over"],), squares, name="sum of squares"),))


def _length_back(value: Value, place: int, at: At) -> Expression:
    length = result_cell(value, at)
    if value.array[tuple(at[name] for name in value.names)] == 0:
        return Number(0.0, "a vector of length 0 has no direction")
    direction = Apply("divide", (operand_cell(value, place, at), length))
    return Apply("multiply", (gradient_cell(value, at), direction))


LENGTH = Operation("length", _length, _length_derivative, _length_cell, _named_over("length"), _length_back)


# --- normalise: to mean 0 and variance 1 over an axis, then a gain and a bias for each column; NaN where σ² overflows


def _mean(array: Array, over: int) -> Array:
    """The mean along an axis, which is kept; `np.mean` gives the same bits and takes longer."""
    mean: Array = np.add.reduce(array, axis=over, keepdims=True) / array.shape[over]
    return mean


def _standardised(value: Value) -> tuple[Array, Array]:
    array, over = value.operands[0].array, over_axis(value)
    centred = array - _mean(array, over)
    deviation = np.sqrt(_mean(np.square(centred), over) + value.dtype.type(value.options["eps"]))
    deviation[np.isposinf(deviation)] = np.nan  # dividing by ∞ would give 0: only the bias, as if all were well
    return centred / deviation, deviation


def _normalise(value: Value) -> Array:
    _, gain, bias = aligned(value)
    return _standardised(value)[0] * gain + bias


def _normalise_derivative(value: Value, gradient: Array) -> Gradients:
    _, gain, _ = aligned(value)
    over = over_axis(value)
    standard, deviation = _standardised(value)
    inner = gradient * gain
    along = standard * _mean(inner * standard, over)
    carried = (inner - _mean(inner, over) - along) / deviation
    return to_operands(value, carried, gradient * standard, gradient)


def _normalise_cell(value: Value, at: At) -> Expression:
    if _variance_overflows(value, at):
        return Number(math.nan, f"σ² is too large for {value.dtype}")
    cell, gain, bias = cells(value, at)
    mean, deviation = _mean_and_deviation(value, cells(value, _along(value, at))[0])
    standard = Apply("divide", (Apply("subtract", (cell, mean)), deviation), name="standardised")
    return Apply("add", (Apply("multiply", (standard, gain)), bias))


def _along(value: Value, at: At) -> At:
    """The index of a whole row: the axis that is normalised is free."""
    return {name: at[name] for name in at if name != value.options["over"]}


def _mean_and_deviation(value: Value, row: Expression) -> tuple[Expression, Expression]:
    """μ and √(σ² + ε) of a row."""
    over = (value.options["over"],)
    mean = Reduce("mean", over, row, name="μ")
    variance = Reduce("mean", over, Apply("square", (Apply("subtract", (row, mean)),)), name="σ²")
    return mean, Apply("sqrt", (Apply("add", (variance, Number(value.options["eps"], "ε"))),))


def _variance_overflows(value: Value, at: At) -> bool:
    """Whether the row that `at` stands in is too far from its mean for the squares to be numbers of the type."""
    row = row_at(value, at)
    with np.errstate(all="ignore"):
        return bool(np.isposinf(np.square(row - row.mean()).mean()))


def _normalise_written(_value: Value, operands: Notations) -> Notation:
    x, gain, bias = operands
    standard = quotient(difference(x, symbol("μ")), root(total(symbol("σ²"), symbol("ε"))))
    return total(elementwise_product(standard, gain), bias)


def _normalise_back(value: Value, place: int, at: At) -> Expression:
    """(γ∂ − mean(γ∂) − x̂·mean(γ∂·x̂))/√(σ² + ε): moving along the mean, or along x̂ itself, changes nothing."""
    if place > 0:
        return _parameter_back(value, place, at, _standardised(value)[0])
    if _variance_overflows(value, at):
        return Number(math.nan, f"σ² is too large for {value.dtype}")
    along = _along(value, at)
    row = operand_cell(value, 0, along)
    mean, deviation = _mean_and_deviation(value, row)
    standard = Apply("divide", (Apply("subtract", (row, mean)), deviation))
    over, inner = (value.options["over"],), _through_gain(value, along)
    pulls = Reduce("mean", over, inner, name="mean of γ∂")
    turns = Reduce("mean", over, Apply("multiply", (inner, standard)), name="mean of γ∂·standardised")
    left = Apply("subtract", (_through_gain(value, at), pulls))
    own = Apply("divide", (Apply("subtract", (operand_cell(value, 0, at), mean)), deviation), name="standardised")
    return Apply("divide", (Apply("subtract", (left, Apply("multiply", (own, turns)))), deviation))


def _through_gain(value: Value, at: At) -> Expression:
    """γ∂: the gradient of what is standardised."""
    return Apply("multiply", (gradient_cell(value, at), operand_cell(value, 1, at)))


def _parameter_back(value: Value, place: int, at: At, standard: Array) -> Expression:
    """The gradient of a gain, which multiplies what is standardised, or of a bias, which is added to it."""
    if place == 1:
        return times_gradient(value, place, at, constants(value.names, standard, at, "standardised"))
    return summed(value, place, gradient_cell(value, at))


NORMALISE = Operation(
    "normalise", _normalise, _normalise_derivative, _normalise_cell, _normalise_written, _normalise_back
)


# --- rms_normalise: to a mean square of 1 over an axis, then a gain for each column (Zhang & Sennrich 2019)


def _divided_by_rms(value: Value) -> tuple[Array, Array]:
    array, over = value.operands[0].array, over_axis(value)
    root = np.sqrt(np.square(array).mean(axis=over, keepdims=True) + value.dtype.type(value.options["eps"]))
    root[np.isposinf(root)] = np.nan  # as above
    return array / root, root


def _rms(value: Value) -> Array:
    return _divided_by_rms(value)[0] * aligned(value)[1]


def _rms_derivative(value: Value, gradient: Array) -> Gradients:
    standard, root = _divided_by_rms(value)
    inner = gradient * aligned(value)[1]
    along = standard * (inner * standard).mean(axis=over_axis(value), keepdims=True)
    return to_operands(value, (inner - along) / root, gradient * standard)


def _rms_cell(value: Value, at: At) -> Expression:
    if _square_overflows(value, at):
        return Number(math.nan, f"the mean square is too large for {value.dtype}")
    cell, gain = cells(value, at)
    root = _root(value, cells(value, _along(value, at))[0])
    return Apply("multiply", (Apply("divide", (cell, root)), gain))


def _square_overflows(value: Value, at: At) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.isposinf(np.square(row_at(value, at)).mean()))


def _root(value: Value, row: Expression) -> Expression:
    """√(mean square + ε) of a row."""
    mean_square = Reduce("mean", (value.options["over"],), Apply("square", (row,)), name="mean square")
    return Apply("sqrt", (Apply("add", (mean_square, Number(value.options["eps"], "ε"))),))


def _rms_written(_value: Value, operands: Notations) -> Notation:
    x, gain = operands
    return elementwise_product(quotient(x, root(total(call("mean", squared(x)), symbol("ε")))), gain)


def _rms_back(value: Value, place: int, at: At) -> Expression:
    """(γ∂ − x̂·mean(γ∂·x̂))/√(mean square + ε)."""
    if place > 0:
        return _parameter_back(value, place, at, _divided_by_rms(value)[0])
    if _square_overflows(value, at):
        return Number(math.nan, f"the mean square is too large for {value.dtype}")
    along = _along(value, at)
    row = operand_cell(value, 0, along)
    root = _root(value, row)
    body = Apply("multiply", (_through_gain(value, along), Apply("divide", (row, root))))
    turns = Reduce("mean", (value.options["over"],), body, name="mean of γ∂·standardised")
    own = Apply("divide", (operand_cell(value, 0, at), root), name="standardised")
    return Apply("divide", (Apply("subtract", (_through_gain(value, at), Apply("multiply", (own, turns)))), root))


RMS_NORMALISE = Operation("rms_normalise", _rms, _rms_derivative, _rms_cell, _rms_written, _rms_back)

ROWS = (SUM, MEAN, MEDIAN, MAXIMUM, LENGTH, NORMALISE, RMS_NORMALISE)
