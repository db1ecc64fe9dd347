"""Runs that differ in what some of their steps hold, made together: each product of matrices is one for all of them.

A real model's parameters are read from their file once for all of these runs, which takes most of the time of a single
one. The steps of a run are done again by their own operations, with an axis more, as they were recorded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from attn_explore.model.axes import Array, Axis
from attn_explore.model.recorder import BATCH
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View, read_only


@contextmanager
def joint_runs(trace: Trace, starts: Mapping[str, Array], end: Value) -> Iterator[Trace]:
    """The steps of a run from some on, as far as one of them, for many runs at once.

    `starts` are what the first of these steps hold in each run, edits and all, by path: (batch, …). Where values are
    forgotten, those of these runs are let go of at the end.
    """
    (count,) = {len(array) for array in starts.values()}
    batch = Axis(BATCH, count)
    changes = {path: tuple(each.in_each for each in made) for path, made in trace.changes.items()}
    runs = replace(trace, steps={}, on_step=None, is_lazy=False, before=None, changes=changes)
    try:
        for step in steps_between(trace, starts, end):
            if step.path in starts:
                held = read_only(starts[step.path])
                runs.steps[step.path] = replace(step, axes=(batch, *step.axes), held=held, changes=())
            else:
                runs.append(_in_each(step, runs.steps, batch))
        yield runs
    finally:
        for step in runs.steps.values():
            step.forget()


def steps_between(trace: Trace, starts: Collection[str], end: Value) -> list[Value]:
    """The steps that some others reach, these included, as far as a last one is made of them; in order."""
    reached, needed = set(starts), {end.path}
    steps = list(trace.steps.values())
    steps = steps[: steps.index(end) + 1]
    for step in steps:
        if any(view.path in reached for view in step.operands):
            reached.add(step.path)
    found = list[Value]()
    for step in reversed(steps):
        if step.path in needed and step.path in reached:
            found.append(step)
            needed.update(view.path for view in step.operands)
    return found[::-1]


def _in_each(step: Value, made: Mapping[str, Value], batch: Axis) -> Value:
    """A step that is done in each run, over what these have made so far."""

    def read(view: View) -> View:
        if view.path not in made:
            return view
        repeats = (1, *view.repeats) if view.repeats else ()
        return View(made[view.path], (batch, *view.axes), repeats)

    operands = tuple(map(read, step.operands))
    return Value(step.path, (batch, *step.axes), step.dtype, step.operation, operands, step.options)
