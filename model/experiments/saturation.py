"""Softmax saturates: the larger the logits, the nearer the row comes to one-hot, and its slopes to 0."""

from __future__ import annotations

from collections.abc import Mapping

from attn_explore.model.experiments.given import Given, each, logits_and_multipliers
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.values import Tensor

POINTS = 201
"""So many multipliers make a curve: 0, 0.5, 1, … where the largest is 100."""


def given(experiment: Experiment) -> Mapping[str, Given]:
    """The logits x and their multipliers a."""
    return logits_and_multipliers(experiment)


def record(t: Recorder, experiment: Experiment) -> None:
    """Softmax of a·x and its slopes y(1 − y), for the multipliers of the scenario, then for evenly spaced ones.

    An edit of a multiplier leaves the curve alone: it runs as far as the scenario says.
    """
    logits = t.parameter("logits")
    saturate(t, logits, t.parameter("multipliers"))
    curve, last = t.inside("curve"), max(experiment.multipliers, key=abs)
    axis = each("multiplier", "a", [place * (last / (POINTS - 1)) for place in range(POINTS)])
    saturate(curve, logits, curve.evenly("multipliers", axis, to=last))


def saturate(t: Recorder, logits: Tensor, multipliers: Tensor) -> None:
    """Softmax of every multiple of the logits, and how steep it is. Each step: (multiplier, logit)."""
    scaled = t.multiply("scaled_logits", multipliers, logits)
    y = t.softmax("probabilities", scaled, over="logit")
    t.multiply("slopes", y, t.complement("others", y))
