"""The moments of a training: the runs of its model with the weights of each, as far as there is room to keep them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import NamedTuple

from attn_explore.model.explain import Index
from attn_explore.model.lesson import Stop
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.text import figure
from attn_explore.model.trace import Listener, Trace
from attn_explore.model.training.record import Record
from attn_explore.model.values import Value

ROOM = 2**26
"""Bytes of runs that are kept, so that they are there again at once."""

AT_ONCE = 0.05
"""Seconds that a run may take before the next frame."""

_BY_MOMENT, _BY_STEP = ("moment",), ("step",)
"""The axes of the curves of a training."""


class _Ran(NamedTuple):
    """A run at a moment; `second` is the run that it took numbers from, if it did."""

    moment: int
    scenario: Scenario
    second: Trace | None
    trace: Trace
    nbytes: int


class Moments:
    """Runs a model at the moments of its training, and keeps the latest runs in `room` bytes; from any thread.

    `seconds` is how long the last run took.
    """

    def __init__(self, record: Record, room: int = ROOM, seconds: float = 0.0) -> None:
        self.record = record
        self.seconds = seconds
        self._room = room
        self._kept: list[_Ran] = []
        self._lock = Lock()

    @property
    def steps(self) -> Sequence[int]:
        """After how many steps of training each moment is."""
        return self.record.steps

    @property
    def last(self) -> int:
        """The moment at the end."""
        return len(self.steps) - 1

    def after(self, step: int) -> int:
        """The moment after a step. Raises Problem where its weights were not kept."""
        if step in self.steps:
            return self.steps.index(step)
        near = sorted(sorted(self.steps, key=lambda kept: abs(kept - step))[:2])
        hint = f"the nearest are after {near[0]} and {near[1]} of {self.steps[-1]} steps"
        raise Problem(f"no weights were kept after {figure(step)} steps of training", hint=hint)

    def of(self, stops: Sequence[Stop]) -> list[int]:
        """The moments that the stops of a lesson are at: the last one, where they say no other."""
        return [self.last if stop.moment is None else self.nearest(stop.moment) for stop in stops]

    def nearest(self, step: int) -> int:
        """The moment that is nearest to a step."""
        return self.record.nearest(step)

    def name(self, moment: int) -> str:
        """What a moment is called."""
        return f"step {self.steps[moment]}"

    # --- the curves of the training

    def cell(self, value: Value, moment: int) -> Index | None:
        """Where a moment is in a curve; None in any other value."""
        if value.names == _BY_STEP:
            return (max(0, self.steps[moment] - 1),)
        return (moment,) if value.names == _BY_MOMENT else None

    def at(self, value: Value, index: Index) -> int | None:
        """The moment that is nearest to a cell of a curve; None in any other value."""
        if value.names == _BY_STEP:
            return self.nearest(index[0] + 1)
        return index[0] if value.names == _BY_MOMENT else None

    def goes_along(self, other: Moments | None, moment: int) -> bool:
        """Whether another training has a moment too, after as many steps."""
        if other is None or other is self:
            return False
        return self.steps[moment : moment + 1] == other.steps[moment : moment + 1]

    # --- runs

    def trace(
        self,
        scenario: Scenario,
        moment: int,
        before: Trace,
        second: Trace | None = None,
        on_step: Listener | None = None,
    ) -> Trace:
        """The run at a moment, which may be known. Raises Problem where an edit does not fit it."""
        from attn_explore.model.run import run
        from attn_explore.model.scenario_gradients import with_gradients

        known = self.known(scenario, moment, second)
        if known is not None:
            self.keep(scenario, moment, known, second)  # as the latest
            return known
        start = time.perf_counter()
        plain = replace(scenario, gradients=None)
        trace = run(plain, on_step, before=before, second=second, record=self.record, moment=moment)
        trace = with_gradients(trace, scenario)
        self.seconds = time.perf_counter() - start
        self.keep(scenario, moment, trace, second)
        return trace

    def known(self, scenario: Scenario, moment: int, second: Trace | None = None) -> Trace | None:
        """The run at a moment, where it is kept."""
        wanted, source = _what_runs(scenario), _source(scenario, second)
        with self._lock:
            for ran in self._kept:
                if (ran.moment, ran.scenario) == (moment, wanted) and ran.second is source:
                    return ran.trace
        return None

    def keep(self, scenario: Scenario, moment: int, trace: Trace, second: Trace | None = None) -> None:
        """Keep a run at a moment, and forget the oldest ones that there is no room for."""
        ran = _Ran(moment, _what_runs(scenario), _source(scenario, second), trace, trace.nbytes)
        with self._lock:
            self._kept = [*(each for each in self._kept if each.trace is not trace), ran]
            while sum(each.nbytes for each in self._kept) > self._room:
                del self._kept[0]


def _what_runs(scenario: Scenario) -> Scenario:
    """What decides a run: all but the lesson."""
    return replace(scenario, lesson=())


def _source(scenario: Scenario, second: Trace | None) -> Trace | None:
    """The other run, where an edit takes numbers from it."""
    return second if takes_numbers(scenario) else None


def takes_numbers(scenario: Scenario) -> bool:
    """Whether an edit takes numbers from the other run."""
    return any(edit.swap for edit in scenario.edits)
