"""The table of operations: how each is computed, differentiated, explained for one cell, and written.

An operation is one row of `OPERATIONS` and the four short functions in it, which stand together below. They are
told everything by the value that applied them: its operands, its axes, its options.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np

from model.axes import Array, Axis, align, contract, names, sizes, sum_to
from model.expressions import Apply, Cell, Expression, Number, Reduce
from model.values import Operation, Value, View

At = Mapping[str, int]
Gradients = tuple[Array, ...]
Symbols = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Factor:
    """A constant that a tensor is multiplied by, and how it is written."""

    value: float
    text: str

    @staticmethod
    def inverse_root(axis: Axis) -> Factor:
        """1/√n, for an axis of size n. A plan may be wider than any array."""
        return Factor(1 / math.sqrt(min(axis.size, sys.maxsize)), f"1/√{subscripted(axis.name)}")

    @staticmethod
    def inverse(number: float, text: str, other: Factor | None) -> Factor:
        """1/number, times `other`."""
        if other is None:
            return Factor(1 / number, f"1/{text}")
        return Factor(other.value / number, f"1/({text}·{other.text.removeprefix('1/')})")


def subscripted(name: str) -> str:
    """An axis name as mathematics writes it: `d_k` is dₖ."""
    return {"d_k": "dₖ", "d_v": "dᵥ"}.get(name, name)


def _aligned(value: Value) -> list[Array]:
    return [align(operand.array, operand.names, value.names) for operand in value.operands]


def _pick(at: At, operand: View) -> dict[str, int]:
    return {name: at[name] for name in operand.names if name in at}


def _cells(value: Value, at: At) -> tuple[Expression, ...]:
    return tuple(Cell(place, _pick(at, operand)) for place, operand in enumerate(value.operands))


# --- lookup: row i of the result is row ids[i] of a table


def _lookup(value: Value) -> Array:
    table, ids = value.operands
    return table.array[ids.array]


def _lookup_derivative(value: Value, gradient: Array) -> Gradients:
    table, ids = value.operands
    spread = np.zeros(table.shape, gradient.dtype)
    np.add.at(spread, ids.array, gradient)
    return spread, np.zeros(ids.shape)


def _lookup_cell(value: Value, at: At) -> Expression:
    table, ids = value.operands
    row = int(ids.array[at[ids.names[0]]])
    return Cell(0, {table.names[0]: row, table.names[1]: at[table.names[1]]})


# --- sinusoid: the paper's positions, a wave for each column


def _sinusoid(value: Value) -> Array:
    tokens, width = value.shape
    position, column = np.arange(tokens)[:, None], np.arange(width)
    angle = position / 10000.0 ** (2 * (column // 2) / width)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle)).astype(value.dtype)


def _sinusoid_cell(value: Value, at: At) -> Expression:
    position, column = (at[name] for name in value.names)
    width = value.shape[1]
    power = Apply("divide", (Number(2 * (column // 2)), Number(width, value.names[1])))
    stretch = Apply("power", (Number(10000.0), power))  # the wave's length is 2π times this
    return Apply("cos" if column % 2 else "sin", (Apply("divide", (Number(position, "position"), stretch)),))


def _sinusoid_written(_value: Value, _symbols: Symbols) -> str:
    return "sin, cos(position / 10000^(2i/d_model))"


# --- visibility: 0 where a query may see a key, −∞ where not


def hidden_because(value: Value, query: int, key: int) -> str | None:
    """Why `query` may not see `key` in a mask: "padding", "future", or None when it may."""
    if value.options["pad"] is not None and value.options["pad"][key]:
        return "padding"
    return "future" if value.options["causal"] and key > query else None


def _visibility(value: Value) -> Array:
    hidden = np.zeros(value.shape, bool)
    if value.options["causal"]:
        hidden |= np.triu(np.ones(value.shape, bool), 1)
    if value.options["pad"] is not None:
        hidden |= np.asarray(value.options["pad"])
    return np.where(hidden, -np.inf, 0.0).astype(value.dtype)


def _visibility_cell(value: Value, at: At) -> Expression:
    reason = hidden_because(value, at["query"], at["key"])
    return Number(-math.inf if reason else 0.0, f"hidden: {reason}" if reason else "may be seen")


def _visibility_written(value: Value, symbols: Symbols) -> str:
    rules = ["padding"] * (value.options["pad"] is not None) + ["the future"] * value.options["causal"]
    return f"−∞ where {' or '.join(rules) or 'nothing'} would be seen, else 0"


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
    a, b, *bias = _cells(value, at)
    over = tuple(name for name in value.operands[0].names if name not in value.names)
    total = Reduce("sum", over, Apply("multiply", (a, b)))
    return Apply("add", (total, *bias)) if bias else total


def _contract_written(value: Value, symbols: Symbols) -> str:
    a, b, *bias = symbols
    right = value.operands[1]
    summed = [name for name in right.names if name not in value.names]
    if right.names[-1] in summed:  # rows of b meet rows of a: b stands transposed
        b += "ᵀ"
    dot = "" if len(a) == 1 and len(b.rstrip("ᵀ")) == 1 else "·"
    return " + ".join((f"{a}{dot}{b}", *bias))


# --- element by element, with broadcasting by name


def _elementwise(function: Callable[..., Array]) -> Callable[[Value], Array]:
    def compute(value: Value) -> Array:
        return function(*_aligned(value))

    return compute


def _elementwise_cell(function: str) -> Callable[[Value, At], Expression]:
    def cell(value: Value, at: At) -> Expression:
        return Apply(function, _cells(value, at))

    return cell


def _infix(sign: str) -> Callable[[Value, Symbols], str]:
    def written(_value: Value, symbols: Symbols) -> str:
        return f" {sign} ".join(symbols)

    return written


def _prefix(function: str) -> Callable[[Value, Symbols], str]:
    def written(_value: Value, symbols: Symbols) -> str:
        return f"{function}({', '.join(symbols)})"

    return written


def _to_operands(value: Value, *gradients: Array) -> Gradients:
    return tuple(
        sum_to(gradient, value.names, operand.names)
        for operand, gradient in zip(value.operands, gradients, strict=True)
    )


def _sum_of_terms(*terms: Array) -> Array:
    return reduce(np.add, terms)


def _add_derivative(value: Value, gradient: Array) -> Gradients:
    return _to_operands(value, *(gradient for _ in value.operands))


def _subtract_derivative(value: Value, gradient: Array) -> Gradients:
    return _to_operands(value, gradient, -gradient)


def _multiply_derivative(value: Value, gradient: Array) -> Gradients:
    a, b = _aligned(value)
    return _to_operands(value, gradient * b, gradient * a)


def _divide_derivative(value: Value, gradient: Array) -> Gradients:
    a, b = _aligned(value)
    return _to_operands(value, gradient / b, -gradient * a / b**2)


def _exp_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * value.array,)


def _square_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * 2 * value.operands[0].array,)


def _relu(value: Value) -> Array:
    return np.maximum(value.operands[0].array, 0)


def _relu_derivative(value: Value, gradient: Array) -> Gradients:
    return (np.where(value.operands[0].array > 0, gradient, 0),)


def _relu_cell(value: Value, at: At) -> Expression:
    return Apply("maximum", (Number(0.0), *_cells(value, at)))


# --- scale: multiply by a constant


def _scale(value: Value) -> Array:
    factor: Factor = value.options["by"]
    return np.multiply(value.operands[0].array, factor.value, dtype=value.dtype)


def _scale_derivative(value: Value, gradient: Array) -> Gradients:
    return (gradient * value.options["by"].value,)


def _scale_cell(value: Value, at: At) -> Expression:
    factor: Factor = value.options["by"]
    return Apply("multiply", (*_cells(value, at), Number(factor.value, factor.text)))


def _scale_written(value: Value, symbols: Symbols) -> str:
    factor: Factor = value.options["by"]
    over = factor.text.removeprefix("1/")
    return f"{symbols[0]}/{over}" if over != factor.text else f"{symbols[0]}·{factor.text}"


# --- mask: add 0 or −∞; what is hidden gets no gradient, whatever stands there


def _mask(value: Value) -> Array:
    scores, mask = _aligned(value)
    return np.where(np.isneginf(mask), mask, scores + mask)


def _mask_derivative(value: Value, gradient: Array) -> Gradients:
    _, mask = _aligned(value)
    return _to_operands(value, np.where(np.isneginf(mask), 0, gradient), np.zeros_like(gradient))


def _mask_cell(value: Value, at: At) -> Expression:
    scores, mask = _cells(value, at)
    hides = value.operands[1]
    is_hidden = np.isneginf(hides.array[tuple(at[name] for name in hides.names)])
    return mask if is_hidden else Apply("add", (scores, mask))


# --- shift: subtract a maximum; what is hidden stays −∞, also where everything is


def _shift(value: Value) -> Array:
    scores, maximum = _aligned(value)
    return np.where(np.isneginf(scores), scores, scores - maximum)


def _shift_derivative(value: Value, gradient: Array) -> Gradients:
    scores, _ = _aligned(value)
    visible = np.where(np.isneginf(scores), 0, gradient)
    return _to_operands(value, visible, -visible)


def _shift_cell(value: Value, at: At) -> Expression:
    scores, maximum = _cells(value, at)
    shown = value.operands[0]
    is_hidden = np.isneginf(shown.array[tuple(at[name] for name in shown.names)])
    return scores if is_hidden else Apply("subtract", (scores, maximum))


# --- reductions over one axis


def _over(value: Value) -> int:
    return value.operands[0].names.index(value.options["over"])


def _spread(value: Value, array: Array) -> Array:
    return align(array, value.names, value.operands[0].names)


def _reduction(function: Callable[..., Array]) -> Callable[[Value], Array]:
    def compute(value: Value) -> Array:
        return function(value.operands[0].array, axis=_over(value))

    return compute


def _reduction_cell(function: str) -> Callable[[Value, At], Expression]:
    def cell(value: Value, at: At) -> Expression:
        (free,) = _cells(value, at)
        return Reduce(function, (value.options["over"],), free)

    return cell


def _named_over(sign: str) -> Callable[[Value, Symbols], str]:
    def written(value: Value, symbols: Symbols) -> str:
        return f"{sign} of {symbols[0]} over {value.options['over']}"

    return written


def _sum_derivative(value: Value, gradient: Array) -> Gradients:
    return (np.broadcast_to(_spread(value, gradient), value.operands[0].shape),)


def _mean_derivative(value: Value, gradient: Array) -> Gradients:
    operand = value.operands[0]
    return (np.broadcast_to(_spread(value, gradient) / operand.axis(value.options["over"]).size, operand.shape),)


def _maximum_derivative(value: Value, gradient: Array) -> Gradients:
    array = value.operands[0].array
    is_maximum = array == _spread(value, value.array)
    return (np.where(is_maximum, _spread(value, gradient) / is_maximum.sum(_over(value), keepdims=True), 0),)


# --- softmax: eˣ, divided by its sum over an axis; zeros where every cell is −∞


def _softmax(value: Value) -> Array:
    array, over = value.operands[0].array, _over(value)
    maximum = array.max(axis=over, keepdims=True)
    exponentials = np.subtract(array, np.where(np.isneginf(maximum), 0, maximum))
    np.exp(exponentials, out=exponentials)
    total = exponentials.sum(axis=over, keepdims=True)
    return np.divide(exponentials, np.where(total == 0, 1, total), out=exponentials)


def _softmax_derivative(value: Value, gradient: Array) -> Gradients:
    weights = value.array
    return (weights * (gradient - (gradient * weights).sum(axis=_over(value), keepdims=True)),)


def _softmax_cell(value: Value, at: At) -> Expression:
    over = value.options["over"]
    (cell,), (row,) = _cells(value, at), _cells(value, {name: at[name] for name in at if name != over})
    if is_fully_masked(value, at):
        return Number(0.0, f"every {over} is hidden")
    maximum = Reduce("maximum", (over,), row, name="row max")
    total = Reduce("sum", (over,), Apply("exp", (Apply("subtract", (row, maximum)),)), name="row sum")
    return Apply("divide", (Apply("exp", (Apply("subtract", (cell, maximum)),)), total))


def is_fully_masked(value: Value, at: At) -> bool:
    """Whether the softmax row that `at` stands in has nothing to attend to: zeros, not a distribution."""
    operand = value.operands[0]
    row = tuple(slice(None) if name == value.options["over"] else at[name] for name in operand.names)
    return bool(np.isneginf(operand.array[row]).all())


# --- normalise: to mean 0 and variance 1 over an axis, then a gain and a bias for each column


def _standardised(value: Value) -> tuple[Array, Array]:
    array, over = value.operands[0].array, _over(value)
    centred = array - array.mean(axis=over, keepdims=True)
    deviation = np.sqrt(np.square(centred).mean(axis=over, keepdims=True) + value.dtype.type(value.options["eps"]))
    return centred / deviation, deviation


def _normalise(value: Value) -> Array:
    _, gain, bias = _aligned(value)
    return _standardised(value)[0] * gain + bias


def _normalise_derivative(value: Value, gradient: Array) -> Gradients:
    _, gain, _ = _aligned(value)
    over = _over(value)
    standard, deviation = _standardised(value)
    inner = gradient * gain
    along = standard * (inner * standard).mean(axis=over, keepdims=True)
    carried = (inner - inner.mean(axis=over, keepdims=True) - along) / deviation
    return _to_operands(value, carried, gradient * standard, gradient)


def _normalise_cell(value: Value, at: At) -> Expression:
    over = value.options["over"]
    cell, gain, bias = _cells(value, at)
    row = _cells(value, {name: at[name] for name in at if name != over})[0]
    mean = Reduce("mean", (over,), row, name="μ")
    variance = Reduce("mean", (over,), Apply("square", (Apply("subtract", (row, mean)),)), name="σ²")
    deviation = Apply("sqrt", (Apply("add", (variance, Number(value.options["eps"], "ε"))),))
    standard = Apply("divide", (Apply("subtract", (cell, mean)), deviation), name="standardised")
    return Apply("add", (Apply("multiply", (standard, gain)), bias))


def _normalise_written(_value: Value, symbols: Symbols) -> str:
    return f"({symbols[0]} − μ)/√(σ² + ε) · {symbols[1]} + {symbols[2]}"


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


# --- leaves: nothing to differentiate by


def _no_derivative(value: Value, _gradient: Array) -> Gradients:
    return tuple(np.zeros(operand.shape) for operand in value.operands)


_ROWS = (
    Operation("lookup", _lookup, _lookup_derivative, _lookup_cell, lambda _, s: f"{s[0]}[{s[1]}]"),
    Operation("sinusoid", _sinusoid, _no_derivative, _sinusoid_cell, _sinusoid_written),
    Operation("visibility", _visibility, _no_derivative, _visibility_cell, _visibility_written),
    Operation("contract", _contract, _contract_derivative, _contract_cell, _contract_written),
    Operation("add", _elementwise(_sum_of_terms), _add_derivative, _elementwise_cell("add"), _infix("+")),
    Operation("subtract", _elementwise(np.subtract), _subtract_derivative, _elementwise_cell("subtract"), _infix("−")),
    Operation("shift", _shift, _shift_derivative, _shift_cell, _infix("−")),
    Operation("multiply", _elementwise(np.multiply), _multiply_derivative, _elementwise_cell("multiply"), _infix("·")),
    Operation("divide", _elementwise(np.divide), _divide_derivative, _elementwise_cell("divide"), _infix("/")),
    Operation("exp", _elementwise(np.exp), _exp_derivative, _elementwise_cell("exp"), _prefix("exp")),
    Operation("square", _elementwise(np.square), _square_derivative, _elementwise_cell("square"), _prefix("square")),
    Operation("relu", _relu, _relu_derivative, _relu_cell, lambda _, s: f"max(0, {s[0]})"),
    Operation("scale", _scale, _scale_derivative, _scale_cell, _scale_written),
    Operation("mask", _mask, _mask_derivative, _mask_cell, _infix("+")),
    Operation("sum", _reduction(np.sum), _sum_derivative, _reduction_cell("sum"), _named_over("sum")),
    Operation("mean", _reduction(np.mean), _mean_derivative, _reduction_cell("mean"), _named_over("mean")),
    Operation("maximum", _reduction(np.max), _maximum_derivative, _reduction_cell("maximum"), _named_over("maximum")),
    Operation("softmax", _softmax, _softmax_derivative, _softmax_cell, _prefix("softmax")),
    Operation("normalise", _normalise, _normalise_derivative, _normalise_cell, _normalise_written),
    Operation("merge", _merge, _merge_derivative, _merge_cell, lambda _, s: f"heads of {s[0]} side by side"),
)  # fmt: skip

OPERATIONS = {row.name: row for row in _ROWS}
"""Every operation, by name."""
