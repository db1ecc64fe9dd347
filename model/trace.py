"""The trace: the ordered record of one run, and the only place that appends to it.

The mathematics in `layers.py` calls the methods of a `Recorder`. Each applies one operation and appends one value.
A trace that only plans keeps the records and computes nothing: that is how its memory is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from model.axes import Array, Axis, merged, ordered
from model.ops import OPERATIONS, Factor
from model.values import Tensor, Value, as_view, read_only

Listener = Callable[[Value], None]


@dataclass
class Trace:
    """The values of one run by path, in the order in which they were computed.

    `parameters` and `given` (token ids) are what they were computed from. `planned` means without numbers.
    """

    dtype: np.dtype[Any]
    parameters: dict[str, Value] = field(default_factory=dict)
    given: dict[str, Value] = field(default_factory=dict)
    steps: dict[str, Value] = field(default_factory=dict)
    planned: bool = False
    on_step: Listener | None = None

    def __getitem__(self, path: str) -> Value:
        """The step or parameter at `path`. Raises KeyError when there is none."""
        found = self.steps.get(path) or self.parameters.get(path) or self.given.get(path)
        if found is None:
            raise KeyError(path)
        return found

    def add_parameter(self, name: str, axes: Sequence[Axis], array: Array | None) -> None:
        """Keep a parameter: `array` in the shape of `axes`, or None in a planned trace."""
        self.parameters[name] = Value(name, tuple(axes), self.dtype, held=None if array is None else read_only(array))

    def give(self, name: str, axes: Sequence[Axis], array: Array | None) -> Value:
        """Keep something that is neither computed nor learned, such as the token ids."""
        self.given[name] = Value(
            name, tuple(axes), np.dtype(np.int64), held=array if array is None else read_only(array)
        )
        return self.given[name]

    def append(self, value: Value) -> Value:
        """Compute `value` and append it. Every step of every run comes through here."""
        if value.path in self.steps:
            raise ValueError(f"{value.path} was computed already")
        if not self.planned:
            _ = value.array
        self.steps[value.path] = value
        if self.on_step is not None:
            self.on_step(value)
        return value

    @property
    def nbytes(self) -> int:
        """Bytes of every parameter and step together, as an exact integer."""
        return sum(value.nbytes for value in (*self.parameters.values(), *self.steps.values()))


class Recorder:
    """Applies operations under a path: `Recorder(trace, "encoder").inside("layers.0")`.

    Result axes are stated by name where the operation does not fix them, as in `"head query key"`, and checked.
    """

    def __init__(self, trace: Trace, prefix: str = "") -> None:
        self.trace = trace
        self.prefix = prefix

    def inside(self, name: str) -> Recorder:
        """A recorder for the block `name` under this one."""
        return Recorder(self.trace, self._path(name))

    def parameter(self, name: str) -> Value:
        """The parameter `name` of this block. Raises KeyError when the model has none."""
        return self.trace.parameters[self._path(name)]

    def optional(self, name: str) -> Value | None:
        """The parameter `name` of this block, or None when the model does without it."""
        return self.trace.parameters.get(self._path(name))

    def lookup(self, name: str, table: Tensor, ids: Tensor) -> Value:
        """The rows of `table` that `ids` name."""
        return self._apply(name, "lookup", (*ids.axes, table.axes[1]), table, ids)

    def sinusoid(self, name: str, *axes: Axis) -> Value:
        """Sines and cosines of the position. Source: Vaswani et al. 2017, section 3.5."""
        return self._apply(name, "sinusoid", axes)

    def visibility(self, name: str, tokens: Tensor, pad: tuple[bool, ...] | None, causal: bool) -> Value:
        """0 where a query may see a key, −∞ where the key is padding or (if causal) comes later."""
        axes = (*tokens.renamed(token="query").axes, *tokens.renamed(token="key").axes)
        return self._apply(name, "visibility", axes, tokens, pad=pad, causal=causal)

    def contract(self, name: str, axes: str, a: Tensor, b: Tensor, bias: Tensor | None = None) -> Value:
        """The product of `a` and `b`, summed over the axes that are not in `axes`, plus `bias`."""
        operands = (a, b) if bias is None else (a, b, bias)
        return self._apply(name, "contract", ordered(axes, *(operand.axes for operand in operands)), *operands)

    def add(self, name: str, *terms: Tensor) -> Value:
        """The sum of the terms, element by element."""
        return self._elementwise(name, "add", *terms)

    def subtract(self, name: str, a: Tensor, b: Tensor) -> Value:
        """`a` − `b`, element by element."""
        return self._elementwise(name, "subtract", a, b)

    def multiply(self, name: str, a: Tensor, b: Tensor) -> Value:
        """`a` times `b`, element by element."""
        return self._elementwise(name, "multiply", a, b)

    def divide(self, name: str, a: Tensor, b: Tensor) -> Value:
        """`a` / `b`, element by element."""
        return self._elementwise(name, "divide", a, b)

    def exp(self, name: str, x: Tensor) -> Value:
        """eˣ, element by element."""
        return self._elementwise(name, "exp", x)

    def square(self, name: str, x: Tensor) -> Value:
        """x², element by element."""
        return self._elementwise(name, "square", x)

    def relu(self, name: str, x: Tensor) -> Value:
        """The larger of 0 and x, element by element."""
        return self._elementwise(name, "relu", x)

    def scale(self, name: str, x: Tensor, by: Factor) -> Value:
        """`x` times a constant."""
        return self._apply(name, "scale", x.axes, x, by=by)

    def mask(self, name: str, scores: Tensor, mask: Tensor) -> Value:
        """`scores` where `mask` is 0, −∞ where it is −∞."""
        return self._elementwise(name, "mask", scores, mask)

    def shift(self, name: str, x: Tensor, maximum: Tensor) -> Value:
        """`x` − `maximum`, but −∞ where `x` is −∞."""
        return self._elementwise(name, "shift", x, maximum)

    def sum(self, name: str, x: Tensor, over: str) -> Value:
        """The sum over one axis."""
        return self._reduce(name, "sum", x, over)

    def mean(self, name: str, x: Tensor, over: str) -> Value:
        """The mean over one axis."""
        return self._reduce(name, "mean", x, over)

    def maximum(self, name: str, x: Tensor, over: str) -> Value:
        """The largest along one axis."""
        return self._reduce(name, "maximum", x, over)

    def softmax(self, name: str, x: Tensor, over: str) -> Value:
        """eˣ divided by its sum over one axis: each row sums to 1, or is zeros where every cell is −∞."""
        return self._apply(name, "softmax", x.axes, x, over=over)

    def normalise(self, name: str, x: Tensor, gain: Tensor, bias: Tensor, over: str, eps: float) -> Value:
        """`x` with mean 0 and variance 1 over one axis, times `gain`, plus `bias`. Source: Ba et al. 2016."""
        return self._apply(name, "normalise", x.axes, x, gain, bias, over=over, eps=eps)

    def merge(self, name: str, x: Tensor, axes: str, last: str) -> Value:
        """`x` with the axes named in `last` side by side in one axis, after `axes`."""
        return self._apply(name, "merge", (*ordered(axes, x.axes), merged(ordered(last, x.axes))), x)

    def _elementwise(self, name: str, operation: str, *operands: Tensor) -> Value:
        stated = " ".join(dict.fromkeys(axis for operand in operands for axis in operand.names))
        return self._apply(name, operation, ordered(stated, *(operand.axes for operand in operands)), *operands)

    def _reduce(self, name: str, operation: str, x: Tensor, over: str) -> Value:
        kept = tuple(axis for axis in x.axes if axis is not x.axis(over))
        return self._apply(name, operation, kept, x, over=over)

    def _apply(self, name: str, operation: str, axes: Sequence[Axis], *operands: Tensor, **options: Any) -> Value:
        views = tuple(as_view(operand) for operand in operands)
        settings: Mapping[str, Any] = options
        return self.trace.append(
            Value(self._path(name), tuple(axes), self.trace.dtype, OPERATIONS[operation], views, settings)
        )

    def _path(self, name: str) -> str:
        return f"{self.prefix}.{name}" if self.prefix else name
