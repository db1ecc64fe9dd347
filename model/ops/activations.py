"""Activations: the bends between the two matrices of a feed-forward network.

An activation is a function, its derivative and its arithmetic. A gated one (Shazeer 2020) multiplies the activation of
one projection with another projection.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.erf import erf
from attn_explore.model.expressions import Apply, Expression, Number, cube
from attn_explore.model.notation import (
    ONE,
    Notation,
    call,
    elementwise_product,
    exponential,
    formula_text,
    negated,
    product,
    quotient,
    symbol,
    total,
)
from attn_explore.model.ops.blocks import by_rows
from attn_explore.model.ops.common import At, Gradients, Notations, cells, every_axis, gradient_cell, operand_cell
from attn_explore.model.values import Operation, Value


@dataclass(frozen=True)
class Bend:
    """A function of one number, its slope, and how both the program and a person write it."""

    function: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    cell: Callable[[Expression], Expression]
    formula: Callable[[Notation], Notation]


# --- ReLU: what is negative becomes 0

RELU = Bend(
    lambda x: np.maximum(x, 0),
    lambda x: (x > 0).astype(x.dtype),
    lambda x: Apply("maximum", (Number(0.0), x)),
    lambda x: call("max", symbol("0"), x),
)


# --- sigmoid: between 0 and 1


def _sigmoid(x: Array) -> Array:
    share: Array = 1 / (1 + np.exp(-x))
    return share


def _sigmoid_slope(x: Array) -> Array:
    return _sigmoid(x) * _sigmoid(-x)


def _sigmoid_cell(x: Expression, name: str = "") -> Expression:
    below = Apply("add", (Number(1.0), Apply("exp", (Apply("negate", (x,)),))))
    return Apply("divide", (Number(1.0), below), name=name)


SIGMOID = Bend(
    _sigmoid,
    _sigmoid_slope,
    _sigmoid_cell,
    lambda x: quotient(ONE, total(ONE, exponential(negated(x)))),
)


# --- SiLU: x times its sigmoid (Elfwing et al. 2017)


def _silu(x: Array) -> Array:
    return x * _sigmoid(x)


def _silu_slope(x: Array) -> Array:
    slope: Array = _sigmoid(x) + x * _sigmoid_slope(x)
    return slope


SILU = Bend(
    _silu, _silu_slope, lambda x: Apply("multiply", (x, _sigmoid_cell(x, name="sigmoid"))), partial(call, "SiLU")
)


# --- GELU: x times the share of a normal distribution below x (Hendrycks & Gimpel 2016)


def _below(x: Array) -> Array:
    share: Array = (1 + erf(x / math.sqrt(2))) / 2
    return share


def _gelu(x: Array) -> Array:
    return x * _below(x)


def _gelu_slope(x: Array) -> Array:
    return _below(x) + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def _gelu_cell(x: Expression) -> Expression:
    error = Apply("erf", (Apply("divide", (x, Number(math.sqrt(2), "√2"))),))
    share = Apply("divide", (Apply("add", (Number(1.0), error)), Number(2.0)), name="Φ")
    return Apply("multiply", (x, share))


GELU = Bend(_gelu, _gelu_slope, _gelu_cell, partial(call, "GELU"))


# --- GELU by tanh: the approximation in the same paper, which GPT-2 uses

_STRETCH = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


def _share_by_tanh(x: Array) -> Array:
    """(1 + tanh(√(2/π)·(x + 0.044715·x³)))/2, in the memory of x³."""
    bent = cube(x)
    bent *= _CUBIC
    bent += x
    bent *= _STRETCH
    share: Array = np.tanh(bent)
    share += 1
    share /= 2
    return share


def _gelu_tanh(x: Array) -> Array:
    share = _share_by_tanh(x)
    share *= x
    return share


def _gelu_tanh_slope(x: Array) -> Array:
    share = _share_by_tanh(x)
    slope: Array = share + 2 * x * share * (1 - share) * _STRETCH * (1 + 3 * _CUBIC * x**2)
    return slope


def _gelu_tanh_cell(x: Expression) -> Expression:
    cubic = Apply("add", (x, Apply("multiply", (Number(_CUBIC), Apply("cube", (x,))))))
    bent = Apply("tanh", (Apply("multiply", (Number(_STRETCH, "√(2/π)"), cubic)),))
    share = Apply("divide", (Apply("add", (Number(1.0), bent)), Number(2.0)), name="share")
    return Apply("multiply", (x, share))


GELU_TANH = Bend(_gelu_tanh, _gelu_tanh_slope, _gelu_tanh_cell, partial(call, "GELU_tanh"))


def _plain(name: str, bend: Bend) -> Operation:
    """The operation that bends every number of its operand."""

    def bent(x: Array, out: Array | None = None) -> Array:
        found = bend.function(x)
        return found if out is None else np.positive(found, out=out)

    def compute(value: Value) -> Array:
        return by_rows(value, bent, value.operands[0].array)

    def derivative(value: Value, gradient: Array) -> Gradients:
        return (gradient * bend.slope(value.operands[0].array),)

    def cell(value: Value, at: At) -> Expression:
        return bend.cell(*cells(value, at))

    def notation(_value: Value, operands: Notations) -> Notation:
        return bend.formula(*operands)

    def back(value: Value, _place: int, at: At) -> Expression:
        return Apply("multiply", (gradient_cell(value, at), _slope(bend, value, at)))

    return Operation(name, compute, derivative, cell, notation, back, every_axis)


def _slope(bend: Bend, value: Value, at: At) -> Number:
    """The slope at one number of the first operand."""
    x = value.operands[0]
    there = x[tuple(at[name] for name in x.names)]
    return Number(float(bend.slope(np.asarray(there))), f"slope of {formula_text(bend.formula(symbol('x')))}")


def _gated(name: str, bend: Bend) -> Operation:
    """The operation that bends its first operand and multiplies it with the second, which has the same axes."""

    def opened(gate: Array, up: Array, out: Array | None = None) -> Array:
        return np.multiply(bend.function(gate), up, out=out)

    def compute(value: Value) -> Array:
        gate, up = value.operands
        return by_rows(value, opened, gate.array, up.array)

    def derivative(value: Value, gradient: Array) -> Gradients:
        gate, up = (operand.array for operand in value.operands)
        return gradient * bend.slope(gate) * up, gradient * bend.function(gate)

    def cell(value: Value, at: At) -> Expression:
        gate, up = cells(value, at)
        return Apply("multiply", (bend.cell(gate), up))

    def notation(_value: Value, operands: Notations) -> Notation:
        gate, up = operands
        return elementwise_product(bend.formula(gate), up)

    def back(value: Value, place: int, at: At) -> Expression:
        gradient, gate, up = gradient_cell(value, at), operand_cell(value, 0, at), operand_cell(value, 1, at)
        if place == 0:
            return Apply("multiply", (gradient, _slope(bend, value, at), up))
        return Apply("multiply", (gradient, bend.cell(gate)))

    return Operation(name, compute, derivative, cell, notation, back, every_axis)


TANH = _plain(
    "tanh", Bend(np.tanh, lambda x: 1 - np.tanh(x) ** 2, lambda x: Apply("tanh", (x,)), partial(call, "tanh"))
)


# --- cap: nearly as it is where it is small, and never beyond a limit (Bello et al. 2016; Gemma 2)


def _cap(value: Value) -> Array:
    limit = value.options["limit"]
    return np.asarray(np.tanh(value.operands[0].array / limit) * limit, value.dtype)


def _cap_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * (1 - np.tanh(value.operands[0].array / value.options["limit"]) ** 2),)


def _cap_cell(value: Value, at: At) -> Expression:
    limit = Number(value.options["limit"], "cap")
    return Apply("multiply", (Apply("tanh", (Apply("divide", (*cells(value, at), limit)),)), limit))


def _cap_formula(value: Value, operands: Notations) -> Notation:
    (x,), limit = operands, symbol(f"{value.options['limit']:g}")
    return product(limit, call("tanh", quotient(x, limit)))


def _cap_back(value: Value, _place: int, at: At) -> Expression:
    """The slope is 1 − tanh²."""
    bent = Apply("tanh", (Apply("divide", (operand_cell(value, 0, at), Number(value.options["limit"], "cap"))),))
    return Apply("multiply", (gradient_cell(value, at), Apply("subtract", (Number(1.0), Apply("square", (bent,))))))


CAP = Operation("cap", _cap, _cap_derivative, _cap_cell, _cap_formula, _cap_back, every_axis)

ROWS = (
    TANH,
    _plain("relu", RELU),
    _plain("sigmoid", SIGMOID),
    _plain("silu", SILU),
    _plain("gelu", GELU),
    _plain("gelu_tanh", GELU_TANH),
    CAP,
    _gated("reglu", RELU),
    _gated("swiglu", SILU),
    _gated("geglu", GELU),
    _gated("geglu_tanh", GELU_TANH),
)
