"""Neurons of feed-forward networks, against what hooks on transformers' models find."""

from __future__ import annotations

import json

import pytest

from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.looking.neurons import networks_of, neurons_at
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from tests.checkpoints import DATA, run_of

EXPECTED = json.loads((DATA / "neurons.json").read_text())


def of_golden(name: str, ids: list[int]) -> Trace:
    texts = {"ids": ids, "target_ids": ids} if name.startswith("marian") else {"ids": ids}
    return run_of(open_checkpoint(DATA / "golden" / name), texts, "float64")


@pytest.mark.parametrize("name", EXPECTED)
def test_the_strongest_neurons_and_their_words_are_those_of_transformers(name: str) -> None:
    trace = of_golden(name, EXPECTED[name]["ids"])
    for network in EXPECTED[name]["networks"]:
        expected = network["neurons"]
        found = neurons_at(trace, trace[network["path"]], network["token"], len(expected)).neurons
        for neuron, wanted in zip(found, expected, strict=True):
            assert neuron.number == wanted["number"]
            assert (neuron.activation, neuron.length) == pytest.approx(
                (wanted["activation"], wanted["length"]), rel=1e-5
            )
            for places in ("favours", "against", "fires"):
                assert list(getattr(neuron, places)) == wanted[places]


@pytest.mark.parametrize("head", ["none", "sequence"])
def test_without_a_head_that_reads_each_token_there_are_no_words(head: str) -> None:
    classes = ", classes: [yes, no]" if head == "sequence" else ""
    trace = run(
        parse_scenario(f"{{model: {{kind: encoder, d_model: 4, head: {head}{classes}}}, input: {{text: a b}}}}")
    )
    (hidden,) = networks_of(trace)
    found = neurons_at(trace, hidden, 1)
    assert found.words is None
    assert [neuron.favours for neuron in found.neurons] == [()] * len(found.neurons)
