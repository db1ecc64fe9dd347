"""`attn-explore neurons`: as a person types it."""

from __future__ import annotations

import json
from functools import partial

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.schemas import schema_of
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

GPT2 = str(DATA / "golden" / "gpt2-tiny")


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "neurons")


def test_the_last_network_and_the_last_token_are_meant_unless_others_are_named(attn: Run) -> None:
    alone = attn(GPT2, "--ids", "9,8,7").out
    assert alone.startswith("The strongest neurons of decoder.layers.1.ffn at ")
    for network, token in (("decoder.layers.1.ffn", "2"), ("layers.1", "2"), ("layers.1.ffn.output", "2")):
        assert attn(GPT2, "--ids", "9,8,7", "--at", network, "--token", token).out == alone


def test_a_row_has_the_numbers_the_words_and_the_tokens_it_fires_on(attn: Run) -> None:
    lines = attn("sentiment").out.splitlines()
    assert "No words: this model has no head that reads the residual stream straight away." in lines
    head, first = lines[lines.index("") + 1 :][:2]
    assert head.split("  ")[0] == "neuron"
    assert first.split()[:5] == ["11", "4.4318", "6.9131", "good", "4.43"]
    translated = attn("translate", "--at", "decoder.layers.0").out.splitlines()
    assert any(line.startswith("neuron") and "favours" in line and "against" in line for line in translated)


def test_its_json_is_in_the_schema_and_leads_to_the_step(attn: Run) -> None:
    found = json.loads(attn(GPT2, "--ids", "9,8,7", "--json", "--top", "4").out)
    jsonschema.Draft202012Validator(schema_of("neurons")).validate(found)
    assert (found["at"], found["place"], len(found["neurons"])) == ("decoder.layers.1.ffn.hidden", 2, 4)
    assert [len(neuron["favours"]) for neuron in found["neurons"]] == [5] * 4
    lengths = [neuron["length"] for neuron in found["neurons"]]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("induction-head",), "there is no feed-forward network in this run"),
        (("encoder-layer", "--at", "layers.9"), "the first network is encoder.layers.0.ffn"),
        (("translate", "--at", "layers.0"), "several steps"),
        (("encoder-layer", "--token", "cat"), "there are I, love, my, dog"),
        ((GPT2,), "this model has nothing to read"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_message_that_says_what_would_be_right(
    arguments: tuple[str, ...], said: str, attn: Run
) -> None:
    found = attn(*arguments)
    assert (found.status, found.out) == (2, "")
    assert said in found.err
