"""Operations that are composed of others: computed and differentiated part by part, and opened in these parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attn_explore.model.axes import Array, Axis
from attn_explore.model.expressions import Expression
from attn_explore.model.notation import Notation
from attn_explore.model.ops.common import At, Gradients, Notations
from attn_explore.model.values import Operation, Tensor, Value, as_view

Compose = Callable[[Value], tuple[Value, ...]]
"""From a value to the values that it is composed of, each after its operands; the last one has the value's numbers."""


def part(
    whole: Value, name: str, operation: Operation, axes: Sequence[Axis], *operands: Tensor, **options: Any
) -> Value:
    """A part of a value, under its path; without its numbers, which are computed when they are asked for."""
    views = tuple(as_view(operand) for operand in operands)
    return Value(f"{whole.path}.{name}", tuple(axes), whole.dtype, operation, views, options)


def composed(
    name: str,
    compose: Compose,
    cell: Callable[[Value, At], Expression],
    formula: Callable[[Value, Notations], Notation],
    back: Callable[[Value, int, At], Expression],
) -> Operation:
    """The row of an operation that is composed of others; its arithmetic and its formula are told as one."""

    def compute(value: Value) -> Array:
        return compose(value)[-1].array

    def derivative(value: Value, gradient: Array) -> Gradients:
        return _derivative(value, compose(value), gradient)

    return Operation(name, compute, derivative, cell, formula, back)


def _derivative(value: Value, parts: tuple[Value, ...], gradient: Array) -> Gradients:
    """The chain rule along the parts, from the last to the first: what each carries back to the value's operands."""
    carried: dict[int, Array] = {id(parts[-1]): gradient}
    for each in reversed(parts):
        for view, back in zip(each.operands, each.carried_to_operands(carried[id(each)]), strict=True):
            is_operand = any(view is operand for operand in value.operands)
            key, array = (id(view), back) if is_operand else (id(view.value), view.carried_back(back))
            carried[key] = carried[key] + array if key in carried else array
    return tuple(carried[id(operand)] for operand in value.operands)


def parts_of(compositions: Mapping[str, Compose], value: Value) -> tuple[Value, ...]:
    """The parts of a value but the last, which is the value itself; none of one that is not composed."""
    compose = None if value.is_leaf else compositions.get(value.made_by.name)
    return () if compose is None else compose(value)[:-1]
