"""Experiments: what a scenario runs instead of a model, each a few lines of mathematics in a file of its own.

An experiment is recorded like any run. What it starts from are parameters of the trace (`experiment.logits`), so that
they can be looked at and edited; everything else is a step under `experiment.`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.experiments import jacobian, saturation, vanishing, variance
from attn_explore.model.experiments.given import PREFIX, Given
from attn_explore.model.parameters import Shapes
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.trace import Trace


@dataclass(frozen=True)
class ExperimentKind:
    """What an experiment starts from, by name, the mathematics that it records, and the step that says most of it."""

    given: Callable[[Experiment], Mapping[str, Given]]
    record: Callable[[Recorder, Experiment], None]
    telling: str


KINDS: Mapping[str, ExperimentKind] = {
    "softmax_saturation": ExperimentKind(saturation.given, saturation.record, "probabilities"),
    "softmax_jacobian": ExperimentKind(jacobian.given, jacobian.record, "jacobian"),
    "dot_product_variance": ExperimentKind(variance.given, variance.record, "variance"),
    "gradient_vanishing": ExperimentKind(vanishing.given, vanishing.record, "query_medians"),
}
"""Every kind of experiment that runs without a model."""


def parameter_axes(experiment: Experiment) -> Shapes:
    """Name and axes of everything that an experiment starts from."""
    return {name: given.axes for name, given in _given(experiment).items()}


def parameters(experiment: Experiment) -> dict[str, Array]:
    """The numbers that an experiment starts from, by name."""
    return {name: given.numbers() for name, given in _given(experiment).items()}


def record(trace: Trace, experiment: Experiment) -> None:
    """Record every step of an experiment in a trace that has its parameters."""
    KINDS[experiment.kind].record(Recorder(trace, PREFIX), experiment)


def telling_step(experiment: Experiment) -> str:
    """The path of the step that says most of an experiment: what a glance at it should show."""
    return f"{PREFIX}.{KINDS[experiment.kind].telling}"


def _given(experiment: Experiment) -> dict[str, Given]:
    return {f"{PREFIX}.{name}": given for name, given in KINDS[experiment.kind].given(experiment).items()}
