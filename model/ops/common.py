"""What the operations share: operands lined up, cells picked, gradients brought back, formulas written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attn_explore.model.axes import Array, align, sum_to
from attn_explore.model.expressions import Apply, Cell, Expression, Reduce
from attn_explore.model.notation import Notation, call, phrase
from attn_explore.model.values import Value, View

At = Mapping[str, int]
Gradients = tuple[Array, ...]
Notations = tuple[Notation, ...]

NOWHERE = "no position: padding before the text"
"""What is said of the position of a token that has none."""

OPERANDS = 2
"""In the arithmetic of an operand's gradient, the operands count from here: after the gradient and the value itself."""


def aligned(value: Value) -> list[Array]:
    """The operands, each lined up with the axes of the value."""
    return [align(operand.array, operand.names, value.names) for operand in value.operands]


def pick(at: At, operand: View) -> dict[str, int]:
    """The part of an index that falls on an operand's axes."""
    return {name: at[name] for name in operand.names if name in at}


def cells(value: Value, at: At) -> tuple[Expression, ...]:
    """The cell of each operand that an index points at; axes that it does not fix are free."""
    return tuple(Cell(place, pick(at, operand)) for place, operand in enumerate(value.operands))


def gradient_cell(value: Value, at: At) -> Cell:
    """The cell of the value's own gradient that an index points at; axes that it does not fix are free."""
    return Cell(0, _among(value.names, at))


def result_cell(value: Value, at: At) -> Cell:
    """The same cell of the value itself."""
    return Cell(1, _among(value.names, at))


def operand_cell(value: Value, place: int, at: At) -> Cell:
    """The cell of an operand, in the arithmetic of a gradient."""
    return Cell(OPERANDS + place, pick(at, value.operands[place]))


def _among(names: tuple[str, ...], at: At) -> dict[str, int]:
    return {name: at[name] for name in names if name in at}


def summed(value: Value, place: int, body: Expression) -> Expression:
    """`body`, summed over the axes that an operand lacks: it was broadcast along them."""
    over = tuple(name for name in value.names if name not in value.operands[place].names)
    return Reduce("sum", over, body) if over else body


def times_gradient(value: Value, place: int, at: At, *factors: Expression) -> Expression:
    """The gradient of an operand's cell that enters the value's cells times some factors."""
    return summed(value, place, Apply("multiply", (gradient_cell(value, at), *factors)))


def to_operands(value: Value, *gradients: Array) -> Gradients:
    """Gradients in the value's axes, summed back to those of each operand."""
    return tuple(
        sum_to(gradient, value.names, operand.names)
        for operand, gradient in zip(value.operands, gradients, strict=True)
    )


def over_axis(value: Value) -> int:
    """Where the axis that is reduced stands in the operand."""
    return value.operands[0].names.index(value.options["over"])


def row_at(value: Value, at: At) -> Array:
    """The numbers of the operand, along the axis that is reduced, that the cell at `at` is made of."""
    operand = value.operands[0]
    return operand[tuple(slice(None) if name == value.options["over"] else at[name] for name in operand.names)]


def spread(value: Value, array: Array) -> Array:
    """A reduced array, ready to broadcast over the operand."""
    return align(array, value.names, value.operands[0].names)


def every_axis(value: Value) -> tuple[str, ...]:
    """Of an operation that makes each cell of the cells at the same place."""
    return value.names


def all_but_over(value: Value) -> tuple[str, ...]:
    """Of an operation that looks at whole rows: the axes that number them."""
    return tuple(name for name in value.names if name not in value.options["over"].split())


def ahead(value: Value) -> Array:
    """By how many places each key stands ahead of each query in their text; less than 0 behind it. (query, key)."""
    query, key = places_in_text(value)
    return np.asarray(key - query)


def ahead_at(value: Value, at: At) -> int:
    """By how many places the key at an index stands ahead of the query there."""
    query, key = (value.axis(name).places_in_text[at[name]] for name in ("query", "key"))
    return key - query


def places_in_text(value: Value) -> tuple[Array, Array]:
    """The places of queries and keys in their text, ready to broadcast: (query, 1) and (1, key)."""
    query, key = (np.asarray(value.axis(name).places_in_text) for name in ("query", "key"))
    return query[:, None], key[None, :]


def as_call(function: str) -> Callable[[Value, Notations], Notation]:
    """Written before its operands, as a function."""

    def formula(_value: Value, operands: Notations) -> Notation:
        return call(function, *operands)

    return formula


def in_words(text: str) -> Callable[[Value, Notations], Notation]:
    """Written as words, the same for every value."""

    def formula(_value: Value, _operands: Notations) -> Notation:
        return phrase(text)

    return formula


def no_derivative(value: Value, _gradient: Array) -> Gradients:
    """For leaves: there is nothing to differentiate by."""
    return tuple(np.zeros(operand.shape) for operand in value.operands)
