"""The arithmetic of one cell, as a small tree that can be evaluated, shown and followed.

A tree stays small however long a sum is: a `Cell` names the axes it fixes, and an axis it leaves free is what the
`Reduce` around it runs over. The score of a query and a key is, whatever d_k is,

    Reduce("sum", ("d_k",), Apply("multiply", (Cell(0, {"query": 0}), Cell(1, {"key": 3}))))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike

from attn_explore.model.axes import Array, align
from attn_explore.model.dataclass import dataclass
from attn_explore.model.erf import erf


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of an operand. `at` gives an index for some of its axes; the others are free."""

    operand: int
    at: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Number:
    """A constant, and how it is written where that says more than its digits (`√d_k`).

    `told_by` is a cell whose own arithmetic says where it comes from, where there is one.
    """

    value: float
    text: str = ""
    told_by: Cell | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Constants:
    """A constant for each index of some free axes, and how they are written together; `told_by` as above."""

    names: tuple[str, ...]
    array: Array
    text: str
    told_by: Cell | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of `FUNCTIONS` applied to its arguments. With a `name`, it deserves a line of its own."""

    function: str
    arguments: tuple[Expression, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reduce:
    """`sum`, `mean` or `maximum` of `body` over the free axes `over`."""

    function: str
    over: tuple[str, ...]
    body: Expression
    name: str = ""


Expression = Cell | Number | Constants | Apply | Reduce


def cube(x: Array) -> Array:
    """x³: two products, which take a hundredth of the time of NumPy's powers."""
    return x * x * x


def threshold(x: Array, axis: int | tuple[int]) -> Array:
    """τ of sparsemax: what is left above it along `axis` sums to 1; ∞ where every number is −∞.

    Source: Martins & Astudillo 2016, algorithm 1.
    """
    ranked = -np.sort(-np.moveaxis(x, axis, -1), axis=-1)
    above = np.where(np.isneginf(ranked), 0, ranked).cumsum(axis=-1)
    places = np.arange(1, ranked.shape[-1] + 1)
    count = (1 + places * ranked > above).sum(axis=-1, keepdims=True)  # how many stay above the threshold
    last = np.take_along_axis(above, np.maximum(count - 1, 0), axis=-1)
    return np.where(count == 0, np.inf, (last - 1) / np.maximum(count, 1))[..., 0].astype(x.dtype)


def is_equal(a: Array, b: Array) -> Array:
    """1 where two numbers are the same, 0 where not, NaN where one of them is none."""
    return np.where(np.isnan(a) | np.isnan(b), np.nan, np.equal(a, b))


def let_through(x: Array, share: Array) -> Array:
    """`x` times a share of it; 0 where nothing is let through, also of what is infinite or NaN."""
    return np.where(share == 0, 0.0, np.multiply(x, share))


def ratio(x: Array, by: Array) -> Array:
    """`x` / `by`; 0 where `by` is 0."""
    return np.where(np.equal(by, 0), 0.0, np.divide(x, by))


def constants(
    names: Sequence[str], array: Array, at: Mapping[str, int], text: str, told_by: Cell | None = None
) -> Expression:
    """What `array`, whose axes are `names`, holds at the index `at`: a single number where that fixes every axis."""
    picked = np.asarray(array[tuple(at.get(name, slice(None)) for name in names)])
    free = tuple(name for name in names if name not in at)
    return Constants(free, picked, text, told_by) if free else Number(float(picked), text, told_by)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda *terms: reduce(np.add, terms),
    "subtract": np.subtract,
    "multiply": lambda *factors: reduce(np.multiply, factors),
    "divide": np.divide,
    "ratio": ratio,
    "power": np.power,
    "square": np.square,
    "cube": cube,
    "negate": np.negative,
    "taken_over": lambda x: x,
    "exp": np.exp,
    "log": np.log,
    "erf": erf,
    "tanh": np.tanh,
    "sqrt": np.sqrt,
    "absolute": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "maximum": np.maximum,
    "is_equal": is_equal,
    "let_through": let_through,
}

REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "median": np.median,
    "maximum": np.max,
    "threshold": threshold,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What an expression comes to: one number, or one for each index of its free axes.

    What is made of constants alone is not rounded to a type until it meets a number that has one.
    """

    names: tuple[str, ...]
    array: Array
    is_constant: bool = False


class Indexed(Protocol):
    """Numbers that are read at an index: an array, or a tensor of a run."""

    def __getitem__(self, index: tuple[int | slice, ...], /) -> Array:
        """Those at places and slices of places."""
        ...


class Evaluation:
    """Evaluates the parts of one expression over some operands, each part once, in the type of the value explained.

    `operands` are pairs of axis names and numbers, in the order that `Cell.operand` counts; only those that the
    expression names are looked at.
    """

    def __init__(self, operands: Sequence[tuple[tuple[str, ...], Indexed]], dtype: DTypeLike = np.float64) -> None:
        self._operands = operands
        self._dtype = np.dtype(dtype)
        self._known: dict[int, tuple[Expression, Result]] = {}  # with the expression, so that its id stays its own

    def __call__(self, expression: Expression) -> Result:
        """The value of `expression`. Parts shared within a tree are computed once."""
        if id(expression) not in self._known:
            with np.errstate(all="ignore"):
                self._known[id(expression)] = expression, self._evaluate(expression)
        return self._known[id(expression)][1]

    def number(self, expression: Expression) -> float:
        """The number that an expression without free axes comes to."""
        with np.errstate(all="ignore"):
            return float(self(expression).array.astype(self._dtype))

    def _evaluate(self, expression: Expression) -> Result:
        match expression:
            case Cell(operand, at):
                names, array = self._operands[operand]
                picked = array[tuple(at.get(name, slice(None)) for name in names)]
                return Result(tuple(name for name in names if name not in at), np.asarray(picked))
            case Number(value):
                return Result((), np.asarray(value, np.float64), is_constant=True)
            case Constants(names, array):
                return Result(names, np.asarray(array, self._dtype))
            case Apply(function, arguments):
                return self._apply(function, [self(argument) for argument in arguments])
            case Reduce(function, over, body):
                inner = self(body)
                places = tuple(inner.names.index(name) for name in over)
                kept = tuple(name for name in inner.names if name not in over)
                return Result(kept, np.asarray(REDUCTIONS[function](inner.array, axis=places)))

    def _apply(self, function: str, arguments: list[Result]) -> Result:
        if all(argument.is_constant for argument in arguments):
            found = FUNCTIONS[function](*(argument.array for argument in arguments))
            return Result((), np.asarray(found), is_constant=True)
        names = tuple(dict.fromkeys(name for argument in arguments for name in argument.names))
        aligned = [align(argument.array.astype(self._dtype), argument.names, names) for argument in arguments]
        return Result(names, np.asarray(FUNCTIONS[function](*aligned), self._dtype))
