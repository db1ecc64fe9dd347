"""From a scenario to a trace, or to the plan of one: its weights, its edits, its training, its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from attn_explore.model.axes import Array, sizes
from attn_explore.model.edits import Changes, changes
from attn_explore.model.forward import passes_of, trace_of
from attn_explore.model.known import Known, known_of
from attn_explore.model.prepared import LARGEST_WEIGHTS, Prepared, as_rounded, plan_of
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario_gradients import record_wanted
from attn_explore.model.sources import Numbers
from attn_explore.model.trace import Listener, Trace
from attn_explore.model.training.curves import as_done, record_curves
from attn_explore.model.training.record import Record
from attn_explore.model.weights import weights_file


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
    known = known_of(scenario, allowed)
    has_no_file = _has_parameters(before, known) or scenario.model.weights.file is None
    file = None if has_no_file else weights_file(scenario, weights_limit, allowed)
    return run_prepared(Prepared(known, file, record), on_step, before=before, second=second, moment=moment)


def run_prepared(
    prepared: Prepared,
    on_step: Listener | None = None,
    *,
    before: Trace | None = None,
    second: Trace | None = None,
    moment: int = -1,
    lazy: bool = False,
) -> Trace:
    """Run what was prepared; the rest is as in `run`. `lazy`: see `trace_of`."""
    known, scenario, record = prepared.known, prepared.scenario, prepared.record
    arrays: Mapping[str, Numbers]
    arrays = before.unedited if before is not None and _has_parameters(before, known) else prepared.numbers
    if record is not None:
        arrays = {**arrays, **as_rounded(scenario, _learned(scenario, record, moment))}
    made = _changes(prepared, arrays, before, second) if scenario.edits else {}
    trace = trace_of(known, arrays, on_step, changes=made, before=before, lazy=lazy)
    _check_reached(scenario, trace)
    if record is not None and scenario.experiment is not None:
        record_curves(trace, as_done(scenario.experiment, record), scenario.model.d_model, record)
    record_wanted(trace, scenario)
    return trace


def run_by_passes(prepared: Prepared) -> Iterator[Trace]:
    """Run a generation without edits and gradients pass by pass: see `passes_of`."""
    return passes_of(prepared.known, prepared.numbers)


def _has_parameters(before: Trace | None, known: Known) -> bool:
    """Whether a run before has parameters of the same shapes."""
    return before is not None and all(before.unedited[name].shape == sizes(axes) for name, axes in known.shapes.items())


def _learned(scenario: Scenario, record: Record, moment: int) -> dict[str, Array]:
    """The parameters at a moment of training, but those that the scenario sets by hand."""
    found = record.parameters(moment).items()
    by_hand = scenario.model.weights.set
    return {name: np.asarray(array, scenario.model.dtype) for name, array in found if name not in by_hand}


def _changes(prepared: Prepared, arrays: Mapping[str, Numbers], before: Trace | None, second: Trace | None) -> Changes:
    """What the scenario's edits change. Raises Problem when they don't fit the run."""
    scenario = prepared.scenario
    is_frozen = any(edit.freeze for edit in scenario.edits)
    frozen = trace_of(prepared.known, arrays, before=before) if is_frozen else None
    return changes(scenario, prepared.plan, frozen, second)


def _check_reached(scenario: Scenario, trace: Trace) -> None:
    """A decoder that generates may end before a word that is edited."""
    for place, edit in enumerate(scenario.edits):
        if edit.at not in trace.steps and edit.at not in trace.parameters:
            what = f"the generated text ended before {edit.at}"
            raise scenario.problem_at(("edits", place, "at"), what, "edit an earlier word")


def plan(scenario: Scenario) -> Trace:
    """Plan a scenario: see `plan_of`."""
    return plan_of(known_of(scenario))
