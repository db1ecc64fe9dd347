"""The gradient of a step or parameter, as a value: what its readers carry back to it, added up.

How much a chosen output changes with a number is the sum, over everything that was computed from the number, of how
much the output changes with that, times how much that changes with the number: the chain rule.

The operands of a gradient stand in groups, one for each reader: the reader's own gradient, the reader, and the reader's
operands. So a gradient knows all that it was computed from, and can be forgotten and computed again like any value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.expressions import Apply, Cell, Expression, Number, Reduce, constants
from attn_explore.model.notation import Derivative, Notation, elementwise_product, phrase, total
from attn_explore.model.ops.common import OPERANDS, At, Gradients, Notations, gradient_cell
from attn_explore.model.values import Operation, Value, View, read_only

PREFIX = "grad."
"""The path of a gradient is that of the step or parameter, after this."""


MOST_TERMS = 4
"""A longer chain rule is not written out."""


@dataclass(frozen=True, eq=False)
class Output:
    """What is differentiated: one number of a step, or all of them, each times its weight, added up."""

    value: Value
    index: tuple[int, ...] = ()
    weights: Array | None = None

    @property
    def seed(self) -> Array:
        """How much the output changes with each number of its step: 1 with itself."""
        if self.weights is not None:
            return read_only(np.asarray(self.weights, self.value.dtype))
        seed = np.zeros(self.value.shape, self.value.dtype)
        seed[self.index] = 1
        return read_only(seed)


@dataclass(frozen=True)
class Reader:
    """A step that read a value: `first` is the place of its group among the operands of that value's gradient."""

    step: Value
    first: int

    def sides(self, path: str) -> Iterator[tuple[int, View]]:
        """Which of its operands are views of the value at `path`: more than one where it enters twice."""
        return ((place, view) for place, view in enumerate(self.step.operands) if view.path == path)


def gradient_of(value: Value, output: Output, readers: list[Value]) -> Value:
    """The gradient of a value, without its numbers; `readers` are the gradients of what was computed from it."""
    steps = [differentiated(reader) for reader in readers]
    groups = [
        view
        for step, reader in zip(steps, readers, strict=True)
        for view in (reader.view(), step.view(), *step.operands)
    ]
    operands = groups if value is not output.value else [value.view()]
    options: dict[str, Any] = {"of": output, "by": value.path}
    return Value(f"{PREFIX}{value.path}", value.axes, value.dtype, GRADIENT, tuple(operands), options)


def is_gradient(value: Value) -> bool:
    """Whether a value is a gradient of another one."""
    return value.operation is GRADIENT


def output_of(value: Value) -> Output:
    """What a gradient is the gradient of."""
    output: Output = value.options["of"]
    return output


def differentiated(value: Value) -> Value:
    """The step or parameter that a gradient says the changes with."""
    by = value.options["by"]
    return next(view.value for view in value.operands if view.path == by)


def readers_of(value: Value) -> list[Reader]:
    """The steps from which a gradient is carried back; none for the output itself."""
    found: list[Reader] = []
    place = 0
    while not _is_seed(value) and place < len(value.operands):
        step = value.operands[place + 1].value
        found.append(Reader(step, place))
        place += OPERANDS + len(step.operands)
    return found


def _is_seed(value: Value) -> bool:
    return bool(value.options["by"] == output_of(value).value.path)


# --- the numbers


def _gradient(value: Value) -> Array:
    if _is_seed(value):
        return output_of(value).seed
    carried = (part for reader in readers_of(value) for part in _carried(value, reader))
    return np.asarray(reduce(np.add, carried), value.dtype)


def _carried(value: Value, reader: Reader) -> Iterator[Array]:
    """What one reader carries back."""
    found = reader.step.carried_to_operands(value.operands[reader.first].array)
    return (view.carried_back(found[place]) for place, view in reader.sides(value.options["by"]))


def _no_second_derivative(_value: Value, _gradient: Array) -> Gradients:
    raise LookupError("a gradient is not differentiated again")


# --- the arithmetic of one cell


def _cell(value: Value, at: At) -> Expression:
    index = tuple(at[name] for name in value.names)
    if _is_seed(value):
        return Number(float(output_of(value).seed[index]), "by itself" if output_of(value).index == index else "")
    parts = [part for reader in readers_of(value) for part in _parts(value, reader, index)]
    if len(parts) == 1:
        return parts[0][1]
    return Apply("add", tuple(_named(part, f"through {name}") for name, part in parts))


def _parts(value: Value, reader: Reader, index: tuple[int, ...]) -> Iterator[tuple[str, Expression]]:
    """What one reader carries back to a cell, each part with a name; more than one where the cell is repeated."""
    step, name = reader.step, _name(value, reader)
    back = step.made_by.back or _by_derivative
    for side, view in reader.sides(value.options["by"]):
        for place in view.places_of(index):
            at = dict(zip(view.names, place, strict=True))
            pairs = zip(view.axes, view.repeats, strict=False)
            repeated = [axis.label(at[axis.name]) for axis, times in pairs if times > 1]
            yield ", ".join((name, *repeated)), _Relocated(reader)(back(step.unchanged, side, at))


def _by_derivative(step: Value, side: int, at: At) -> Expression:
    """For an operation that does not explain its gradient: that of each of its cells, times that cell's slope here."""
    operand = step.operands[side]
    slopes = np.zeros(step.shape)
    for place in np.ndindex(step.shape):
        one = np.zeros(step.shape, step.dtype)
        one[place] = 1
        slopes[place] = step.made_by.derivative(step, one)[side][tuple(at[name] for name in operand.names)]
    slope = constants(step.names, slopes, {}, f"∂{step.name}/∂{operand.value.name}")
    term = Apply("multiply", (gradient_cell(step, {}), slope))
    return Reduce("sum", step.names, term) if step.names else term


def _name(value: Value, reader: Reader) -> str:
    """The reader's name, with its block and layer where several readers have that name."""
    names = [other.step.name for other in readers_of(value)]
    if names.count(reader.step.name) == 1:
        return reader.step.name
    return ".".join(reader.step.path.split(".")[-4:])


def _named(part: Expression, name: str) -> Expression:
    """A sum or product gets a name, and so lines of its own; a single number stands where it is."""
    return replace(part, name=name) if isinstance(part, Apply | Reduce) else part


class _Relocated:
    """Takes the arithmetic of a reader to the place of the reader's group. Parts that are shared stay shared.

    Where the reader was edited, its gradient reaches what it was before the edit, which is not among the operands.
    """

    def __init__(self, reader: Reader) -> None:
        self.first, self.step = reader.first, reader.step
        self._known: dict[int, tuple[Expression, Expression]] = {}

    def __call__(self, part: Expression) -> Expression:
        if id(part) not in self._known:
            self._known[id(part)] = part, self._relocated(part)
        return self._known[id(part)][1]

    def _relocated(self, part: Expression) -> Expression:
        match part:
            case Cell(operand, at) if operand < OPERANDS and self.step.changes:
                return self._before_the_edit(operand, at)
            case Cell(operand, at):
                return Cell(self.first + operand, at)
            case Apply(arguments=arguments):
                return replace(part, arguments=tuple(map(self, arguments)))
            case Reduce(body=body):
                return replace(part, body=self(body))
        return part

    def _before_the_edit(self, operand: int, at: Mapping[str, int]) -> Expression:
        """What no operand holds any more, as a constant; the edited cell tells what it was, and of the edit."""
        step, edited = self.step, Cell(self.first + 1, at)
        if operand == 1:
            return constants(step.names, step.unchanged.array, at, f"{step.name} before the edit", edited)
        kept = np.ones(step.shape, step.dtype)
        for change in reversed(step.changes):
            change.pull(kept)
        share = constants(step.names, kept, at, "what the edit lets through", edited)
        return Apply("let_through", (Cell(self.first, at), share))


# --- the formula


def _formula(value: Value, operands: Notations) -> Notation:
    """The chain rule: `∂L/∂q · ∂q/∂x + …`, a term for each reader."""
    if _is_seed(value):
        return phrase(
            "1 for the number itself, 0 for the others" if output_of(value).weights is None else "the weights"
        )
    by = operands[[view.path for view in value.operands].index(value.options["by"])]
    readers = readers_of(value)
    terms = [
        elementwise_product(operands[reader.first], Derivative(operands[reader.first + 1], by)) for reader in readers
    ]
    return total(*terms) if len(terms) <= MOST_TERMS else phrase(terms[0], f" + … ({len(terms)} terms)")


GRADIENT = Operation("gradient", _gradient, _no_second_derivative, _cell, _formula)
