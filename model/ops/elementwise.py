"""Operations element by element, with broadcasting by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np

from model.axes import Array
from model.expressions import Apply, Expression, Number
from model.ops.common import At, Gradients, aligned, cells, infix, prefix, to_operands
from model.values import Operation, Value


def _elementwise(function: Callable[..., Array]) -> Callable[[Value], Array]:
    def compute(value: Value) -> Array:
        return function(*aligned(value))

    return compute


def _elementwise_cell(function: str) -> Callable[[Value, At], Expression]:
    def cell(value: Value, at: At) -> Expression:
        return Apply(function, cells(value, at))

    return cell


def _sum_of_terms(*terms: Array) -> Array:
    return reduce(np.add, terms)


def _add_derivative(value: Value, gradient: Array) -> Gradients:
    return to_operands(value, *(gradient for _ in value.operands))


ADD = Operation("add", _elementwise(_sum_of_terms), _add_derivative, _elementwise_cell("add"), infix("+"))


def _subtract_derivative(value: Value, gradient: Array) -> Gradients:
    return to_operands(value, gradient, -gradient)


SUBTRACT = Operation(
    "subtract", _elementwise(np.subtract), _subtract_derivative, _elementwise_cell("subtract"), infix("−")
)


def _multiply_derivative(value: Value, gradient: Array) -> Gradients:
    a, b = aligned(value)
    return to_operands(value, gradient * b, gradient * a)


MULTIPLY = Operation(
    "multiply", _elementwise(np.multiply), _multiply_derivative, _elementwise_cell("multiply"), infix("·")
)


def _divide_derivative(value: Value, gradient: Array) -> Gradients:
    a, b = aligned(value)
    return to_operands(value, gradient / b, -gradient * a / b**2)


DIVIDE = Operation("divide", _elementwise(np.divide), _divide_derivative, _elementwise_cell("divide"), infix("/"))


def _exp_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * value.array,)


EXP = Operation("exp", _elementwise(np.exp), _exp_derivative, _elementwise_cell("exp"), prefix("exp"))


def _square_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * 2 * value.operands[0].array,)


SQUARE = Operation("square", _elementwise(np.square), _square_derivative, _elementwise_cell("square"), prefix("square"))


def _sqrt_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient / (2 * value.array),)


SQRT = Operation("sqrt", _elementwise(np.sqrt), _sqrt_derivative, _elementwise_cell("sqrt"), lambda _, s: f"√{s[0]}")


def _absolute_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * np.sign(value.operands[0].array),)


ABSOLUTE = Operation(
    "absolute", _elementwise(np.abs), _absolute_derivative, _elementwise_cell("absolute"), lambda _, s: f"|{s[0]}|"
)


# --- complement: what is left of 1


def _complement(value: Value) -> Array:
    return np.asarray(1 - value.operands[0].array)


def _complement_derivative(_value: Value, gradient: Array) -> Gradients:
    return (-gradient,)


def _complement_cell(value: Value, at: At) -> Expression:
    return Apply("subtract", (Number(1.0), *cells(value, at)))


COMPLEMENT = Operation("complement", _complement, _complement_derivative, _complement_cell, lambda _, s: f"1 − {s[0]}")


ROWS = (ADD, SUBTRACT, MULTIPLY, DIVIDE, EXP, SQUARE, SQRT, ABSOLUTE, COMPLEMENT)
