"""Products and what goes with them: rows of a table, contractions, constants, heads side by side."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass

import numpy as np

from attn_explore.model.axes import Array, Axis, align, contract, names, sizes, sum_to
from attn_explore.model.expressions import Apply, Cell, Expression, Number, Reduce
from attn_explore.model.notation import (
    ONE,
    Notation,
    indexed,
    phrase,
    product,
    quotient,
    root,
    scaled,
    subscripted,
    sum_of_products,
    symbol,
    total,
    transposed,
    written,
)
from attn_explore.model.ops.common import (
    NOWHERE,
    At,
    Gradients,
    Notations,
    cells,
    gradient_cell,
    in_words,
    no_derivative,
    operand_cell,
    summed,
    times_gradient,
)
from attn_explore.model.values import Operation, Value, View


@dataclass(frozen=True, slots=True)
class Factor:
    """A constant that a tensor is multiplied by, and how it is written; `divisor` where it is 1 over something."""

    value: float
    notation: Notation
    divisor: Notation | None = None

    @staticmethod
    def one_over(number: float, divisor: Notation) -> Factor:
        """1/number."""
        return Factor(1 / number, quotient(ONE, divisor), divisor)

    @staticmethod
    def inverse_root(axis: Axis) -> Factor:
        """1/√n, for an axis of size n. A plan may be wider than any array."""
        return Factor.one_over(math.sqrt(min(axis.size, sys.maxsize)), root(symbol(subscripted(axis.name))))

    def over(self, number: float, divisor: Notation) -> Factor:
        """The constant divided by a number."""
        below = divisor if self.divisor is None else product(divisor, self.divisor)
        above = self.notation if self.divisor is None else ONE
        return Factor(self.value / number, quotient(above, below), below if above is ONE else None)

    @property
    def text(self) -> str:
        """The constant as plain text."""
        return written(self.notation)


# --- lookup: row i of the result is row ids[i] of a table


def _lookup(value: Value) -> Array:
    table, ids = value.operands
    return table.array[ids.array]


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
    return Reduce("sum", ids.names, Apply("multiply", (gradient_cell(value, column), is_reading)))


def _lookup_written(_value: Value, operands: Notations) -> Notation:
    table, ids = operands
    return indexed(table, ids)


LOOKUP = Operation("lookup", _lookup, _lookup_derivative, _lookup_cell, _lookup_written, _lookup_back)


# --- rows: the first rows of a table, one for each place. The tokens before `first` are padding, and stand nowhere


def _rows(value: Value) -> Array:
    table, first = value.operands[0].array, value.options["first"]
    if not first:
        return table[: value.shape[0]]
    return np.concatenate([np.zeros((first, table.shape[1]), table.dtype), table[: value.shape[0] - first]])


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


def _rows_written(_value: Value, operands: Notations) -> Notation:
    (table,) = operands
    return indexed(table, symbol("0, 1, 2, …"))


ROWS_OF_TABLE = Operation("rows", _rows, _rows_derivative, _rows_cell, _rows_written, _rows_back)


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


def _last_written(value: Value, operands: Notations) -> Notation:
    return phrase(*operands, f" of the last {value.operands[0].names[0]}")


def _last_back(value: Value, _place: int, at: At) -> Expression:
    first = value.operands[0].axes[0]
    is_last = at[first.name] == first.size - 1
    return gradient_cell(value, at) if is_last else Number(0.0, f"not the last {first.name}")


LAST = Operation("last", _last, _last_derivative, _last_cell, _last_written, _last_back)


# --- shares: an equal part for each token that is not padding


def _counts(value: Value) -> Array:
    """Which tokens count: all but padding."""
    _, *pad = value.operands
    return pad[0].array == 0 if pad else np.ones(value.shape, bool)


def _shares(value: Value) -> Array:
    counts = _counts(value).astype(value.dtype)
    shares: Array = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return shares


def _shares_cell(value: Value, at: At) -> Expression:
    counts = _counts(value)
    if not counts[at[value.names[0]]]:
        return Number(0.0, "padding does not count")
    return Apply("divide", (Number(1.0), Number(int(counts.sum()), "words that count")))


SHARES = Operation("shares", _shares, no_derivative, _shares_cell, in_words("1/n for each word, 0 for padding"))


# --- contract: a matrix product over the axes that the result lacks, plus a bias where there is one


def _contract(value: Value) -> Array:
    a, b, *bias = value.operands
    product = contract(a.array, a.names, b.array, b.names, value.names)
    return product + align(bias[0].array, bias[0].names, value.names) if bias else product


def _contract_derivative(value: Value, gradient: Array) -> Gradients:
    a, b, *bias = value.operands
    return (
        contract(gradient, value.names, b.array, b.names, a.names),
        contract(gradient, value.names, a.array, a.names, b.names),
        *(sum_to(gradient, value.names, operand.names) for operand in bias),
    )


def _contract_cell(value: Value, at: At) -> Expression:
    a, b, *bias = cells(value, at)
    over = tuple(name for name in value.operands[0].names if name not in value.names)
    total = Reduce("sum", over, Apply("multiply", (a, b)))
    return Apply("add", (total, *bias)) if bias else total


def _contract_written(value: Value, operands: Notations) -> Notation:
    """A product of matrices: what is summed stands last in the left one and first in the right one, or it is turned."""
    left, right, *bias = operands
    a, b = value.operands[:2]
    rows, columns = (_only_in(value, one, other) for one, other in ((a, b), (b, a)))
    summed = [name for name in a.names if name not in value.names]
    if len(summed) > 1 or not rows + columns:
        return sum_of_products(left, right)
    if rows and a.names[-1] in rows:
        left = transposed(left)
    if columns and b.names[-1] in summed:
        right = transposed(right)
    return total(product(left, right), *bias)


def _only_in(value: Value, one: View, other: View) -> list[str]:
    """The axes of a product that come from one of its factors alone."""
    return [name for name in one.names if name in value.names and name not in other.names]


def _contract_back(value: Value, place: int, at: At) -> Expression:
    if place == 2:
        return summed(value, place, gradient_cell(value, at))
    return times_gradient(value, place, at, operand_cell(value, 1 - place, at))


CONTRACT = Operation("contract", _contract, _contract_derivative, _contract_cell, _contract_written, _contract_back)


# --- scale: multiply by a constant


def _scale(value: Value) -> Array:
    factor: Factor = value.options["by"]
    return np.multiply(value.operands[0].array, factor.value, dtype=value.dtype)


def _scale_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * value.options["by"].value,)


def _scale_cell(value: Value, at: At) -> Expression:
    factor: Factor = value.options["by"]
    return Apply("multiply", (*cells(value, at), Number(factor.value, factor.text)))


def _scale_written(value: Value, operands: Notations) -> Notation:
    factor: Factor = value.options["by"]
    (x,) = operands
    return scaled(x, factor.notation) if factor.divisor is None else quotient(x, factor.divisor)


def _scale_back(value: Value, place: int, at: At) -> Expression:
    factor: Factor = value.options["by"]
    return times_gradient(value, place, at, Number(factor.value, factor.text))


SCALE = Operation("scale", _scale, _scale_derivative, _scale_cell, _scale_written, _scale_back)


# --- merge: axes side by side in one


def _merge_parts(value: Value) -> tuple[Axis, ...]:
    """The axes of the operand in the order of the result: the last axis of the result holds parts."""
    *kept, whole = value.axes
    return (*kept, *whole.parts)


def _merge_order(value: Value) -> list[int]:
    return [value.operands[0].names.index(axis.name) for axis in _merge_parts(value)]


def _merge(value: Value) -> Array:
    return value.operands[0].array.transpose(_merge_order(value)).reshape(value.shape)


def _merge_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient.reshape(sizes(_merge_parts(value))).transpose(np.argsort(_merge_order(value))),)


def _merge_cell(value: Value, at: At) -> Expression:
    *kept, whole = value.axes
    found = {axis.name: at[axis.name] for axis in kept}
    places = np.unravel_index(at[whole.name], sizes(whole.parts))
    found.update(zip(names(whole.parts), map(int, places), strict=True))
    return Cell(0, found)


def _merge_back(value: Value, _place: int, at: At) -> Expression:
    whole = value.axes[-1]
    place = np.ravel_multi_index([at[name] for name in names(whole.parts)], sizes(whole.parts))
    return gradient_cell(value, {**at, whole.name: int(place)})


def _merge_written(_value: Value, operands: Notations) -> Notation:
    return phrase("heads of ", *operands, " side by side")


MERGE = Operation("merge", _merge, _merge_derivative, _merge_cell, _merge_written, _merge_back)

ROWS = (LOOKUP, ROWS_OF_TABLE, LAST, SHARES, CONTRACT, SCALE, MERGE)
