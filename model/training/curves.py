"""The curves of a training, as steps of the run of its model."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.model.axes import Axis
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.scenario.experiment_keys import moments_of
from attn_explore.model.trace import Trace
from attn_explore.model.training.adam import rate
from attn_explore.model.training.record import SCORES, Record

WHEN = "in training"


def record_curves(trace: Trace, experiment: Experiment, d_model: int, record: Record | None) -> None:
    """Append how a training went: losses and learning rates (step), and scores (moment) where something was held out.

    `experiment` has as many steps and moments as were done; `record` is None where they are only planned.
    """
    t = Recorder(trace, "experiment")
    step = Axis("step", experiment.steps, tuple(map(str, range(1, experiment.steps + 1))))
    moments = moments_of(experiment.steps, experiment.snapshots)
    moment = Axis("moment", len(moments), tuple(map(str, moments)))
    t.measured("learning_rate", (step,), None if record is None else _rates(experiment, d_model), WHEN)
    t.measured("loss", (step,), None if record is None else record.losses.tolist(), WHEN)
    for place, name in enumerate(SCORES):
        if experiment.held_out or "held_out" not in name:
            t.measured(name, (moment,), None if record is None else record.scores[:, place].tolist(), WHEN)


def _rates(experiment: Experiment, d_model: int) -> list[float]:
    numbers = range(1, experiment.steps + 1)
    return [rate(number, d_model, experiment.warmup, experiment.learning_rate) for number in numbers]


def as_done(experiment: Experiment, record: Record) -> Experiment:
    """The experiment with as many steps and moments as a record of it has."""
    return replace(experiment, steps=record.steps[-1], snapshots=len(record.steps) - 1)


def curves_of(scenario: Scenario) -> Experiment | None:
    """The training of the weights that a run has, whose curves are steps of it; None where nothing is known of one."""
    return scenario.experiment if scenario.is_trained and scenario.model.weights.file is not None else None
