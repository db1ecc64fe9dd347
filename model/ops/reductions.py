"""Operations over one axis: sums, means, medians, maxima, lengths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number, Reduce
from attn_explore.model.notation import (
    Notation,
    phrase,
)
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    cells,
    every_axis,
    gradient_cell,
    operand_cell,
    over_axis,
    result_cell,
    row_at,
    spread,
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
    def formula(value: Value, operands: Notations) -> Notation:
        return phrase(f"{sign} of ", *operands, f" over {value.options['over']}")

    return formula


def _sum_derivative(value: Value, gradient: Array) -> Gradients:
    return (np.broadcast_to(spread(value, gradient), value.operands[0].shape),)


def _sum_back(value: Value, _place: int, at: At) -> Expression:
    return gradient_cell(value, at)


SUM = Operation(
    "sum", _reduction(np.sum), _sum_derivative, _reduction_cell("sum"), _named_over("sum"), _sum_back, every_axis
)


def _mean_derivative(value: Value, gradient: Array) -> Gradients:
    operand = value.operands[0]
    return (np.broadcast_to(spread(value, gradient) / operand.axis(value.options["over"]).size, operand.shape),)


def _mean_back(value: Value, _place: int, at: At) -> Expression:
    over = value.operands[0].axis(value.options["over"])
    return Apply("divide", (gradient_cell(value, at), Number(over.size, f"number of {over.name}")))


MEAN = Operation(
    "mean", _reduction(np.mean), _mean_derivative, _reduction_cell("mean"), _named_over("mean"), _mean_back, every_axis
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
    every_axis,
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
    "median",
    _reduction(np.median),
    _median_derivative,
    _reduction_cell("median"),
    _named_over("median"),
    each=every_axis,
)


# --- length: the Euclidean norm of what stands along an axis; scaled first where squares are too large, or too small


def lengths(vectors: Array, axis: int = -1) -> Array:
    """The length of each vector along an axis."""
    with np.errstate(over="ignore", under="ignore"):
        root: Array = np.sqrt(np.square(vectors).sum(axis=axis))
    if not (lost := squares_are_lost(vectors, axis)).any():
        return root
    largest = np.abs(vectors).max(axis=axis)
    shares = vectors / np.expand_dims(np.where(lost, largest, 1), axis)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(lost, largest * np.sqrt(np.square(shares).sum(axis=axis)), root)


def squares_are_lost(vectors: Array, axis: int = -1) -> Array:
    """Where the squares of finite vectors add up to no number of their type, or to one that has lost its digits."""
    limits = np.finfo(vectors.dtype)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        total = np.square(vectors).sum(axis=axis)
    is_far: Array = np.isposinf(total) | (total < limits.tiny / limits.eps)
    if is_far.any():
        largest = np.abs(vectors).max(axis=axis)
        is_far &= np.isfinite(largest) & (largest > 0)
    return is_far


def length_cell(vector: Expression, over: str, is_scaled: bool, squares: str, largest: str) -> Expression:
    """The length of a vector, whose axis `over` is free; `squares` and `largest` are what its parts are called."""
    if not is_scaled:
        return Apply("sqrt", (Reduce("sum", (over,), Apply("square", (vector,)), name=squares),))
    most = Reduce("maximum", (over,), Apply("absolute", (vector,)), name=largest)
    shares = Apply("square", (Apply("ratio", (vector, most)),))
    return Apply("multiply", (most, Apply("sqrt", (Reduce("sum", (over,), shares, name=f"{squares} of its shares"),))))


def _length(value: Value) -> Array:
    return lengths(value.operands[0].array, over_axis(value))


def _length_derivative(value: Value, gradient: Array) -> Gradients:
    """x/|x|; 0 for a vector of length 0, which has no direction."""
    length = spread(value, value.array)
    shares = value.operands[0].array / np.where(length == 0, 1, length)
    return (np.where(length == 0, 0, spread(value, gradient) * shares),)


def _length_cell(value: Value, at: At) -> Expression:
    (vector,) = cells(value, at)
    is_scaled = bool(squares_are_lost(row_at(value, at)))
    return length_cell(vector, value.options["over"], is_scaled, "sum of squares", "largest")


def _length_back(value: Value, place: int, at: At) -> Expression:
    length = result_cell(value, at)
    if value[tuple(at[name] for name in value.names)] == 0:
        return Number(0.0, "a vector of length 0 has no direction")
    direction = Apply("divide", (operand_cell(value, place, at), length))
    return Apply("multiply", (gradient_cell(value, at), direction))


LENGTH = Operation("length", _length, _length_derivative, _length_cell, _named_over("length"), _length_back, every_axis)


ROWS = (SUM, MEAN, MEDIAN, MAXIMUM, LENGTH)
