"""Runs in which some numbers are those of another run, made together: what the patch changes, and nothing else.

The steps of the run are done again by their own operations, with an axis more, along which each run has one patch. A
run joins the others at the step that its patch is put into. Where no word sees later ones, only those from the first
patched word on are computed; the keys and values of those before are the run's. Of the logits, two are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.joint_runs import steps_between
from attn_explore.model.recorder import BATCH
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View, read_only

_OF_TEXT = ("token", "query")
"""Axes along which a step has a row for each word that is read."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Numbers that are put into a step at an index, in the place of its own."""

    step: Value
    index: tuple[int | slice, ...]
    put: Array


@dataclass(frozen=True, eq=False)
class Said:
    """The difference of two logits, of `token` and `against`, behind a word: what patches are measured by.

    `steps` are the logits, and what caps them where something does; `place` is the word, None where the logits are of
    the whole text.
    """

    steps: tuple[Value, ...]
    place: int | None
    token: int
    against: int

    @property
    def read(self) -> Value:
        """What the logits are made of."""
        return self.steps[0].operands[0].value

    @property
    def value(self) -> float:
        """The difference in the run itself."""
        x = self.read.array
        return float(self.differences(x[None] if self.place is None else x[None, self.place])[0])

    def differences(self, x: Array) -> Array:
        """The difference for each of some vectors that the logits are made of: (batch, d_model). Returns (batch)."""
        logits = self._of_two(x)[-1].array
        found: Array = logits[:, 0] - logits[:, 1]
        return found

    def gradient(self) -> Array:
        """The gradient of the difference by the vectors that the logits are made of, in their shape."""
        x = self.read.array
        gradient = np.array([[1, -1]], x.dtype)
        for value in reversed(self._of_two(x[None] if self.place is None else x[None, self.place])):
            gradient = value.carried_to_operands(gradient)[0]
        found = np.zeros_like(x)
        found[... if self.place is None else self.place] = gradient[0]
        return found

    def _of_two(self, x: Array) -> list[Value]:
        """The steps for two tokens alone."""
        logits, *others = self.steps
        first, *weights = logits.operands
        batch, two = Axis(BATCH, len(x)), replace(logits.axes[-1], size=2, labels=None)
        read = Value(first.path, (batch, first.axes[-1]), x.dtype, held=x).view()
        made = [_like(logits, (batch, two), (read, *(self._two_of(view, two) for view in weights)))]
        for step in others:
            made.append(_like(step, (batch, two), (made[-1].view(),)))
        return made

    def _two_of(self, view: View, two: Axis) -> View:
        """What a parameter has for the two tokens."""
        own = [view.window(**{two.name: slice(each, each + 1)}) for each in (self.token, self.against)]
        array = np.concatenate(own, axis=-1)
        return Value(view.path, (*view.axes[:-1], two), array.dtype, held=array).view()


def differences(trace: Trace, patches: Sequence[Patch], said: Said, start: int = 0) -> Array:
    """The difference of two logits in each of some runs, each with one patch; (patch), in their order.

    Patches are in the order of their steps. `start` is the first word that one of them touches; 0 where words see those
    behind them.
    """
    runs = _Runs(trace, start)
    waiting = list(patches)
    steps = steps_between(trace, {patch.step.path for patch in patches}, said.read)
    last_read = {view.path: step.path for step in steps for view in step.operands}
    for step in steps:
        runs.compute(step)
        while waiting and waiting[0].step is step:
            runs.join(waiting.pop(0))
        runs.forget(view.path for view in step.operands if last_read[view.path] == step.path)
    x = runs.of(said.read)
    return said.differences(x if said.place is None else x[:, said.place - start])


class _Runs:
    """What runs with a patch each have of the steps so far: of each step, (run, …) for those that differ there."""

    def __init__(self, trace: Trace, start: int) -> None:
        self._trace, self._start = trace, start
        self._arrays: dict[str, Array] = {}
        self._count = 0

    def compute(self, step: Value) -> None:
        """Do a step again for every run that has its patch already."""
        if self._count:
            axes = (Axis(BATCH, self._count), *map(self._read, step.axes))
            made = _like(step, axes, tuple(self._operand(step, view) for view in step.operands)).array
            self._arrays[step.path] = self._edited(step, made)

    def join(self, patch: Patch) -> None:
        """Begin one more run: its patched step is that of the run itself, but for the patch."""
        step = patch.step
        array = np.array(step.array)
        array[patch.index] = patch.put
        own = array[self._from_start(step)][None]
        before = self._arrays.get(step.path)
        self._arrays[step.path] = own if before is None else np.concatenate([before, own])
        self._count += 1

    def of(self, step: Value) -> Array:
        """What every run has of a step, from the first word on that may differ: (run, …)."""
        own = np.broadcast_to(step.array[self._from_start(step)], (self._count, *self._shape(step)))
        before = self._arrays.get(step.path)
        return own if before is None else np.concatenate([before, own[len(before) :]])

    def forget(self, paths: Iterable[str]) -> None:
        """Let go what no later step reads."""
        for path in paths:
            self._arrays.pop(path, None)

    def _operand(self, step: Value, view: View) -> View:
        is_whole = not _has_rows(view.names) or not _has_rows(step.names)
        value = view.value
        if value.path in self._arrays:
            array = self._whole(value) if is_whole else self.of(value)
            batch = Axis(BATCH, self._count)
            axes = value.axes if is_whole else tuple(map(self._read, value.axes))
            seen = view.axes if is_whole else tuple(map(self._read, view.axes))
            repeats = (1, *view.repeats) if view.repeats else ()
            return View(Value(value.path, (batch, *axes), value.dtype, held=array), (batch, *seen), repeats)
        if is_whole or self._start == 0 or value.path in self._trace.parameters:
            return view
        name = next(name for name in view.names if name in _OF_TEXT)
        array = view.window(**{name: slice(self._start, view.axis(name).size)})
        return Value(view.path, tuple(map(self._read, view.axes)), array.dtype, held=array).view()

    def _whole(self, step: Value) -> Array:
        """What every run has of all words of a step: those before the first that may differ are the run's."""
        own = self.of(step)
        if self._start == 0 or not _has_rows(step.names):
            return own
        place = _place_of_rows(step)
        before = np.moveaxis(np.moveaxis(step.array, place, 0)[: self._start], 0, place)
        return np.concatenate([np.broadcast_to(before, (self._count, *before.shape)), own], axis=place + 1)

    def _edited(self, step: Value, array: Array) -> Array:
        """The numbers of a step after the what-if edits that the run itself has there."""
        window = self._from_start(step)
        inner = [change.within(window, step.shape) for change in step.changes]
        if not any(inner):
            return array
        array = np.array(array)
        for own in array:
            for change in filter(None, inner):
                change.apply(own)
        return read_only(array)

    def _from_start(self, step: Value) -> tuple[slice, ...]:
        return tuple(slice(self._start if axis.name in _OF_TEXT else 0, axis.size) for axis in step.axes)

    def _shape(self, step: Value) -> tuple[int, ...]:
        return tuple(self._read(axis).size for axis in step.axes)

    def _read(self, axis: Axis) -> Axis:
        """An axis from the first word on that may differ."""
        if axis.name not in _OF_TEXT or not self._start:
            return axis
        return Axis(axis.name, axis.size - self._start, start=axis.start + self._start)


def _has_rows(names: Sequence[str]) -> bool:
    return any(name in _OF_TEXT for name in names)


def _place_of_rows(step: Value) -> int:
    return next(place for place, name in enumerate(step.names) if name in _OF_TEXT)


def _like(step: Value, axes: tuple[Axis, ...], operands: tuple[View, ...]) -> Value:
    """A step over other operands, in no trace."""
    return Value(step.path, axes, step.dtype, step.operation, operands, step.options)
