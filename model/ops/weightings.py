"""Weightings: what turns a row of scores into attention weights.

Where every score of a row is −∞ there is nothing to attend to: the weights are zeros. ReLU and sigmoid are weightings
as well; they look at each score alone and stand among the activations.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number, Reduce, constants, threshold
from attn_explore.model.notation import Notation, difference, elementwise_product, sum_of_products
from attn_explore.model.ops.blocks import by_rows
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    aligned,
    all_but_over,
    as_call,
    cells,
    gradient_cell,
    operand_cell,
    over_axis,
    result_cell,
    row_at,
    summed,
    to_operands,
)
from attn_explore.model.values import Operation, Value


def is_fully_masked(value: Value, at: At) -> bool:
    """Whether the row of weights that `at` stands in has nothing to attend to: zeros, not a distribution."""
    return bool(np.isneginf(row_at(value, at)).all())


def _nothing_to_see(value: Value) -> Number:
    return Number(0.0, f"every {value.options['over']} is hidden")


def _cell_and_row(value: Value, at: At) -> tuple[Expression, Expression]:
    """The score itself, and all scores of its row."""
    return cells(value, at)[0], cells(value, _along(value, at))[0]


def _along(value: Value, at: At) -> At:
    """The index of a whole row: the axis that is weighed is free."""
    return {name: at[name] for name in at if name != value.options["over"]}


# --- softmax: eˣ, divided by its sum over an axis; zeros where every cell is −∞


def _softmax(value: Value) -> Array:
    array, over = value.operands[0].array, over_axis(value)
    weigh = partial(_weigh, over=over)
    return by_rows(value, weigh, array) if over == array.ndim - 1 else weigh(array)


def _weigh(array: Array, over: int, out: Array | None = None) -> Array:
    maximum = array.max(axis=over, keepdims=True)
    exponentials = np.subtract(array, np.where(np.isneginf(maximum), 0, maximum), out=out)
    np.exp(exponentials, out=exponentials)
    total = exponentials.sum(axis=over, keepdims=True)
    return np.divide(exponentials, np.where(total == 0, 1, total), out=exponentials)


def _back_through_softmax(weights: Array, gradient: Array, over: int) -> Array:
    """The gradient of the scores from that of their weights."""
    carried: Array = weights * (gradient - (gradient * weights).sum(axis=over, keepdims=True))
    return carried


def _softmax_derivative(value: Value, gradient: Array) -> Gradients:
    return (_back_through_softmax(value.array, gradient, over_axis(value)),)


def _softmax_cell(value: Value, at: At) -> Expression:
    over = value.options["over"]
    cell, row = _cell_and_row(value, at)
    if is_fully_masked(value, at):
        return _nothing_to_see(value)
    maximum = Reduce("maximum", (over,), row, name="row max")
    total = Reduce("sum", (over,), Apply("exp", (Apply("subtract", (row, maximum)),)), name="row sum")
    return Apply("divide", (Apply("exp", (Apply("subtract", (cell, maximum)),)), total))


def _softmax_back(value: Value, _place: int, at: At) -> Expression:
    """A score counts as much as its weight, and as far as its own gradient is above the row's, weighted."""
    row = _along(value, at)
    weighted = Apply("multiply", (gradient_cell(value, row), result_cell(value, row)))
    mean = Reduce("sum", (value.options["over"],), weighted, name="weighted mean")
    above = Apply("subtract", (gradient_cell(value, at), mean))
    return Apply("multiply", (result_cell(value, at), above))


SOFTMAX = Operation(
    "softmax", _softmax, _softmax_derivative, _softmax_cell, as_call("softmax"), _softmax_back, all_but_over
)


# --- softmax_backward: what softmax's own derivative makes of gradients of its weights


def _softmax_backward(value: Value) -> Array:
    gradient, weights = aligned(value)
    return _back_through_softmax(weights, gradient, value.names.index(value.options["over"]))


def _softmax_backward_derivative(value: Value, gradient: Array) -> Gradients:
    inner, weights = aligned(value)
    over = value.names.index(value.options["over"])
    along = (inner * weights).sum(axis=over, keepdims=True)
    by_weights = gradient * (inner - along) - inner * (gradient * weights).sum(axis=over, keepdims=True)
    return to_operands(value, _back_through_softmax(weights, gradient, over), by_weights)


def _softmax_backward_cell(value: Value, at: At) -> Expression:
    over = value.options["over"]
    gradient, weight = cells(value, at)
    row = cells(value, {name: at[name] for name in at if name != over})
    along = Reduce("sum", (over,), Apply("multiply", row), name="weighted sum")
    return Apply("multiply", (weight, Apply("subtract", (gradient, along))))


def _softmax_backward_back(value: Value, place: int, at: At) -> Expression:
    row, over = _along(value, at), value.options["over"]
    weighted = Apply("multiply", (gradient_cell(value, row), operand_cell(value, 1, row)))
    mean = Reduce("sum", (over,), weighted, name="weighted mean")
    if place == 0:
        above = Apply("subtract", (gradient_cell(value, at), mean))
        return summed(value, place, Apply("multiply", (operand_cell(value, 1, at), above)))
    inner = operand_cell(value, 0, at)
    both = (operand_cell(value, 0, row), operand_cell(value, 1, row))
    along = Reduce("sum", (over,), Apply("multiply", both), name="weighted sum")
    own = Apply("multiply", (gradient_cell(value, at), Apply("subtract", (inner, along))))
    return summed(value, place, Apply("subtract", (own, Apply("multiply", (inner, mean)))))


def _softmax_backward_formula(_value: Value, operands: Notations) -> Notation:
    gradient, weights = operands
    return elementwise_product(weights, difference(gradient, sum_of_products(gradient, weights)))


SOFTMAX_BACKWARD = Operation(
    "softmax_backward",
    _softmax_backward,
    _softmax_backward_derivative,
    _softmax_backward_cell,
    _softmax_backward_formula,
    _softmax_backward_back,
    all_but_over,
)


# --- sparsemax: the scores above a threshold, which is set so that a row sums to 1 (Martins & Astudillo 2016)


def _sparsemax(value: Value) -> Array:
    array, over = value.operands[0].array, over_axis(value)
    maximum = array.max(axis=over, keepdims=True)
    below = array - np.where(np.isneginf(maximum), 0, maximum)  # as in softmax: large scores keep their differences
    return np.asarray(np.maximum(below - np.expand_dims(threshold(below, over), over), 0))


def _sparsemax_derivative(value: Value, gradient: Array) -> Gradients:
    """The gradient minus its mean over the keys that have a weight; 0 for the others."""
    over, has_weight = over_axis(value), value.array > 0
    share = (1 / np.maximum(has_weight.sum(axis=over, keepdims=True), 1)).astype(gradient.dtype)
    mean = (np.where(has_weight, gradient, 0) * share).sum(axis=over, keepdims=True)
    return (np.where(has_weight, gradient - mean, 0),)


def _sparsemax_cell(value: Value, at: At) -> Expression:
    if is_fully_masked(value, at):
        return _nothing_to_see(value)
    cell, row = _cell_and_row(value, at)
    over = (value.options["over"],)
    maximum = Reduce("maximum", over, row, name="row max")
    tau = Reduce("threshold", over, Apply("subtract", (row, maximum)), name="τ")
    return Apply("maximum", (Number(0.0), Apply("subtract", (Apply("subtract", (cell, maximum)), tau))))


def _sparsemax_back(value: Value, _place: int, at: At) -> Expression:
    over = value.options["over"]
    row = _along(value, at)
    has_weight = value[tuple(row.get(name, slice(None)) for name in value.names)] > 0
    if not has_weight[at[over]]:
        return Number(0.0, "no weight: a small change of the score gives it none")
    share = constants((over,), has_weight / has_weight.sum(), {}, "1/n of those with a weight")
    mean = Reduce("sum", (over,), Apply("let_through", (gradient_cell(value, row), share)), name="their mean")
    return Apply("subtract", (gradient_cell(value, at), mean))


SPARSEMAX = Operation(
    "sparsemax", _sparsemax, _sparsemax_derivative, _sparsemax_cell, as_call("sparsemax"), _sparsemax_back, all_but_over
)


# --- hardmax: 1 for the largest score of a row (the first of them), 0 for the others; flat, so without a gradient.
# Where one score of a row is no number, none of them is the largest: the row is NaN, as under softmax


def _hardmax(value: Value) -> Array:
    array, over = value.operands[0].array, over_axis(value)
    largest = np.expand_dims(array.argmax(axis=over), over)
    chosen = np.zeros(value.shape, value.dtype)
    np.put_along_axis(chosen, largest, 1, axis=over)
    chosen = np.where(np.isneginf(array), 0, chosen)
    return np.where(np.isnan(array).any(axis=over, keepdims=True), np.nan, chosen).astype(value.dtype)


def _hardmax_cell(value: Value, at: At) -> Expression:
    if is_fully_masked(value, at):
        return _nothing_to_see(value)
    cell, row = _cell_and_row(value, at)
    scores, place = row_at(value, at), at[value.options["over"]]
    if scores[place] == scores.max() and scores.argmax() != place:
        return Number(0.0, f"an earlier {value.options['over']} has the same score")
    return Apply("is_equal", (cell, Reduce("maximum", (value.options["over"],), row, name="row max")))


def _hardmax_derivative(value: Value, gradient: Array) -> Gradients:
    return (np.zeros_like(gradient),)


def _hardmax_back(_value: Value, _place: int, _at: At) -> Expression:
    return Number(0.0, "flat: a small change of a score changes no weight")


HARDMAX = Operation(
    "hardmax", _hardmax, _hardmax_derivative, _hardmax_cell, as_call("hardmax"), _hardmax_back, all_but_over
)

ROWS = (SOFTMAX, SOFTMAX_BACKWARD, SPARSEMAX, HARDMAX)
