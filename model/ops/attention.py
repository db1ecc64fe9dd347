"""The operations of attention: what may be seen, masking, softmax."""

from __future__ import annotations

import math

import numpy as np

from model.axes import Array
from model.expressions import Apply, Expression, Number, Reduce
from model.ops.common import (
    At,
    Gradients,
    Symbols,
    aligned,
    cells,
    infix,
    no_derivative,
    over_axis,
    prefix,
    row_at,
    to_operands,
)
from model.values import Operation, Value

# --- visibility: 0 where a query may see a key, −∞ where not


def hidden_because(value: Value, query: int, key: int) -> str | None:
    """Why `query` may not see `key` in a mask: "padding", "future", or None when it may."""
    if value.options["pad"] is not None and value.options["pad"][key]:
        return "padding"
    return "future" if value.options["causal"] and key > query else None


def _visibility(value: Value) -> Array:
    hidden = np.zeros(value.shape, bool)
    if value.options["causal"]:
        hidden |= np.triu(np.ones(value.shape, bool), 1)
    if value.options["pad"] is not None:
        hidden |= np.asarray(value.options["pad"])
    return np.where(hidden, -np.inf, 0.0).astype(value.dtype)


def _visibility_cell(value: Value, at: At) -> Expression:
    reason = hidden_because(value, at["query"], at["key"])
    return Number(-math.inf if reason else 0.0, f"hidden: {reason}" if reason else "may be seen")


def _visibility_written(value: Value, symbols: Symbols) -> str:
    rules = ["padding"] * (value.options["pad"] is not None) + ["the future"] * value.options["causal"]
    return f"−∞ where {' or '.join(rules) or 'nothing'} would be seen, else 0"


VISIBILITY = Operation("visibility", _visibility, no_derivative, _visibility_cell, _visibility_written)


# --- mask: add 0 or −∞; what is hidden gets no gradient, whatever stands there


def _mask(value: Value) -> Array:
    scores, mask = aligned(value)
    return np.where(np.isneginf(mask), mask, scores + mask)


def _mask_derivative(value: Value, gradient: Array) -> Gradients:
    _, mask = aligned(value)
    return to_operands(value, np.where(np.isneginf(mask), 0, gradient), np.zeros_like(gradient))


def _mask_cell(value: Value, at: At) -> Expression:
    scores, mask = cells(value, at)
    hides = value.operands[1]
    is_hidden = np.isneginf(hides.array[tuple(at[name] for name in hides.names)])
    return mask if is_hidden else Apply("add", (scores, mask))


MASK = Operation("mask", _mask, _mask_derivative, _mask_cell, infix("+"))


# --- shift: subtract a maximum; what is hidden stays −∞, also where everything is


def _shift(value: Value) -> Array:
    scores, maximum = aligned(value)
    return np.where(np.isneginf(scores), scores, scores - maximum)


def _shift_derivative(value: Value, gradient: Array) -> Gradients:
    scores, _ = aligned(value)
    visible = np.where(np.isneginf(scores), 0, gradient)
    return to_operands(value, visible, -visible)


def _shift_cell(value: Value, at: At) -> Expression:
    scores, maximum = cells(value, at)
    shown = value.operands[0]
    is_hidden = np.isneginf(shown.array[tuple(at[name] for name in shown.names)])
    return scores if is_hidden else Apply("subtract", (scores, maximum))


SHIFT = Operation("shift", _shift, _shift_derivative, _shift_cell, infix("−"))


# --- softmax: eˣ, divided by its sum over an axis; zeros where every cell is −∞


def _softmax(value: Value) -> Array:
    array, over = value.operands[0].array, over_axis(value)
    maximum = array.max(axis=over, keepdims=True)
    exponentials = np.subtract(array, np.where(np.isneginf(maximum), 0, maximum))
    np.exp(exponentials, out=exponentials)
    total = exponentials.sum(axis=over, keepdims=True)
    return np.divide(exponentials, np.where(total == 0, 1, total), out=exponentials)


def _softmax_derivative(value: Value, gradient: Array) -> Gradients:
    weights = value.array
    return (weights * (gradient - (gradient * weights).sum(axis=over_axis(value), keepdims=True)),)


def _softmax_cell(value: Value, at: At) -> Expression:
    over = value.options["over"]
    (cell,), (row,) = cells(value, at), cells(value, {name: at[name] for name in at if name != over})
    if is_fully_masked(value, at):
        return Number(0.0, f"every {over} is hidden")
    maximum = Reduce("maximum", (over,), row, name="row max")
    total = Reduce("sum", (over,), Apply("exp", (Apply("subtract", (row, maximum)),)), name="row sum")
    return Apply("divide", (Apply("exp", (Apply("subtract", (cell, maximum)),)), total))


def is_fully_masked(value: Value, at: At) -> bool:
    """Whether the softmax row that `at` stands in has nothing to attend to: zeros, not a distribution."""
    return bool(np.isneginf(row_at(value, at)).all())


SOFTMAX = Operation("softmax", _softmax, _softmax_derivative, _softmax_cell, prefix("softmax"))

ROWS = (VISIBILITY, MASK, SHIFT, SOFTMAX)
