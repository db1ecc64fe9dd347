"""Losses: how far what the model says is from what it should say."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array, align
from attn_explore.model.expressions import Apply, Expression, Number, Reduce
from attn_explore.model.notation import Notation, call, indexed, logarithm, negated
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    cells,
    every_axis,
    gradient_cell,
    operand_cell,
    over_axis,
)
from attn_explore.model.values import Operation, Value

# --- cross_entropy: −log softmax(logits)[target], the surprise at what should have been said


def _log_total(value: Value) -> Array:
    """The logarithm of Σ eˣ along the choices, which are kept as an axis of length 1."""
    logits, over = value.operands[0].array, over_axis(value)
    maximum = logits.max(axis=over, keepdims=True)
    return np.asarray(maximum + np.log(np.exp(logits - maximum).sum(axis=over, keepdims=True)))


def _targets(value: Value) -> Array:
    """The target of each row of logits, ready to pick from it."""
    logits, target = value.operands
    return align(target.array, target.names, logits.names)


def _cross_entropy(value: Value) -> Array:
    over = over_axis(value)
    of_target = np.take_along_axis(value.operands[0].array, _targets(value), axis=over)
    surprise: Array = np.squeeze(_log_total(value) - of_target, axis=over)
    return surprise


def _cross_entropy_derivative(value: Value, gradient: Array) -> Gradients:
    """softmax(logits) minus 1 at the target."""
    logits, target = value.operands
    carried = np.exp(logits.array - _log_total(value))
    targets = _targets(value)
    over = over_axis(value)
    np.put_along_axis(carried, targets, np.take_along_axis(carried, targets, axis=over) - 1, axis=over)
    return carried * np.expand_dims(gradient, over), np.zeros(target.shape)


def _cross_entropy_cell(value: Value, at: At) -> Expression:
    over, target = value.options["over"], value.operands[1]
    row = cells(value, at)[0]
    should = int(target.array[tuple(at[name] for name in target.names)])
    of_target = cells(value, {**at, over: should})[0]
    maximum, total = _maximum_and_total(value, row)
    return Apply("subtract", (Apply("add", (maximum, Apply("log", (total,)))), of_target))


def _maximum_and_total(value: Value, row: Expression) -> tuple[Expression, Expression]:
    """The largest of a row of logits, and the sum of their exponentials below it."""
    over = (value.options["over"],)
    maximum = Reduce("maximum", over, row, name="row max")
    return maximum, Reduce("sum", over, Apply("exp", (Apply("subtract", (row, maximum)),)), name="row sum")


def _cross_entropy_formula(_value: Value, operands: Notations) -> Notation:
    logits, target = operands
    return negated(logarithm(indexed(call("softmax", logits), target)))


def _cross_entropy_back(value: Value, _place: int, at: At) -> Expression:
    """The probability, minus 1 for what should have been said."""
    over, target = value.options["over"], value.operands[1]
    row = operand_cell(value, 0, {name: at[name] for name in at if name != over})
    maximum, total = _maximum_and_total(value, row)
    exponential = Apply("exp", (Apply("subtract", (operand_cell(value, 0, at), maximum)),))
    share: Expression = Apply("divide", (exponential, total), name="probability")
    if at[over] == int(target.array[tuple(at[name] for name in target.names)]):
        share = Apply("subtract", (share, Number(1.0, "1 for the target")))
    return Apply("multiply", (gradient_cell(value, at), share))


CROSS_ENTROPY = Operation(
    "cross_entropy",
    _cross_entropy,
    _cross_entropy_derivative,
    _cross_entropy_cell,
    _cross_entropy_formula,
    _cross_entropy_back,
    every_axis,
)

ROWS = (CROSS_ENTROPY,)
