"""From a scenario to a trace, or to the plan of one: its weights, its edits, its training, its gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from attn_explore.model import experiments
from attn_explore.model.axes import Array, sizes
from attn_explore.model.differentiation import record_wanted
from attn_explore.model.edits import Changes, changes
from attn_explore.model.forward import trace_of
from attn_explore.model.parameters import Shapes
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import LessonStep
from attn_explore.model.shapes import shapes_of
from attn_explore.model.trace import Listener, Trace
from attn_explore.model.training.curves import as_done, curves_of, record_curves
from attn_explore.model.training.record import Record, read_record
from attn_explore.model.weights import FILE, fitted, not_finite, parameters

LARGEST_WEIGHTS = 2**40
"""Bytes of a weights file that are read unless the caller sets another limit."""


def run(
    scenario: Scenario,
    on_step: Listener | None = None,
    *,
    weights_limit: int = LARGEST_WEIGHTS,
    allowed: Sequence[Path] = (),
    before: Trace | None = None,
    second: Trace | None = None,
    record: Record | None = None,
    moment: int = -1,
) -> Trace:
    """Run a scenario and return its trace. `on_step` is called with each value as it is computed.

    `allowed` are folders outside the scenario's own in which its weights may lie. `before` is a run of the same model
    with other edits or words: its parameters are taken where they fit, and what has not changed is not computed again.
    `second` is the run that the scenario is compared with, where an edit takes numbers from it. `record` is how its
    weights were trained, and `moment` the one of its moments whose weights are taken.
    Raises Problem when the scenario's weights don't fit its model, or its edits don't fit the run.
    """
    shapes = shapes_of(scenario)
    is_known = before is not None and all(before.drawn[name].shape == sizes(axes) for name, axes in shapes.items())
    arrays = before.drawn if before and is_known else _numbers(scenario, shapes, weights_limit, allowed)
    if record is not None:
        arrays = arrays | _learned(scenario, record, moment)
    frozen = None
    if any(edit.freeze for edit in scenario.edits):
        frozen = trace_of(replace(scenario, edits=()), arrays, before=before)
    made = edited(scenario, frozen, second)
    trace = trace_of(scenario, arrays, on_step, changes=made, before=before)
    _check_reached(scenario, trace)
    if record is not None and scenario.experiment is not None:
        record_curves(trace, as_done(scenario.experiment, record), scenario.model.d_model, record)
    record_wanted(trace, scenario)
    return trace


def _learned(scenario: Scenario, record: Record, moment: int) -> dict[str, Array]:
    """The parameters at a moment of training, but those that the scenario sets by hand."""
    found = record.parameters(moment).items()
    by_hand = scenario.model.weights.set
    return {name: np.asarray(array, scenario.model.dtype) for name, array in found if name not in by_hand}


def _numbers(scenario: Scenario, shapes: Shapes, limit: int, allowed: Sequence[Path]) -> dict[str, Array]:
    """The numbers of every parameter, of a model or of an experiment."""
    if scenario.alone is not None:
        return experiments.parameters(scenario.alone)
    return parameters(scenario, shapes, limit, allowed)


def edited(scenario: Scenario, frozen: Trace | None = None, second: Trace | None = None) -> Changes:
    """What the scenario's edits change. Raises Problem when they don't fit the run."""
    return changes(scenario, trace_of(scenario, None), frozen, second) if scenario.edits else {}


def _check_reached(scenario: Scenario, trace: Trace) -> None:
    """A decoder that generates may end before a word that is edited."""
    for place, edit in enumerate(scenario.edits):
        if edit.at not in trace.steps and edit.at not in trace.parameters:
            what = f"the generated text ended before {edit.at}"
            raise scenario.problem_at(("edits", place, "at"), what, "edit an earlier word")


def settled(
    scenario: Scenario, limit: int = LARGEST_WEIGHTS, allowed: Sequence[Path] = ()
) -> tuple[Scenario, tuple[str, ...]]:
    """The scenario with what its weights file decides where it does not itself, and what has to be said of that.

    Raises Problem when the file cannot be read.
    """
    model, notes = fitted(scenario, limit, allowed)
    scenario = replace(scenario, model=model)
    if scenario.experiment is None or scenario.experiment.is_alone:
        return scenario, notes
    record = training(scenario, limit, allowed)
    lesson = tuple(_at_a_moment(stop, record) for stop in scenario.lesson)
    if record is not None:
        return replace(scenario, experiment=as_done(scenario.experiment, record), lesson=lesson), notes
    note = "these weights are not trained; `attn-explore train` trains them, and `weights: {file: …}` names them"
    return replace(scenario, experiment=None, lesson=lesson), (*notes, note)


def _at_a_moment(stop: LessonStep, record: Record | None) -> LessonStep:
    """A stop of the lesson at a moment that there is: a training may have ended early."""
    if stop.moment is None or record is None:
        return replace(stop, moment=None)
    return replace(stop, moment=record.steps[record.nearest(stop.moment)])


def training(scenario: Scenario, limit: int = LARGEST_WEIGHTS, allowed: Sequence[Path] = ()) -> Record | None:
    """How the scenario's weights were trained, as far as their file tells. Raises Problem when it cannot be read."""
    file = scenario.model.weights.file
    if curves_of(scenario) is None or file is None or scenario.source.folder is None:
        return None
    return read_record(scenario.read_file(FILE, limit, allowed), file, shapes_of(scenario))


def check_weights(scenario: Scenario, limit: int, allowed: Sequence[Path] = ()) -> tuple[str, ...]:
    """What has to be said of the scenario's weights, without running it. Raises the Problem that `run` would raise."""
    if scenario.alone is not None:
        return ()
    shapes = shapes_of(scenario)
    return not_finite(scenario, parameters(scenario, shapes, limit, allowed), shapes)


def plan(scenario: Scenario, generated: Sequence[str] | None = None) -> Trace:
    """The trace that `run` would give, with every record and without a number: nothing large is allocated.

    `generated` are the words that the decoder chose, where they are known.
    """
    trace = trace_of(scenario, None, generated=generated, changes=edited(scenario))
    if (experiment := curves_of(scenario)) is not None:
        record_curves(trace, experiment, scenario.model.d_model, None)
    record_wanted(trace, scenario)
    return trace
