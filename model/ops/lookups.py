"""Rows that are picked from a table, or from what was computed."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Cell, Expression, Number, Reduce, constants
from attn_explore.model.notation import Notation, indexed, phrase, symbol
from attn_explore.model.ops.common import NOWHERE, At, Gradients, Notations, gradient_cell, operand_cell
from attn_explore.model.values import Operation, Value

# --- lookup: row i of the result is row ids[i] of a table


def _lookup(value: Value) -> Array:
    table, ids = value.operands
    return table.rows(ids.array)


def _lookup_derivative(value: Value, gradient: Array) -> Gradients:
    table, ids = value.operands
    spread = np.zeros(table.shape, gradient.dtype)
    order = np.argsort(ids.array, axis=None, kind="stable")
    rows, starts = np.unique(ids.array.reshape(-1)[order], return_index=True)
    spread[rows] = np.add.reduceat(gradient.reshape(-1, table.shape[1])[order], starts)
    return spread, np.zeros(ids.shape)


def _lookup_cell(value: Value, at: At) -> Expression:
    table, ids = value.operands
    row = int(ids.array[at[ids.names[0]]])
    return Cell(0, {table.names[0]: row, table.names[1]: at[table.names[1]]})


def _lookup_back(value: Value, _place: int, at: At) -> Expression:
    """A row of the table gets what arrives at every place that reads it."""
    table, ids = value.operands
    row, column = at[table.names[0]], {table.names[1]: at[table.names[1]]}
    reading = np.argwhere(ids.array == row)
    if len(reading) == 0:
        return Number(0.0, "nothing reads this row")
    if len(reading) == 1:
        return gradient_cell(value, {**column, **dict(zip(ids.names, map(int, reading[0]), strict=True))})
    is_reading = Apply("is_equal", (operand_cell(value, 1, {}), Number(row, "this row")))
    return Reduce("sum", ids.names, Apply("let_through", (gradient_cell(value, column), is_reading)))


def _lookup_formula(_value: Value, operands: Notations) -> Notation:
    table, ids = operands
    return indexed(table, ids)


LOOKUP = Operation(
    "lookup", _lookup, _lookup_derivative, _lookup_cell, _lookup_formula, _lookup_back, lambda v: v.names[:-1]
)


# --- rows: the row of a table that stands for the position of each token


def _rows(value: Value) -> Array:
    table, positions = value.operands[0], value.options["numbering"].along(value.axes[0])
    stand = positions >= 0
    rows = np.zeros(value.shape, value.dtype)
    rows[stand] = table.rows(positions[stand])
    return rows


def _rows_derivative(value: Value, gradient: Array) -> Gradients:
    positions = value.options["numbering"].along(value.axes[0])
    stand = positions >= 0
    spread = np.zeros(value.operands[0].shape, gradient.dtype)
    np.add.at(spread, positions[stand], gradient[stand])
    return (spread,)


def _rows_cell(value: Value, at: At) -> Expression:
    token = value.axes[0].places_in_text[at[value.names[0]]]
    table, row = value.operands[0], value.options["numbering"].position(token)
    return Number(0.0, NOWHERE) if row is None else Cell(0, {table.names[0]: row, table.names[1]: at[value.names[1]]})


def _rows_back(value: Value, _place: int, at: At) -> Expression:
    """A row of the table gets what arrives at the tokens that stand there: one word, or all the padding."""
    row, column = (at[name] for name in value.operands[0].names)
    token, width = value.names
    standing = value.options["numbering"].along(value.axes[0]) == row
    there = np.flatnonzero(standing)
    if len(there) == 0:
        return Number(0.0, "no word stands there")
    if len(there) == 1:
        return gradient_cell(value, {token: int(there[0]), width: column})
    is_there = constants((token,), standing.astype(float), {}, "1 where it stands there")
    return Reduce("sum", (token,), Apply("let_through", (gradient_cell(value, {width: column}), is_there)))


def _rows_formula(value: Value, operands: Notations) -> Notation:
    """The rows one after the other, from the first token's on; padding before the words has another, or none."""
    (table,), numbering = operands, value.options["numbering"]
    first = numbering.offset
    return indexed(table, symbol("position" if numbering.first else f"{first}, {first + 1}, {first + 2}, …"))


ROWS_OF_TABLE = Operation("rows", _rows, _rows_derivative, _rows_cell, _rows_formula, _rows_back)


# --- first, last: what stands at an end of the first axis


def _at_an_end(name: str, end: int) -> Operation:
    """The operation that takes what stands at an end of the first axis: 0, or −1."""

    def compute(value: Value) -> Array:
        operand = value.operands[0]
        place = end % operand.axes[0].size
        return np.asarray(operand.window(**{operand.names[0]: slice(place, place + 1)})[0], value.dtype)

    def derivative(value: Value, gradient: Array) -> Gradients:
        spread = np.zeros(value.operands[0].shape, gradient.dtype)
        spread[end] = gradient
        return (spread,)

    def cell(value: Value, at: At) -> Expression:
        axis = value.operands[0].axes[0]
        return Cell(0, {axis.name: end % axis.size, **at})

    def formula(value: Value, operands: Notations) -> Notation:
        return phrase(*operands, f" of the {name} {value.operands[0].names[0]}")

    def back(value: Value, _place: int, at: At) -> Expression:
        axis = value.operands[0].axes[0]
        is_there = at[axis.name] == end % axis.size
        return gradient_cell(value, at) if is_there else Number(0.0, f"not the {name} {axis.name}")

    return Operation(name, compute, derivative, cell, formula, back)


FIRST, LAST = _at_an_end("first", 0), _at_an_end("last", -1)

ROWS = (LOOKUP, ROWS_OF_TABLE, FIRST, LAST)
