"""Scores that are more than a product: additive, bilinear, cosine. Each says how alike a query and a key are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from attn_explore.model.axes import Array, names
from attn_explore.model.expressions import Apply, Expression, Number, Reduce
from attn_explore.model.notation import Notation, call, elementwise_product, product, quotient, size, total, transposed
from attn_explore.model.ops.activations import TANH
from attn_explore.model.ops.common import (
    At,
    Notations,
    cells,
    gradient_cell,
    operand_cell,
    result_cell,
    times_gradient,
)
from attn_explore.model.ops.composed import Compose, composed, part
from attn_explore.model.ops.elementwise import ADD, RATIO
from attn_explore.model.ops.products import CONTRACT
from attn_explore.model.ops.reductions import LENGTH, length_cell, lengths, squares_are_lost
from attn_explore.model.values import Value, View

# --- additive: tanh of a projected query plus a projected key (Bahdanau et al. 2014)


def _additive(value: Value) -> tuple[Value, ...]:
    q, w_q, k, w_k = value.operands
    *batch, query, key, hidden = value.axes
    from_query = part(value, "from_query", CONTRACT, (*batch, query, hidden), q, w_q)
    from_key = part(value, "from_key", CONTRACT, (*batch, key, hidden), k, w_k)
    both = part(value, "sum", ADD, value.axes, from_query, from_key)
    return from_query, from_key, both, part(value, "bent", TANH, value.axes, both)


def _additive_cell(value: Value, at: At) -> Expression:
    q, w_q, k, w_k = cells(value, at)
    over = (value.operands[0].names[-1],)
    query = Reduce("sum", over, Apply("multiply", (q, w_q)), name="from the query")
    key = Reduce("sum", over, Apply("multiply", (k, w_k)), name="from the key")
    return Apply("tanh", (Apply("add", (query, key)),))


def _additive_formula(_value: Value, operands: Notations) -> Notation:
    q, w_q, k, w_k = operands
    return call("tanh", total(product(q, w_q), product(k, w_k)))


def _additive_back(value: Value, place: int, at: At) -> Expression:
    """The slope of tanh is 1 − tanh²; behind it, a vector and its matrix are factors of each other."""
    slope = Apply("subtract", (Number(1.0), Apply("square", (result_cell(value, at),))))
    other = operand_cell(value, place ^ 1, at)
    return times_gradient(value, place, at, slope, other)


# --- bilinear: a learned matrix between query and key (Luong et al. 2015, "general")


def _bilinear(value: Value) -> tuple[Value, ...]:
    q, w, k = value.operands
    turned = part(value, "transformed_query", CONTRACT, (*q.axes[:-1], w.axes[-1]), q, w)
    return turned, part(value, "product", CONTRACT, value.axes, turned, k)


def _bilinear_cell(value: Value, at: At) -> Expression:
    over = names(value.operands[1].axes[1:])
    return Reduce("sum", over, Apply("multiply", cells(value, at)))


def _bilinear_formula(_value: Value, operands: Notations) -> Notation:
    q, w, k = operands
    return product(q, w, transposed(k))


def _bilinear_back(value: Value, place: int, at: At) -> Expression:
    others = [operand_cell(value, other, at) for other in range(3) if other != place]
    every = dict.fromkeys(name for operand in (value, *value.operands) for name in operand.names)
    over = tuple(name for name in every if name not in at)
    return Reduce("sum", over, Apply("multiply", (gradient_cell(value, at), *others)))


# --- cosine: the product of two directions; a vector of length 0 has none, and is like nothing


def _cosine(value: Value) -> tuple[Value, ...]:
    q, k = value.operands
    q_length, q_direction = _direction(value, "query", q)
    k_length, k_direction = _direction(value, "key", k)
    cosine = part(value, "cosine", CONTRACT, value.axes, q_direction, k_direction)
    return q_length, q_direction, k_length, k_direction, cosine


def _direction(value: Value, name: str, side: View) -> tuple[Value, Value]:
    """The lengths of the queries or of the keys, and the vectors divided by them."""
    length = part(value, f"{name}_length", LENGTH, side.axes[:-1], side, over=side.names[-1])
    return length, part(value, f"{name}_direction", RATIO, side.axes, side, length)


def _cosine_cell(value: Value, at: At) -> Expression:
    q, k = cells(value, at)
    if _have_no_direction(value, at):
        return Number(0.0, "a vector of length 0 has no direction")
    directions = (Apply("ratio", (cell, _length(value, side, cell, at))) for side, cell in enumerate((q, k)))
    return Reduce("sum", (value.operands[0].names[-1],), Apply("multiply", tuple(directions)))


def _have_no_direction(value: Value, at: At) -> bool:
    """Whether the query or the key that an index points at has the length 0, and the other is none that is infinite."""
    lengths = [_length_at(side, at) for side in value.operands]
    return 0 in lengths and bool(np.isfinite(lengths).all())


def _length_at(side: View, at: At) -> float:
    """The length of the vector that an index points at."""
    return float(lengths(_vectors_at(side, at)))


def _vectors_at(side: View, at: At) -> Array:
    """The vectors that an index points at: one, or one for each place along the axes that it leaves free."""
    return side[tuple(at.get(name, slice(None)) for name in side.names[:-1])]


def _length(value: Value, side: int, vector: Expression, at: At) -> Expression:
    """The length of a query or of a key, whose columns are free."""
    view = value.operands[side]
    is_scaled, whose = bool(squares_are_lost(_vectors_at(view, at)).any()), ("query", "key")[side]
    return length_cell(vector, view.names[-1], is_scaled, f"squares of the {whose}", f"largest of the {whose}")


def _cosine_formula(_value: Value, operands: Notations) -> Notation:
    q, k = operands
    return quotient(product(q, transposed(k)), elementwise_product(size(q), size(k)))


def _cosine_back(value: Value, place: int, at: At) -> Expression:
    """∂cos/∂q = (k/|k| − cos·q/|q|)/|q|, summed over the keys; and the same the other way round.

    With another length of a vector its cosines are the same: what points along it changes nothing.
    """
    own, column = value.operands[place], value.operands[place].names[-1]
    if _length_at(own, at) == 0:
        return Number(0.0, "a vector of length 0 has no direction")
    along = {name: where for name, where in at.items() if name != column}
    mine, theirs = (_length(value, side, operand_cell(value, side, along), along) for side in (place, 1 - place))
    towards = Apply("ratio", (operand_cell(value, 1 - place, at), theirs))
    turned = Apply("multiply", (result_cell(value, at), Apply("divide", (operand_cell(value, place, at), mine))))
    slope = Apply("divide", (Apply("subtract", (towards, turned)), mine))
    over = tuple(name for name in value.names if name not in at)
    return Reduce("sum", over, Apply("multiply", (gradient_cell(value, at), slope)))


ROWS = (
    composed("additive", _additive, _additive_cell, _additive_formula, _additive_back),
    composed("bilinear", _bilinear, _bilinear_cell, _bilinear_formula, _bilinear_back),
    composed("cosine", _cosine, _cosine_cell, _cosine_formula, _cosine_back),
)

COMPOSITIONS: Mapping[str, Compose] = {"additive": _additive, "bilinear": _bilinear, "cosine": _cosine}
"""What each of these operations is composed of."""
