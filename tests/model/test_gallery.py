"""The variants that hang in the gallery: read off the tables of choices."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from attn_explore.model import variants
from attn_explore.model.attended_again import attended_again
from attn_explore.model.gallery import Variant, variants_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.document import Document

WEIGHTS = "encoder.layers.0.self_attention.weights"
SCENARIO = """
model: {kind: attention, d_model: 8}
input: {text: I love my dog}
edits: [{at: encoder.input, index: [0], zero: true}]
lesson: [{at: encoder.input, say: "Look."}]
compare: {label: dots, model: {score: dot}}
"""


@pytest.fixture
def scenario() -> Scenario:
    return parse_scenario(SCENARIO)


def of_family(scenario: Scenario, family: str) -> list[Variant]:
    return [each for each in variants_of(scenario) if each.family == family]


def test_a_score_and_a_weighting_that_are_added_to_their_tables_hang_there(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(variants.SCORES, "distance", variants.SCORES["dot"])
    monkeypatch.setitem(variants.WEIGHTINGS, "entmax", variants.softmax)
    monkeypatch.setitem(variants.POSITIONS, "clock", variants.POSITIONS["none"])
    assert of_family(scenario, "scores")[-1].changes == {"model": {"score": "distance"}}
    assert of_family(scenario, "weightings")[-1].changes == {"model": {"weighting": "entmax"}}
    assert of_family(scenario, "positions")[-1].changes == {"model": {"position": "clock"}}


def test_no_two_variants_have_the_same_name(scenario: Scenario) -> None:
    names = [each.name for each in variants_of(scenario)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("d_model", "names"),
    [
        (8, ["1_head", "2_heads", "4_heads", "grouped", "multi_query"]),
        (6, ["1_head", "2_heads", "3_heads", "multi_query"]),
        (5, ["1_head"]),
    ],
)
def test_there_are_as_many_heads_as_divide_the_width(d_model: int, names: list[str]) -> None:
    scenario = parse_scenario(f"model: {{d_model: {d_model}}}\ninput: {{text: a b}}")
    assert [each.name for each in of_family(scenario, "heads")] == names


def test_a_variant_differs_in_the_keys_that_it_names_and_has_no_lesson_no_edits_and_no_second_run(
    scenario: Scenario,
) -> None:
    varied = scenario.varied({"model": {"score": "cosine"}})
    changed = {each.name for each in fields(Document) if getattr(varied, each.name) != getattr(scenario, each.name)}
    assert changed == {"model", "lesson", "edits", "compare"}
    assert (varied.lesson, varied.edits, varied.compare, varied.model.score) == ((), (), None, "cosine")


def test_a_variant_reads_the_words_as_they_are_now(scenario: Scenario) -> None:
    assert scenario.with_word(3, "cat").varied({}).tokens() == ("I", "love", "my", "cat")


def test_variants_have_the_same_queries_and_keys_where_their_choice_leaves_them(scenario: Scenario) -> None:
    traces = [run(scenario.varied(each.changes)) for each in of_family(scenario, "weightings")]
    queries = [trace[WEIGHTS.replace("weights", "q")].array for trace in traces]
    assert all(np.array_equal(each, queries[0]) for each in queries)
    assert len({trace[WEIGHTS].array.tobytes() for trace in traces}) == len(traces)


def test_attention_that_is_done_again_over_the_same_queries_and_keys_is_that_of_the_whole_variant() -> None:
    scenario = parse_scenario(
        "model: {kind: attention, d_model: 8, heads: 4, kv_heads: 2, position: none, temperature: 2}\n"
        "input: {text: I love my dog}\nmask: {causal: true}"
    )
    first, refused = run(scenario), []
    for variant in variants_of(scenario):
        try:
            again = attended_again(first, WEIGHTS.rpartition(".")[0], scenario.model, variant)
        except Problem:
            refused.append(variant.name)
            continue
        assert np.array_equal(again[WEIGHTS].array, run(scenario.varied(variant.changes))[WEIGHTS].array), variant.name
    heads = ["1_head", "2_heads", "4_heads", "multi_query"]
    assert refused == ["additive", "general", "padding", "sinusoidal", "learned", *heads]


def test_queries_and_keys_are_turned_back_where_their_model_turned_them() -> None:
    scenario = parse_scenario("model: {kind: attention, d_model: 8, position: rotary}\ninput: {text: I love my dog}")
    first = run(scenario)
    for variant in of_family(scenario, "positions"):
        if variant.name in ("no_position", "rotary", "alibi"):
            again = attended_again(first, WEIGHTS.rpartition(".")[0], scenario.model, variant)
            assert np.array_equal(again[WEIGHTS].array, run(scenario.varied(variant.changes))[WEIGHTS].array)
