"""Rows that are picked from a table, or from what was computed."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Cell, Expression, Number, Reduce
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


LOOKUP = Operation("lookup", _lookup, _lookup_derivative, _lookup_cell, _lookup_formula, _lookup_back)


# --- rows: the first rows of a table, one for each place. The tokens before `first` are padding, and stand nowhere


def _rows(value: Value) -> Array:
    table, first = value.operands[0], value.options["first"]
    rows = table.rows(slice(value.shape[0] - first))
    return np.concatenate([np.zeros((first, table.shape[1]), rows.dtype), rows]) if first else rows


def _rows_derivative(value: Value, gradient: Array) -> Gradients:
    table, first = value.operands[0], value.options["first"]
    spread = np.zeros(table.shape, gradient.dtype)
    spread[: value.shape[0] - first] = gradient[first:]
    return (spread,)


def _rows_cell(value: Value, at: At) -> Expression:
    table, row = value.operands[0], at[value.names[0]] - value.options["first"]
    return Number(0.0, NOWHERE) if row < 0 else Cell(0, {table.names[0]: row, table.names[1]: at[value.names[1]]})


def _rows_back(value: Value, _place: int, at: At) -> Expression:
    table = value.operands[0]
    row, column = (at[name] for name in table.names)
    token = row + value.options["first"]
    if token >= value.shape[0]:
        return Number(0.0, "no word stands there")
    return gradient_cell(value, {value.names[0]: token, value.names[1]: column})


def _rows_formula(_value: Value, operands: Notations) -> Notation:
    (table,) = operands
    return indexed(table, symbol("0, 1, 2, …"))


ROWS_OF_TABLE = Operation("rows", _rows, _rows_derivative, _rows_cell, _rows_formula, _rows_back)


# --- last: what stands at the last index of the first axis


def _last(value: Value) -> Array:
    row: Array = value.operands[0].array[-1]
    return row


def _last_derivative(value: Value, gradient: Array) -> Gradients:
    spread = np.zeros(value.operands[0].shape, gradient.dtype)
    spread[-1] = gradient
    return (spread,)


def _last_cell(value: Value, at: At) -> Expression:
    first = value.operands[0].axes[0]
    return Cell(0, {first.name: first.size - 1, **at})


def _last_formula(value: Value, operands: Notations) -> Notation:
    return phrase(*operands, f" of the last {value.operands[0].names[0]}")


def _last_back(value: Value, _place: int, at: At) -> Expression:
    first = value.operands[0].axes[0]
    is_last = at[first.name] == first.size - 1
    return gradient_cell(value, at) if is_last else Number(0.0, f"not the last {first.name}")


LAST = Operation("last", _last, _last_derivative, _last_cell, _last_formula, _last_back)

ROWS = (LOOKUP, ROWS_OF_TABLE, LAST)
