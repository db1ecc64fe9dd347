"""Products: of matrices, over the axes that the result lacks, and with constants."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

from attn_explore.model.axes import Array, Axis, align, contract, sum_to
from attn_explore.model.dataclass import dataclass
from attn_explore.model.expressions import Apply, Expression, Number, Reduce
from attn_explore.model.notation import (
    ONE,
    Notation,
    formula_text,
    product,
    quotient,
    root,
    scaled,
    subscripted,
    sum_of_products,
    symbol,
    total,
    transposed,
)
from attn_explore.model.ops.blocks import by_rows
from attn_explore.model.ops.common import (
    At,
    Gradients,
    Notations,
    cells,
    every_axis,
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
        return formula_text(self.notation)


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
    left, right = a.array, b.array
    room = _room(value) if left.dtype == right.dtype == value.dtype else None
    product = contract(left, a.names, right, b.names, value.names, np.matmul if room is None else _in(room))
    if not bias:
        return product
    added = align(bias[0].array, bias[0].names, value.names)
    return by_rows(value, np.add, product, added, room=product if added.dtype == product.dtype else None)


def _in(room: Array) -> Callable[[Array, Array], Array]:
    """How matrices are multiplied whose product goes into some memory."""
    from attn_explore.model.ops.matrices import multiply  # only a run that forgets needs it

    return partial(multiply, room=room)


def _room(value: Value) -> Array | None:
    """Memory for a product in a run that forgets: that of a forgotten one, or for a part of a value fresh memory."""
    weights = value.operands[1].value
    return np.empty(value.shape, value.dtype) if value.keeper is None and weights.source is not None else value.room()


def _contract_derivative(value: Value, gradient: Array) -> Gradients:
    return tuple(_contract_towards(value, gradient, place) for place in range(len(value.operands)))


def _contract_towards(value: Value, gradient: Array, place: int) -> Array:
    """The gradient of one operand: that of a factor is the gradient of the product, times the other factor."""
    own = value.operands[place]
    if place == 2:
        return sum_to(gradient, value.names, own.names)
    other = value.operands[1 - place]
    is_stored = other.value.source is not None and other.value.dtype == gradient.dtype
    multiply = _in(np.empty(own.shape, gradient.dtype)) if is_stored else np.matmul
    return contract(gradient, value.names, other.array, other.names, own.names, multiply)


def _contract_cell(value: Value, at: At) -> Expression:
    a, b, *bias = cells(value, at)
    over = tuple(name for name in value.operands[0].names if name not in value.names)
    total = Reduce("sum", over, Apply("multiply", (a, b)))
    return Apply("add", (total, *bias)) if bias else total


def _contract_formula(value: Value, operands: Notations) -> Notation:
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


CONTRACT = Operation(
    "contract",
    _contract,
    _contract_derivative,
    _contract_cell,
    _contract_formula,
    _contract_back,
    every_axis,
    _contract_towards,
)


# --- scale: multiply by a constant


def _scale(value: Value) -> Array:
    factor: Factor = value.options["by"]
    return by_rows(value, partial(np.multiply, factor.value, dtype=value.dtype), value.operands[0].array)


def _scale_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * value.options["by"].value,)


def _scale_cell(value: Value, at: At) -> Expression:
    factor: Factor = value.options["by"]
    return Apply("multiply", (*cells(value, at), Number(factor.value, factor.text)))


def _scale_formula(value: Value, operands: Notations) -> Notation:
    factor: Factor = value.options["by"]
    (x,) = operands
    return scaled(x, factor.notation) if factor.divisor is None else quotient(x, factor.divisor)


def _scale_back(value: Value, place: int, at: At) -> Expression:
    factor: Factor = value.options["by"]
    return times_gradient(value, place, at, Number(factor.value, factor.text))


SCALE = Operation("scale", _scale, _scale_derivative, _scale_cell, _scale_formula, _scale_back, every_axis)


ROWS = (SHARES, CONTRACT, SCALE)
