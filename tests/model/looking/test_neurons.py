"""Neurons of feed-forward networks, against what hooks on transformers' models find."""

from __future__ import annotations

import json

import pytest

from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.looking.neurons import networks_of, neurons_at
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from tests.checkpoints import DATA, FAMILIES, run_of, texts_of

EXPECTED = json.loads((DATA / "neurons.json").read_text())


@pytest.mark.parametrize("name", EXPECTED["models"])
def test_the_strongest_neurons_and_their_words_are_those_of_transformers(name: str) -> None:
    trace = run_of(open_checkpoint(FAMILIES / name), texts_of(FAMILIES / name), "float64")
    for network in EXPECTED["models"][name]:
        expected = network["neurons"]
        found = neurons_at(trace, trace[network["path"]], EXPECTED["token"], len(expected)).neurons
        for neuron, wanted in zip(found, expected, strict=True):
            assert neuron.number == wanted["number"]
            numbers = (wanted["activation"], wanted["length"])
            assert (neuron.activation, neuron.length) == pytest.approx(numbers, rel=1e-9, abs=1e-9)
            for places in ("favours", "against", "fires"):
                assert list(getattr(neuron, places))[: len(wanted[places])] == wanted[places], places
            assert bool(neuron.favours) == bool(wanted["favours"])


def test_a_neuron_fires_on_words_and_not_on_padding() -> None:
    trace = run(parse_scenario("{model: {kind: encoder, d_model: 4}, input: {text: a b, pad_to: 5}}"))
    (hidden,) = networks_of(trace)
    places = {place for neuron in neurons_at(trace, hidden, 1).neurons for place in neuron.fires}
    assert hidden.array[4].any()
    assert places == {0, 1}


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
