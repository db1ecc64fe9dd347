"""The loss of a run: what the model should have said, and how far it is from that."""

from __future__ import annotations

import numpy as np

from attn_explore.model.labels import as_labels
from attn_explore.model.layers import cross_entropy
from attn_explore.model.problems import Problem
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import Wanted, target_of, wanted_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_CHOICES = 12
"""Words that are listed where the model cannot say one."""


def has_loss(scenario: Scenario) -> bool:
    """Whether the scenario says what its model should say."""
    return scenario.model.head != "none" and target_of(scenario.input) is not None


def wanted(scenario: Scenario) -> Wanted:
    """What the model should say. Raises Problem where the scenario has no target, or a head that says nothing."""
    if not has_loss(scenario):
        hint = "add `target`: what the decoder should say, or the labels"
        raise scenario.problem_at(("input",), "there is no loss without a head and a target", hint)
    if scenario.input.target_vectors is not None:
        raise scenario.problem_at(("input", "target_vectors"), "vectors are no words to be said", "give words")
    return wanted_of(scenario.model, scenario.input)


def record_loss(trace: Trace, scenario: Scenario) -> Value:
    """Append the loss to a run: `loss_per_token` and their mean `loss`, or `loss` alone where one label is chosen.

    Raises Problem where the scenario has no target, or the model does not know what it should say.
    """
    words = wanted(scenario)
    logits = trace.steps["logits"]
    known = as_labels(logits.axes[-1].labels or ())
    unknown = [word for word in words if word is not None and word not in known]
    if unknown:
        raise Problem(f"the model cannot say {unknown[0]}", hint=f"it chooses from {', '.join(known[:_CHOICES])}")
    ids = np.array([0 if word is None else known.first(word) for word in words], np.int64)
    asked = np.array([word is not None for word in words])
    t = Recorder(trace)
    if len(logits.axes) == 1:
        return cross_entropy(t, logits, trace.give("target", (), np.asarray(ids[0])))
    rows = logits.axes[:1]
    share = trace.give("target_share", rows, (asked / max(asked.sum(), 1)).astype(trace.dtype))
    return cross_entropy(t, logits, trace.give("target", rows, ids), share)
