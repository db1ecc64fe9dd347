"""Operations element by element, with broadcasting by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Apply, Expression, Number, ratio
from attn_explore.model.notation import ONE, difference, elementwise_product, elementwise_quotient, root, size, total
from attn_explore.model.ops.blocks import Function, by_rows
from attn_explore.model.ops.common import (
    At,
    Gradients,
    aligned,
    as_call,
    cells,
    every_axis,
    gradient_cell,
    operand_cell,
    result_cell,
    summed,
    times_gradient,
    to_operands,
)
from attn_explore.model.values import Operation, Value


def _elementwise(function: Function) -> Callable[[Value], Array]:
    def compute(value: Value) -> Array:
        return by_rows(value, function, *aligned(value))

    return compute


def _ratio(value: Value) -> Array:
    return ratio(*aligned(value))


def _elementwise_cell(function: str) -> Callable[[Value, At], Expression]:
    def cell(value: Value, at: At) -> Expression:
        return Apply(function, cells(value, at))

    return cell


def _sum_of_terms(first: Array, *others: Array, out: Array | None = None) -> Array:
    if not others:
        return first if out is None else np.positive(first, out=out)
    return reduce(partial(np.add, out=out), others, first)


def _add_derivative(value: Value, gradient: Array) -> Gradients:
    return to_operands(value, *(gradient for _ in value.operands))


def _add_back(value: Value, place: int, at: At) -> Expression:
    return summed(value, place, gradient_cell(value, at))


ADD = Operation(
    "add",
    _elementwise(_sum_of_terms),
    _add_derivative,
    _elementwise_cell("add"),
    lambda _, s: total(*s),
    _add_back,
    every_axis,
)


def _subtract_derivative(value: Value, gradient: Array) -> Gradients:
    return to_operands(value, gradient, -gradient)


def _subtract_back(value: Value, place: int, at: At) -> Expression:
    gradient = gradient_cell(value, at)
    return summed(value, place, Apply("negate", (gradient,)) if place else gradient)


SUBTRACT = Operation(
    "subtract",
    _elementwise(np.subtract),
    _subtract_derivative,
    _elementwise_cell("subtract"),
    lambda _, s: difference(*s),
    _subtract_back,
    every_axis,
)


def _multiply_derivative(value: Value, gradient: Array) -> Gradients:
    a, b = aligned(value)
    return to_operands(value, gradient * b, gradient * a)


def _multiply_back(value: Value, place: int, at: At) -> Expression:
    return times_gradient(value, place, at, operand_cell(value, 1 - place, at))


MULTIPLY = Operation(
    "multiply",
    _elementwise(np.multiply),
    _multiply_derivative,
    _elementwise_cell("multiply"),
    lambda _, s: elementwise_product(*s),
    _multiply_back,
    every_axis,
)


def _divide_derivative(value: Value, gradient: Array) -> Gradients:
    a, b = aligned(value)
    return to_operands(value, gradient / b, -gradient * a / b**2)


def _divide_back(value: Value, place: int, at: At) -> Expression:
    gradient, a, b = gradient_cell(value, at), operand_cell(value, 0, at), operand_cell(value, 1, at)
    if place == 0:
        return summed(value, place, Apply("divide", (gradient, b)))
    pull = Apply("divide", (Apply("multiply", (gradient, a)), Apply("square", (b,))))
    return summed(value, place, Apply("negate", (pull,)))


DIVIDE = Operation(
    "divide",
    _elementwise(np.divide),
    _divide_derivative,
    _elementwise_cell("divide"),
    lambda _, s: elementwise_quotient(*s),
    _divide_back,
    every_axis,
)


# --- ratio: a / b, and 0 where b is 0


def _ratio_derivative(value: Value, gradient: Array) -> Gradients:
    _, b = aligned(value)
    return to_operands(value, ratio(gradient, b), -ratio(gradient * value.array, b))


def _is_by_0(value: Value, at: At) -> bool:
    b = value.operands[1]
    return all(name in at for name in b.names) and bool(b[tuple(at[name] for name in b.names)] == 0)


def _ratio_cell(value: Value, at: At) -> Expression:
    return Number(0.0, "there is nothing to divide by") if _is_by_0(value, at) else Apply("ratio", cells(value, at))


def _ratio_back(value: Value, place: int, at: At) -> Expression:
    if _is_by_0(value, at):
        return Number(0.0, "there is nothing to divide by")
    gradient, b = gradient_cell(value, at), operand_cell(value, 1, at)
    if place == 0:
        return summed(value, place, Apply("ratio", (gradient, b)))
    pull = Apply("ratio", (Apply("multiply", (gradient, result_cell(value, at))), b))
    return summed(value, place, Apply("negate", (pull,)))


RATIO = Operation(
    "ratio",
    _ratio,
    _ratio_derivative,
    _ratio_cell,
    lambda _, s: elementwise_quotient(*s),
    _ratio_back,
    every_axis,
)


def _exp_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * value.array,)


def _exp_back(value: Value, place: int, at: At) -> Expression:
    return times_gradient(value, place, at, result_cell(value, at))


EXP = Operation(
    "exp", _elementwise(np.exp), _exp_derivative, _elementwise_cell("exp"), as_call("exp"), _exp_back, every_axis
)


def _square_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * 2 * value.operands[0].array,)


def _square_back(value: Value, place: int, at: At) -> Expression:
    return times_gradient(value, place, at, Number(2), operand_cell(value, place, at))


SQUARE = Operation(
    "square",
    _elementwise(np.square),
    _square_derivative,
    _elementwise_cell("square"),
    as_call("square"),
    _square_back,
    every_axis,
)


def _sqrt_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient / (2 * value.array),)


def _sqrt_back(value: Value, _place: int, at: At) -> Expression:
    return Apply("divide", (gradient_cell(value, at), Apply("multiply", (Number(2), result_cell(value, at)))))


SQRT = Operation(
    "sqrt",
    _elementwise(np.sqrt),
    _sqrt_derivative,
    _elementwise_cell("sqrt"),
    lambda _, s: root(*s),
    _sqrt_back,
    every_axis,
)


def _absolute_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * np.sign(value.operands[0].array),)


def _absolute_back(value: Value, _place: int, at: At) -> Expression:
    there = value.operands[0][tuple(at[name] for name in value.operands[0].names)]
    return Apply("multiply", (gradient_cell(value, at), Number(float(np.sign(there)), "its sign")))


ABSOLUTE = Operation(
    "absolute",
    _elementwise(np.abs),
    _absolute_derivative,
    _elementwise_cell("absolute"),
    lambda _, s: size(*s),
    _absolute_back,
    every_axis,
)


# --- complement: what is left of 1


def _complement(value: Value) -> Array:
    return np.asarray(1 - value.operands[0].array)


def _complement_derivative(_value: Value, gradient: Array) -> Gradients:
    return (-gradient,)


def _complement_cell(value: Value, at: At) -> Expression:
    return Apply("subtract", (Number(1.0), *cells(value, at)))


def _complement_back(value: Value, _place: int, at: At) -> Expression:
    return Apply("negate", (gradient_cell(value, at),))


COMPLEMENT = Operation(
    "complement",
    _complement,
    _complement_derivative,
    _complement_cell,
    lambda _, s: difference(ONE, *s),
    _complement_back,
    every_axis,
)


ROWS = (ADD, SUBTRACT, MULTIPLY, DIVIDE, RATIO, EXP, SQUARE, SQRT, ABSOLUTE, COMPLEMENT)
