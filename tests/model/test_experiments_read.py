"""Experiments in scenario files: their keys, and what cannot be run."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.scenario import scenario_from_dict
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.scenario.experiment_keys import DEFAULTS
from tests.parsing import parse, refusal, second

ALONE = [kind for kind in DEFAULTS if kind != "training"]


@pytest.mark.parametrize("kind", ALONE)
def test_an_experiment_needs_no_more_than_its_kind(kind):
    scenario = parse(f"experiment: {{kind: {kind}}}")
    assert scenario.experiment == Experiment(kind=kind, **DEFAULTS[kind])
    assert scenario.tokens() == ()


@pytest.mark.parametrize(
    ("written", "at", "what"),
    [
        (
            "{kind: softmax_saturation}\nmodel: {heads: 2}",
            "model",
            "experiment softmax_saturation runs without `model`",
        ),
        ("{kind: softmax_jacobian}\ninput: {text: a}", "input", "experiment softmax_jacobian runs without `input`"),
        ("{kind: gradient_vanishing}\nmask: {pad: true}", "mask", "experiment gradient_vanishing runs without `mask`"),
        ("{kind: softmax_jacobian, pairs: 3}", "pairs", "experiment softmax_jacobian has no `pairs`"),
        ("{kind: dot_product_variance, logits: [1]}", "logits", "experiment dot_product_variance has no `logits`"),
        ("{kind: softmax_jacobian, logits: []}", "[]", "there is no number in `experiment.logits`"),
        ("{kind: gradient_vanishing, widths: []}", "[]", "there is no number in `experiment.widths`"),
        ("{kind: gradient_vanishing, widths: [4, 8, 4]}", "4]", "dₖ = 4 stands twice"),
        ("{kind: gradient_vanishing, widths: [1, 65537]}", "65537", "dₖ = 65537 is too large"),
        ("{kind: gradient_vanishing, tokens: 100000}", "100000", "`experiment.tokens` 100000 is too large"),
        ("{kind: dot_product_variance, pairs: 10, row: 16}", "10,", "10 pairs do not make a row of 16 scores"),
        ("{kind: dot_product_variance, pairs: 1000000000000}", "1000", "`experiment.pairs` 1000000000000 is too large"),
        ("{kind: dot_product_variance, pairs: 10000000}", "1000", "are 122860000000 numbers to draw"),
        ("{kind: softmax_saturation, multipliers: [.inf]}", ".inf", "`experiment.multipliers[0]`"),
    ],
)
def test_what_an_experiment_cannot_run_is_refused_at_its_place(written, at, what):
    *before, last = f"experiment: {written}".splitlines()
    message = refusal("\n".join([*before, last]))
    assert message.startswith(f"error: s.yaml:{len(before) + 1}:{last.index(at) + 1}: ")
    assert what in message


def test_more_widths_than_anybody_looks_at_are_refused():
    assert "there are 65 widths" in refusal(f"experiment: {{kind: gradient_vanishing, widths: {list(range(1, 66))}}}")


def test_a_second_run_may_have_other_logits():
    text = "experiment: {kind: softmax_jacobian}\ncompare: {experiment: {logits: [3, 1]}}"
    first, other = parse(text).experiment, second(text).experiment
    assert first is not None
    assert other is not None
    assert other.logits == (3, 1)
    assert other.multipliers == first.multipliers


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4))
def test_an_experiment_survives_being_written_into_a_trace(logits, multipliers):
    scenario = parse(f"experiment: {{kind: softmax_saturation, logits: {logits}, multipliers: {multipliers}}}")
    echoed = json.loads(json.dumps(scenario.as_dict()))
    assert not {"model", "input", "mask"} & echoed.keys()
    assert scenario_from_dict(echoed) == scenario
    assert parse(scenario.as_yaml()) == scenario
