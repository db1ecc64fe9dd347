"""Positions that are computed: waves that are added, and biases of the scores by where query and key stand."""

from __future__ import annotations

import numpy as np

from attn_explore.model.architecture import Waves
from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number
from attn_explore.model.notation import (
    Notation,
    difference,
    elementwise_product,
    negated,
    phrase,
    size,
    symbol,
)
from attn_explore.model.ops.common import NOWHERE, At, Notations, ahead, ahead_at, no_derivative
from attn_explore.model.values import Operation, Value

# --- sinusoid: waves from fast to slow, in one of three orders of the columns

LONGEST = 10000.0
"""The slowest wave is this many times as long as the fastest."""


def _sinusoid(value: Value) -> Array:
    width = value.shape[1]
    position = value.options["numbering"].along(value.axes[0])[:, None]
    column = np.arange(width)
    angle = position / LONGEST ** _exponents(value.options["waves"], column, width)
    waves = np.where(_is_sine(value.options["waves"], column, width), np.sin(angle), np.cos(angle))
    return np.where(position < 0, 0, _but_the_odd_one(value.options["waves"], waves)).astype(value.dtype)


def _exponents(waves: Waves, column: Array, width: int) -> Array:
    """How far each column is from the fastest wave (0) to the slowest (1)."""
    if waves == "interleaved":
        return 2 * (column // 2) / width
    half = _sines(waves, width)
    return (column % half) / (half - 1) if waves == "fairseq" else 2 * (column % half) / width


def _is_sine(waves: Waves, column: Array, width: int) -> Array:
    return np.asarray(column % 2 == 0 if waves == "interleaved" else column < _sines(waves, width))


def _sines(waves: Waves, width: int) -> int:
    """How many columns of sines stand before those of cosines; of an odd number, fairseq leaves the last one at 0."""
    return width // 2 if waves == "fairseq" else (width + 1) // 2


def _but_the_odd_one(waves: Waves, array: Array) -> Array:
    if waves == "fairseq" and array.shape[1] % 2:
        array[:, -1] = 0
    return array


def _sinusoid_cell(value: Value, at: At) -> Expression:
    token, column = (at[name] for name in value.names)
    waves, width = value.options["waves"], value.shape[1]
    position = value.options["numbering"].position(value.axes[0].places_in_text[token])
    if position is None:
        return Number(0.0, NOWHERE)
    if waves == "fairseq" and width % 2 and column == width - 1:
        return Number(0.0, "the column that is left over")
    stretch = Apply("power", (Number(LONGEST), _power(waves, column, width, value.names[1])))
    function = "sin" if _is_sine(waves, np.asarray(column), width) else "cos"
    return Apply(function, (Apply("divide", (Number(position, "position"), stretch)),))  # 2π·stretch is its length


def _power(waves: Waves, column: int, width: int, name: str) -> Expression:
    if waves == "fairseq":
        half = _sines(waves, width)
        steps = Apply("subtract", (Number(half, f"half of {name}"), Number(1.0)))
        return Apply("divide", (Number(column % half, "i"), steps))
    twice = column - column % 2 if waves == "interleaved" else 2 * (column % _sines(waves, width))
    return Apply("divide", (Number(twice), Number(width, name)))


_WAVES = {
    "interleaved": "sin, cos(position / 10000^(2i/d_model))",
    "halves": "all sines, then all cosines, of position / 10000^(2i/d_model)",
    "fairseq": "all sines, then all cosines, of position / 10000^(i/(d_model/2 − 1))",
}


def _sinusoid_formula(value: Value, _operands: Notations) -> Notation:
    return phrase(_WAVES[value.options["waves"]])


SINUSOID = Operation("sinusoid", _sinusoid, no_derivative, _sinusoid_cell, _sinusoid_formula)


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
    distances = np.abs(ahead(value))
    return np.asarray(-_slopes(value)[:, None, None] * distances, value.dtype)


def _distance_cell(value: Value, at: At) -> Expression:
    head = at["head"]
    slope = Number(-float(_slopes(value)[head]), f"−slope of head {head}")
    return Apply("multiply", (slope, Number(abs(ahead_at(value, at)), "distance")))


def _distance_formula(_value: Value, _operands: Notations) -> Notation:
    return negated(elementwise_product(symbol("slope"), size(difference(symbol("query"), symbol("key")))))


DISTANCE = Operation("distance", _distance, no_derivative, _distance_cell, _distance_formula)


# --- key_position: the same for every query; after softmax it does what `distance` does, where later keys are hidden


def _key_position(value: Value) -> Array:
    positions = value.options["numbering"].along(value.axes[2])
    bias = np.asarray(_slopes(value)[:, None, None] * np.maximum(positions, 0), value.dtype)
    return np.array(np.broadcast_to(bias, value.shape))


def _key_position_cell(value: Value, at: At) -> Expression:
    head, _, key = (at[name] for name in value.names)
    position = value.options["numbering"].position(value.axes[2].places_in_text[key])
    if position is None:
        return Number(0.0, NOWHERE)
    slope = Number(float(_slopes(value)[head]), f"slope of head {head}")
    return Apply("multiply", (slope, Number(position, "position of the key")))


def _key_position_formula(_value: Value, _operands: Notations) -> Notation:
    return elementwise_product(symbol("slope"), symbol("key"))


KEY_POSITION = Operation("key_position", _key_position, no_derivative, _key_position_cell, _key_position_formula)

ROWS = (SINUSOID, DISTANCE, KEY_POSITION)
