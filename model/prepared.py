"""What is known of a scenario before it runs: found once, and passed on to whoever plans, checks or runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.edits import changes
from attn_explore.model.files.safetensors import TensorFile
from attn_explore.model.forward import trace_of
from attn_explore.model.known import Known, known_of
from attn_explore.model.memory import Need, memory_of
from attn_explore.model.named_checkpoint import checkpoint_of
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import LessonStep
from attn_explore.model.scenario.tokens import Token
from attn_explore.model.scenario_gradients import record_wanted
from attn_explore.model.sources import Numbers
from attn_explore.model.trace import Trace
from attn_explore.model.training.curves import as_done, curves_of, record_curves
from attn_explore.model.training.record import Record, record_in
from attn_explore.model.weights import by_hand, fitted, not_finite, parameters, weights_file

LARGEST_WEIGHTS = 2**40
"""Bytes of a weights file that are read unless the caller sets another limit."""


UNTRAINED = "these weights are not trained; `attn-explore train` trains them, and `weights: {file: …}` names them"


@dataclass(frozen=True, eq=False)
class Prepared:
    """A scenario and what is known of it: from its text, and once they are read from its weights.

    file     the weights file, read; None where there is none, or where it is not read yet
    record   how the weights were trained, as far as their file tells
    notes    what has to be said of how the scenario was read
    """

    known: Known
    file: TensorFile | None = None
    record: Record | None = None
    notes: tuple[str, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario, with what its weights file decides where it does not itself."""
        return self.known.scenario

    @cached_property
    def need(self) -> Need:
        """The memory that its run takes: nothing large is allocated to know it."""
        return memory_of(self.known)

    @cached_property
    def plan(self) -> Trace:
        """The trace that its run gives, with every record and no number. Raises Problem for what does not fit."""
        return plan_of(self.known)

    @cached_property
    def arrays(self) -> dict[str, Array]:
        """The numbers of every parameter, before any edit. Raises Problem for weights that don't fit the model."""
        if self.scenario.alone is not None:
            from attn_explore.model import experiments  # few scenarios have one

            return experiments.parameters(self.scenario.alone)
        return parameters(self.scenario, self.known.shapes, self.file)

    @cached_property
    def numbers(self) -> Mapping[str, Numbers]:
        """The same; of a checkpoint, where they are stored; rounded, where the scenario says so."""
        return as_rounded(self.scenario, self._unrounded())

    def _unrounded(self) -> Mapping[str, Numbers]:
        if (checkpoint := checkpoint_of(self.scenario)) is not None:
            return {**checkpoint.parameters(self.known.shapes), **by_hand(self.scenario, self.known.shapes)}
        return self.arrays

    def remarks(self, arrays: Mapping[str, Numbers]) -> tuple[str, ...]:
        """What has to be said of the numbers of the parameters."""
        return not_finite(self.scenario, arrays, self.known.shapes)

    def with_weights(self, limit: int, allowed: Sequence[Path]) -> Prepared:
        """The same with its weights file read, which may decide some of the model.

        `limit` bounds the bytes of the file; `allowed` are folders outside the scenario's own that it may lie in.
        Raises Problem when it cannot be read.
        """
        if (checkpoint := checkpoint_of(self.scenario)) is not None:
            return replace(self, notes=checkpoint.notes)
        file = weights_file(self.scenario, limit, allowed)
        model, notes = fitted(self.scenario, file)
        scenario = replace(self.scenario, model=model)
        if scenario.experiment is None or scenario.experiment.is_alone:
            return Prepared(self.known.with_scenario(scenario), file, None, notes)
        known = self.known.with_scenario(scenario)
        record = None if file is None or curves_of(scenario) is None else record_in(file, known.shapes)
        experiment = None if record is None else as_done(scenario.experiment, record)
        lesson = tuple(_at_a_moment(stop, record) for stop in scenario.lesson)
        known = known.with_scenario(replace(scenario, experiment=experiment, lesson=lesson))
        return Prepared(known, file, record, notes if record is not None else (*notes, UNTRAINED))

    def unedited(self) -> Prepared:
        """The same without edits and gradients."""
        plain = replace(self.scenario, edits=(), gradients=None)
        return replace(self, known=self.known.with_scenario(plain))


def prepare(scenario: Scenario, limit: int = LARGEST_WEIGHTS, allowed: Sequence[Path] = ()) -> Prepared:
    """Find what is known of a scenario, and read its weights file. Raises Problem when that cannot be read."""
    return Prepared(known_of(scenario, allowed)).with_weights(limit, allowed)


def as_rounded(scenario: Scenario, parameters: Mapping[str, Numbers]) -> Mapping[str, Numbers]:
    """Parameters as the storage gives them back that a scenario names; as they are where it names none."""
    if scenario.model.weights.rounded is None:
        return parameters
    from attn_explore.model.rounding import rounded  # few scenarios have one

    return rounded(parameters, scenario.model.weights.rounded)


def _at_a_moment(stop: LessonStep, record: Record | None) -> LessonStep:
    """A stop of the lesson at a moment that there is: a training may have ended early."""
    if stop.moment is None or record is None:
        return replace(stop, moment=None)
    return replace(stop, moment=record.steps[record.nearest(stop.moment)])


def plan_of(known: Known, generated: Sequence[Token] | None = None) -> Trace:
    """The trace that a run gives, with every record and without a number: nothing large is allocated.

    `generated` are the words that the decoder chose, where they are known. Raises Problem for edits and gradients that
    the run has no place for.
    """
    scenario = known.scenario
    trace = trace_of(known, None, generated=generated)
    trace.changes = changes(scenario, trace)
    for path, made in trace.changes.items():
        trace[path].changes = made
    if (experiment := curves_of(scenario)) is not None:
        record_curves(trace, experiment, scenario.model.d_model, None)
    record_wanted(trace, scenario)
    return trace
