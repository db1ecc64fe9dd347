"""Scores that are more than a product: additive, bilinear, cosine. Each says how alike a query and a key are."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array, align, contract, names
from attn_explore.model.expressions import Apply, Expression, Number, Reduce, constants
from attn_explore.model.notation import Notation, call, elementwise_product, product, quotient, size, total, transposed
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    cells,
    gradient_cell,
    operand_cell,
    result_cell,
    times_gradient,
)
from attn_explore.model.values import Operation, Value, View

# --- additive: tanh of a projected query plus a projected key (Bahdanau et al. 2014)


def _additive(value: Value) -> Array:
    q, w_q, k, w_k = value.operands
    *batch, query, key, hidden = value.names
    queries = contract(q.array, q.names, w_q.array, w_q.names, (*batch, query, hidden))
    keys = contract(k.array, k.names, w_k.array, w_k.names, (*batch, key, hidden))
    found: Array = queries[..., None, :] + keys[..., None, :, :]
    return np.tanh(found)


def _additive_derivative(value: Value, gradient: Array) -> Gradients:
    q, w_q, k, w_k = value.operands
    *batch, query, key, hidden = value.names
    inner = gradient * (1 - value.array**2)
    sides = ((inner.sum(-2), (*batch, query, hidden), q, w_q), (inner.sum(-3), (*batch, key, hidden), k, w_k))
    return tuple(
        contract(part, axes, other.array, other.names, side.names)
        for part, axes, vector, matrix in sides
        for side, other in ((vector, matrix), (matrix, vector))
    )


def _additive_cell(value: Value, at: At) -> Expression:
    q, w_q, k, w_k = cells(value, at)
    over = (value.operands[0].names[-1],)
    query = Reduce("sum", over, Apply("multiply", (q, w_q)), name="from the query")
    key = Reduce("sum", over, Apply("multiply", (k, w_k)), name="from the key")
    return Apply("tanh", (Apply("add", (query, key)),))


def _additive_written(_value: Value, operands: Notations) -> Notation:
    q, w_q, k, w_k = operands
    return call("tanh", total(product(q, w_q), product(k, w_k)))


def _additive_back(value: Value, place: int, at: At) -> Expression:
    """The slope of tanh is 1 − tanh²; behind it, a vector and its matrix are factors of each other."""
    slope = Apply("subtract", (Number(1.0), Apply("square", (result_cell(value, at),))))
    other = operand_cell(value, place ^ 1, at)
    return times_gradient(value, place, at, slope, other)


ADDITIVE = Operation("additive", _additive, _additive_derivative, _additive_cell, _additive_written, _additive_back)


# --- bilinear: a learned matrix between query and key (Luong et al. 2015, "general")


def _bilinear(value: Value) -> Array:
    q, w, k = value.operands
    axes = (*q.names[:-1], w.names[-1])
    return contract(contract(q.array, q.names, w.array, w.names, axes), axes, k.array, k.names, value.names)


def _bilinear_derivative(value: Value, gradient: Array) -> Gradients:
    q, w, k = value.operands
    left = (*q.names[:-1], w.names[-1])
    transformed = contract(q.array, q.names, w.array, w.names, left)
    to_left = contract(gradient, value.names, k.array, k.names, left)
    return (
        contract(to_left, left, w.array, w.names, q.names),
        contract(q.array, q.names, to_left, left, w.names),
        contract(gradient, value.names, transformed, left, k.names),
    )


def _bilinear_cell(value: Value, at: At) -> Expression:
    over = names(value.operands[1].axes[1:])
    return Reduce("sum", over, Apply("multiply", cells(value, at)))


def _bilinear_written(_value: Value, operands: Notations) -> Notation:
    q, w, k = operands
    return product(q, w, transposed(k))


def _bilinear_back(value: Value, place: int, at: At) -> Expression:
    others = [operand_cell(value, other, at) for other in range(3) if other != place]
    every = dict.fromkeys(name for operand in (value, *value.operands) for name in operand.names)
    over = tuple(name for name in every if name not in at)
    return Reduce("sum", over, Apply("multiply", (gradient_cell(value, at), *others)))


BILINEAR = Operation("bilinear", _bilinear, _bilinear_derivative, _bilinear_cell, _bilinear_written, _bilinear_back)


# --- cosine: the product of two vectors divided by their lengths; 0 where one of them is 0


def _lengths(value: Value) -> tuple[Array, Array]:
    """The lengths of the queries and of the keys, lined up with the scores."""
    found = (np.sqrt(np.square(operand.array).sum(-1)) for operand in value.operands)
    q, k = (align(array, operand.names[:-1], value.names) for array, operand in zip(found, value.operands, strict=True))
    return q, k


def _cosine(value: Value) -> Array:
    q, k = value.operands
    product = contract(q.array, q.names, k.array, k.names, value.names)
    return _divided(product, np.multiply(*_lengths(value)))


def _cosine_derivative(value: Value, gradient: Array) -> Gradients:
    """∂cos/∂q = k/(|q||k|) − cos·q/|q|², and the same the other way round."""
    q, k = value.operands
    lengths = _lengths(value)
    direct = _divided(gradient, lengths[0] * lengths[1])
    turned_q, turned_k = (_divided(gradient * value.array, length**2) for length in lengths)
    along_q, along_k = turned_q.sum(-1)[..., None], turned_k.sum(-2)[..., None]
    return (
        contract(direct, value.names, k.array, k.names, q.names) - q.array * along_q,
        contract(direct, value.names, q.array, q.names, k.names) - k.array * along_k,
    )


def _divided(array: Array, by: Array) -> Array:
    """`array` / `by`, and 0 where `by` is 0."""
    by = np.broadcast_to(by, array.shape)
    return np.divide(array, by, out=np.zeros_like(array), where=by != 0)


def _cosine_cell(value: Value, at: At) -> Expression:
    q, k = cells(value, at)
    over = (value.operands[0].names[-1],)
    place = tuple(at[name] for name in value.names)
    if np.multiply(*_lengths(value))[place] == 0:
        return Number(0.0, "a vector of length 0 has no direction")
    product = Reduce("sum", over, Apply("multiply", (q, k)), name="product")
    lengths = (
        Apply("sqrt", (Reduce("sum", over, Apply("square", (side,)), name=f"squares of the {name}"),))
        for side, name in ((q, "query"), (k, "key"))
    )
    return Apply("divide", (product, Apply("multiply", tuple(lengths))))


def _cosine_written(_value: Value, operands: Notations) -> Notation:
    q, k = operands
    return quotient(product(q, transposed(k)), elementwise_product(size(q), size(k)))


def _cosine_back(value: Value, place: int, at: At) -> Expression:
    """∂cos/∂q as in the derivative, a number for each key; and the same the other way round."""
    own, other = value.operands[place], value.operands[1 - place]
    own_column, other_column = (_column(value, side, at) for side in (own, other))
    lengths = _lengths(value)
    towards = _divided(np.broadcast_to(other_column, value.shape), lengths[0] * lengths[1])
    slope = towards - _divided(value.array * own_column, lengths[place] ** 2)
    over = tuple(name for name in value.names if name not in at)
    text = f"∂cos/∂{'query' if place == 0 else 'key'}"
    return Reduce("sum", over, Apply("multiply", (gradient_cell(value, at), constants(value.names, slope, at, text))))


def _column(value: Value, side: View, at: At) -> Array:
    """One column of the queries or of the keys, lined up with the scores."""
    array: Array = side.array[..., at[side.names[-1]]]
    return align(array, side.names[:-1], value.names)


COSINE = Operation("cosine", _cosine, _cosine_derivative, _cosine_cell, _cosine_written, _cosine_back)

ROWS = (ADDITIVE, BILINEAR, COSINE)
