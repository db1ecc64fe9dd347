"""Positions: waves that are added, angles that queries and keys are turned by, a bias by distance."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Cell, Expression, Number
from attn_explore.model.notation import (
    Notation,
    difference,
    elementwise_product,
    negated,
    phrase,
    size,
    subscripted,
    symbol,
)
from attn_explore.model.ops.common import NOWHERE, At, Gradients, Notations, gradient_cell, in_words, no_derivative
from attn_explore.model.values import Operation, Value

# --- sinusoid: waves from fast to slow. The tokens before `first` are padding, and stand nowhere


def _sinusoid(value: Value) -> Array:
    tokens, width = value.shape
    position, column = np.arange(tokens)[:, None] - value.options["first"], np.arange(width)
    angle = position / 10000.0 ** (2 * (column // 2) / width)
    waves = np.where(column % 2 == 0, np.sin(angle), np.cos(angle))
    return np.where(position < 0, 0, waves).astype(value.dtype)


def _sinusoid_cell(value: Value, at: At) -> Expression:
    token, column = (at[name] for name in value.names)
    position = token - value.options["first"]
    if position < 0:
        return Number(0.0, NOWHERE)
    width = value.shape[1]
    power = Apply("divide", (Number(2 * (column // 2)), Number(width, value.names[1])))
    stretch = Apply("power", (Number(10000.0), power))  # the wave's length is 2π times this
    return Apply("cos" if column % 2 else "sin", (Apply("divide", (Number(position, "position"), stretch)),))


SINUSOID = Operation(
    "sinusoid", _sinusoid, no_derivative, _sinusoid_cell, in_words("sin, cos(position / 10000^(2i/d_model))")
)


# --- rotate: each pair of columns is turned by an angle that grows with the position (Su et al. 2021)


def _angles(value: Value) -> tuple[Array, Array]:
    """Cosine and sine of the angle of each token and pair of columns: (token, d_k / 2)."""
    tokens, width = value.shape[-2:]
    angle = np.arange(tokens)[:, None] / 10000.0 ** (np.arange(0, width, 2) / width)
    return np.asarray(np.cos(angle), value.dtype), np.asarray(np.sin(angle), value.dtype)


def _turned(array: Array, cos: Array, sin: Array) -> Array:
    turned = np.empty(array.shape, array.dtype)
    even, odd = array[..., 0::2], array[..., 1::2]
    turned[..., 0::2] = even * cos - odd * sin
    turned[..., 1::2] = even * sin + odd * cos
    return turned


def _rotate(value: Value) -> Array:
    return _turned(value.operands[0].array, *_angles(value))


def _rotate_derivative(value: Value, gradient: Array) -> Gradients:
    cos, sin = _angles(value)
    return (_turned(gradient, cos, -sin),)


def _rotate_cell(value: Value, at: At) -> Expression:
    column = value.names[-1]
    even = at[column] - at[column] % 2
    first, second = (Cell(0, {**at, column: place}) for place in (even, even + 1))
    cos, sin = _cos_and_sin(value, at)
    if at[column] == even:
        return Apply("subtract", (Apply("multiply", (first, cos)), Apply("multiply", (second, sin))))
    return Apply("add", (Apply("multiply", (first, sin)), Apply("multiply", (second, cos))))


def _rotate_back(value: Value, _place: int, at: At) -> Expression:
    """Turned back by the same angle."""
    column = value.names[-1]
    even = at[column] - at[column] % 2
    first, second = (gradient_cell(value, {**at, column: place}) for place in (even, even + 1))
    cos, sin = _cos_and_sin(value, at)
    if at[column] == even:
        return Apply("add", (Apply("multiply", (first, cos)), Apply("multiply", (second, sin))))
    return Apply("subtract", (Apply("multiply", (second, cos)), Apply("multiply", (first, sin))))


def _cos_and_sin(value: Value, at: At) -> tuple[Expression, Expression]:
    """Of the angle that the pair of columns is turned by."""
    token, column = value.names[-2:]
    angle = _angle(at[token], at[column] - at[column] % 2, value.axes[-1].size, column)
    return Apply("cos", (angle,)), Apply("sin", (angle,))


def _angle(position: int, column: int, width: int, name: str) -> Expression:
    power = Apply("divide", (Number(column, "2i"), Number(width, subscripted(name))))
    stretch = Apply("power", (Number(10000.0), power))
    return Apply("divide", (Number(position, "position"), stretch), name="θ")


def _rotate_formula(_value: Value, operands: Notations) -> Notation:
    return phrase(*operands, " turned by position·θᵢ")


ROTATE = Operation("rotate", _rotate, _rotate_derivative, _rotate_cell, _rotate_formula, _rotate_back)


# --- distance: what is far away counts less, and how much less differs from head to head (Press et al. 2021)


def _slopes(value: Value) -> Array:
    """2^(−8/n), 2^(−16/n), … for n heads, where n is a power of two.

    For other numbers of heads, first the slopes of the largest power of two below, then every other one of twice as
    many heads. Source: `get_slopes` in github.com/ofirpress/attention_with_linear_biases, fairseq/models/transformer.py
    by the authors of the paper, which does not say it, and whose checkpoints have it.
    """
    heads = value.shape[0]
    power = 2 ** (heads.bit_length() - 1)
    own, others = np.arange(1, power + 1), np.arange(1, 2 * (heads - power), 2)
    slopes: Array = 2.0 ** -np.concatenate([8 * own / power, 4 * others / power])
    return slopes


def _distance(value: Value) -> Array:
    queries, keys = (np.arange(size) for size in value.shape[1:])
    distances = np.abs(keys[None, :] - queries[:, None])
    return np.asarray(-_slopes(value)[:, None, None] * distances, value.dtype)


def _distance_cell(value: Value, at: At) -> Expression:
    head, query, key = (at[name] for name in value.names)
    slope = Number(-float(_slopes(value)[head]), f"−slope of head {head}")
    return Apply("multiply", (slope, Number(abs(key - query), "distance")))


def _distance_formula(_value: Value, _operands: Notations) -> Notation:
    return negated(elementwise_product(symbol("slope"), size(difference(symbol("query"), symbol("key")))))


DISTANCE = Operation("distance", _distance, no_derivative, _distance_cell, _distance_formula)

ROWS = (SINUSOID, ROTATE, DISTANCE)
