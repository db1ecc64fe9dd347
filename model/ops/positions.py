"""Positions: sines and cosines."""

from __future__ import annotations

import numpy as np

from model.axes import Array
from model.expressions import Apply, Expression, Number
from model.ops.common import At, Symbols, no_derivative
from model.values import Operation, Value


def _sinusoid(value: Value) -> Array:
    tokens, width = value.shape
    position, column = np.arange(tokens)[:, None], np.arange(width)
    angle = position / 10000.0 ** (2 * (column // 2) / width)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle)).astype(value.dtype)


def _sinusoid_cell(value: Value, at: At) -> Expression:
    position, column = (at[name] for name in value.names)
    width = value.shape[1]
    power = Apply("divide", (Number(2 * (column // 2)), Number(width, value.names[1])))
    stretch = Apply("power", (Number(10000.0), power))  # the wave's length is 2π times this
    return Apply("cos" if column % 2 else "sin", (Apply("divide", (Number(position, "position"), stretch)),))


def _sinusoid_written(_value: Value, _symbols: Symbols) -> str:
    return "sin, cos(position / 10000^(2i/d_model))"


SINUSOID = Operation("sinusoid", _sinusoid, no_derivative, _sinusoid_cell, _sinusoid_written)

ROWS = (SINUSOID,)
