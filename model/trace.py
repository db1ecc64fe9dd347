"""The trace: the ordered record of one run. Every step of every run is computed and appended in `Trace.append`.

A trace that only plans keeps the records and computes nothing: that is how its memory is known beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.changes import Change, changed, have_same_bits
from attn_explore.model.dataclass import dataclass
from attn_explore.model.keeping import Keeper
from attn_explore.model.sources import Numbers, is_stored
from attn_explore.model.values import Value, forgotten_before, read_only

Listener = Callable[[Value], None]


@dataclass
class Trace:
    """The values of one run by path, in the order in which they were computed.

    `parameters` and `given` (token ids) are what they were computed from, `unedited` the parameters before any edit;
    `tokens` are the words that each stack read and generated, `generated` the rows of the latter; `last_choice` is what
    the last of them is yet to be chosen from. `planned` means without numbers. `changes` are what-if edits by the path
    of their step or parameter. `before` is a run of the same model: a value that came about there in the same way is
    the same value here, whether its numbers are held or forgotten. `keeper` decides which values hold their arrays;
    without one all do. `is_lazy`: with a keeper, nothing is computed before somebody asks for it. `left_out`: how many
    steps the file that it was read from has not. `lensed` is what the lens made of a step, by the path of that: see
    `stream.py`; `sampled` what a sampler made of what a word is chosen from, when it was asked for last.
    """

    dtype: np.dtype[Any]
    parameters: dict[str, Value] = field(default_factory=dict)
    given: dict[str, Value] = field(default_factory=dict)
    steps: dict[str, Value] = field(default_factory=dict)
    tokens: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    generated: list[int] = field(default_factory=list)
    last_choice: Value | None = None
    unedited: dict[str, Numbers] = field(default_factory=dict)
    planned: bool = False
    on_step: Listener | None = None
    changes: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)
    before: Trace | None = None
    keeper: Keeper | None = None
    is_lazy: bool = False
    left_out: int = 0
    lensed: dict[str, list[Value]] = field(default_factory=dict)
    sampled: dict[str, list[Value]] = field(default_factory=dict)

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
        if is_stored(numbers):
            value.source, value.keeper = numbers, self.keeper
        elif isinstance(numbers, np.ndarray):
            value.held = read_only(changed(numbers, value.changes))
        self.parameters[name] = self._parameter_before(value) or value

    def give(self, name: str, axes: Sequence[Axis], array: Array | None) -> Value:
        """Keep something that is neither computed nor learned, such as the token ids, which a plan means."""
        dtype = np.dtype(np.int64) if array is None else array.dtype
        held = array if array is None else read_only(array)
        value = Value(name, tuple(axes), dtype, held=held)
        self.given[name] = self._given_before(value) or value
        return self.given[name]

    def append(self, value: Value) -> Value:
        """Compute `value`, unless it brings its numbers, and append it. Every step of every run comes through here.

        Returns the value that was appended: that of the run before, where it came about in the same way.
        """
        if value.path in self.steps:
            raise ValueError(f"{value.path} was computed already")
        value.changes = self.changes.get(value.path, ())
        appended = self._step_before(value) or value
        if appended is value and not self.planned:
            self._compute(value)
        self.steps[value.path] = appended
        if self.on_step is not None and not self.is_lazy:
            self.on_step(appended)
        return appended

    def so_far(self, last_choice: Value) -> Trace:
        """The run as it is now, to be looked at while this one goes on; its last word is yet to be chosen."""
        return replace(
            self,
            given=dict(self.given),
            steps=dict(self.steps),
            tokens=dict(self.tokens),
            generated=list(self.generated),
            last_choice=last_choice,
        )

    def bring(self, value: Value, on_step: Listener | None = None) -> None:
        """Compute what a value is made of step by step: who listens, to this or to the lazy run, hears of each."""
        tell = on_step or self.on_step
        for step in forgotten_before(value, lambda each: [view.value for view in each.operands]):
            if not step.is_large:
                _ = step.array
            if tell is not None:
                tell(step)

    def _compute(self, value: Value) -> None:
        if self.keeper is None:
            _ = value.array
        elif self.is_lazy and value.held is None:
            value.keeper = self.keeper
        else:
            self.keeper.take(value)

    def with_sampled(self) -> list[Value]:
        """The steps in order, and then what a sampler made of them, where one was asked for."""
        return [*self.steps.values(), *(value for made in self.sampled.values() for value in made)]

    def run_again(self) -> None:
        """Compute every step again, in its order, from the parameters and the given numbers as they are now."""
        for value in self.steps.values():
            value.compute_again()

    def _parameter_before(self, value: Value) -> Value | None:
        old = self.before.parameters.get(value.path) if self.before else None
        if old is None or self.before is None or not old.is_made_like(value):
            return None
        given, was = self.unedited.get(value.path), self.before.unedited.get(value.path)
        is_same_file = is_stored(given) and is_stored(was) and given.identity == was.identity
        return old if given is was or is_same_file else None

    def _given_before(self, value: Value) -> Value | None:
        old = self.before.given.get(value.path) if self.before else None
        if old is None or old.held is None or value.held is None or not old.is_made_like(value):
            return None
        return old if have_same_bits(old.held, value.held) else None

    def _step_before(self, value: Value) -> Value | None:
        old = self.before.steps.get(value.path) if self.before else None
        return old if old is not None and value.held is None and old.is_made_like(value) else None

    @property
    def nbytes(self) -> int:
        """Bytes of every parameter and step together, as an exact integer."""
        return sum(value.nbytes for value in (*self.parameters.values(), *self.steps.values()))
