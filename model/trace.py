"""The trace: the ordered record of one run. Every step of every run is computed and appended in `Trace.append`.

A trace that only plans keeps the records and computes nothing: that is how its memory is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.sources import Numbers, Source
from attn_explore.model.values import Change, Value, changed, read_only

Listener = Callable[[Value], None]


@dataclass
class Trace:
    """The values of one run by path, in the order in which they were computed.

    `parameters` and `given` (token ids) are what they were computed from, `unedited` the parameters before any edit;
    `tokens` are the words that each stack read and generated. `planned` means without numbers. `changes` are what-if
    edits by the path of their step or parameter. `before` is a run of the same model: what was computed there from the
    same numbers is taken over.
    """

    dtype: np.dtype[Any]
    parameters: dict[str, Value] = field(default_factory=dict)
    given: dict[str, Value] = field(default_factory=dict)
    steps: dict[str, Value] = field(default_factory=dict)
    tokens: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    unedited: dict[str, Numbers] = field(default_factory=dict)
    planned: bool = False
    on_step: Listener | None = None
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    before: Trace | None = None

    def __getitem__(self, path: str) -> Value:
        """The step or parameter at `path`. Raises KeyError when there is none."""
        found = self.steps.get(path) or self.parameters.get(path) or self.given.get(path)
        if found is None:
            raise KeyError(path)
        return found

    def add_parameter(self, name: str, axes: Sequence[Axis], numbers: Numbers | None) -> None:
        """Keep a parameter: its numbers in the shape of `axes`, where they are stored, or None in a planned trace.

        What is stored is read when it is asked for.
        """
        value = Value(name, tuple(axes), self.dtype, changes=self.changes.get(name, ()))
        if numbers is not None:
            self.unedited[name] = numbers
        if isinstance(numbers, Source):
            value.source = numbers
        elif numbers is not None:
            value.held = self._known_parameter(value, numbers)
        self.parameters[name] = value

    def give(self, name: str, axes: Sequence[Axis], array: Array | None) -> Value:
        """Keep something that is neither computed nor learned, such as the token ids, which a plan means."""
        dtype = np.dtype(np.int64) if array is None else array.dtype
        held = array if array is None else read_only(array)
        self.given[name] = Value(name, tuple(axes), dtype, held=held)
        return self.given[name]

    def append(self, value: Value) -> Value:
        """Compute `value`, unless it brings its numbers, and append it. Every step of every run comes through here."""
        if value.path in self.steps:
            raise ValueError(f"{value.path} was computed already")
        value.changes = self.changes.get(value.path, ())
        if not self.planned and value.held is None:
            value.held = self._known(value)
            _ = value.array
        self.steps[value.path] = value
        if self.on_step is not None:
            self.on_step(value)
        return value

    def run_again(self) -> None:
        """Compute every step again, in its order, from the parameters and the given numbers as they are now."""
        for value in self.steps.values():
            value.compute_again()

    def _known(self, value: Value) -> Array | None:
        """The numbers of a value in the run before, where it was made there from the very same ones in the same way."""
        old = self.before.steps.get(value.path) if self.before else None
        if old is None or old.operation is not value.operation or old.options != value.options:
            return None
        if old.axes != value.axes or not _are_alike(old.changes, value.changes):
            return None
        pairs = zip(old.operands, value.operands, strict=True)
        return old.held if all(a.axes == b.axes and _is_same(a.value, b.value) for a, b in pairs) else None

    def _known_parameter(self, value: Value, array: Array) -> Array:
        """A parameter after its edits: the very array of the run before, where it is the same."""
        old = self.before.parameters.get(value.path) if self.before else None
        is_same = old and self.before and self.before.unedited[value.path] is array
        if old and is_same and _are_alike(old.changes, value.changes):
            return old.array
        return read_only(changed(array, value.changes))

    @property
    def nbytes(self) -> int:
        """Bytes of every parameter and step together, as an exact integer."""
        return sum(value.nbytes for value in (*self.parameters.values(), *self.steps.values()))


def _are_alike(some: Sequence[Change], others: Sequence[Change]) -> bool:
    return len(some) == len(others) and all(one.is_like(other) for one, other in zip(some, others, strict=True))


def _is_same(value: Value, other: Value) -> bool:
    """Whether two values have the very same numbers: one array, or the same token ids."""
    if value.held is None or value.held is other.held:
        return value.held is other.held
    return value.dtype.kind == "i" and np.array_equal(value.held, other.array)
