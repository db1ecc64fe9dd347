"""What heads do: their scores against transformers' weights and TransformerLens's rules, and as properties."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.known import known_of
from attn_explore.model.looking.head_scores import SCORES, HeadScores, head_scores
from attn_explore.model.looking.said_twice import Drawing, drawn, known_without_text, said_twice
from attn_explore.model.opened import opened
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario
from attn_explore.model.trace import Trace
from tests.checkpoints import DATA, FAMILIES, run_of

EXPECTED = json.loads((DATA / "head_scores.json").read_text())
PATH = "decoder.layers.0.self_attention.weights"
SCENARIOS = Path(__file__).parents[3] / "scenarios"


def of_family(name: str) -> list[HeadScores]:
    """The scores of a small checkpoint over the tokens that the expected ones are of."""
    model, ids = open_checkpoint(FAMILIES / name), EXPECTED["ids"]
    texts = {"ids": ids, "target_ids": ids} if model.architecture.kind == "encoder-decoder" else {"ids": ids}
    return list(head_scores(run_of(model, texts, "float64")))


@pytest.mark.parametrize("name", EXPECTED["heads"])
def test_scores_are_those_of_transformers_weights_and_transformerlens_rules(name: str) -> None:
    found = {(each.path, each.head): each for each in of_family(name)}
    assert len(found) == len(EXPECTED["heads"][name])
    for expected in EXPECTED["heads"][name]:
        scores = found[expected["path"], expected["head"]]
        for score in SCORES:
            assert getattr(scores, score) == pytest.approx(expected[score], abs=1e-9), (expected["path"], score)


def one_head(rows: np.ndarray, ids: list[int]) -> HeadScores:
    """The scores of one head with these weights over these tokens."""
    trace = Trace(np.dtype(np.float64))
    tokens = Axis("token", len(ids))
    trace.add_parameter("decoder.embedding_table", (Axis("vocabulary", 9), Axis("d_model", 1)), np.zeros((9, 1)))
    trace.give("tokens", (tokens,), np.array(ids))
    axes = (Axis("head", 1), tokens.renamed("query"), tokens.renamed("key"))
    trace.steps[PATH] = trace.give(PATH, axes, rows[None])
    return next(head_scores(trace))


TWICE = [4, 1, 7, 4, 1, 7]
LOOKS_AT = {
    "induction": [0, 0, 0, 1, 2, 3],
    "previous": [0, 0, 1, 2, 3, 4],
    "same": [0, 0, 0, 0, 1, 2],
    "first": [0, 0, 0, 0, 0, 0],
}


@pytest.mark.parametrize("score", LOOKS_AT)
def test_a_head_that_does_nothing_else_has_all_of_its_weight_by_its_rule(score: str) -> None:
    scores = one_head(np.eye(len(TWICE))[LOOKS_AT[score]], TWICE)
    assert getattr(scores, score) == 1
    assert scores.entropy == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(0, 2**32 - 1))
def test_scores_are_shares_and_the_entropy_is_at_most_that_of_equal_weights(ids: list[int], seed: int) -> None:
    rows = np.tril(np.random.default_rng(seed).random((len(ids), len(ids))) + 1e-3)
    scores = one_head(rows / rows.sum(axis=1, keepdims=True), ids)
    for score in SCORES[:-1]:
        share = getattr(scores, score)
        assert share is None or -1e-12 <= share <= 1 + 1e-12
    assert scores.entropy is not None
    assert scores.entropy <= math.log(len(ids)) + 1e-12
    assert (scores.same is None) == (len(set(ids)) == len(ids))


def test_weights_that_are_no_distribution_have_no_entropy() -> None:
    assert one_head(np.full((3, 3), 0.9), [1, 2, 3]).entropy is None


def test_padding_neither_looks_nor_is_the_first_token() -> None:
    scenario = parse_scenario("""
        model: {kind: encoder, d_model: 8, heads: 2, layers: 1}
        input: {tokens: [<pad>, I, love, my, dog]}
    """)
    trace = run(scenario)
    rows = trace["encoder.layers.0.self_attention.weights"].array[:, 1:]
    assert [each.first for each in head_scores(trace)] == pytest.approx(rows[:, :, 1].mean(axis=1).tolist())


# --- tokens that are said twice


def test_the_trained_model_has_a_head_before_and_an_induction_head() -> None:
    before, induction = head_scores(made_up(read_scenario(SCENARIOS / "induction-head.yaml")))
    scores = [(each.previous or 0.0, each.induction or 0.0) for each in (before, induction)]
    assert [max(each) > 0.8 for each in scores] == [True, True]
    assert scores[0][1] < 0.1 > scores[1][0]


def made_up(scenario: Scenario) -> Trace:
    trace = run(scenario)
    return said_twice(known_of(scenario), trace.unedited, Drawing(), trace)


def test_the_same_seed_draws_the_same_tokens_and_another_one_others() -> None:
    assert drawn(99, {0}, Drawing(3, 20)) == drawn(99, {0}, Drawing(3, 20))
    assert drawn(99, {0}, Drawing(3, 20)) != drawn(99, {0}, Drawing(4, 20))


@given(st.integers(4, 60), st.sets(st.integers(0, 3)), st.integers(0, 99))
def test_drawn_tokens_are_different_and_none_of_those_kept_apart(count: int, apart: set[int], seed: int) -> None:
    found = drawn(count, apart, Drawing(seed, count - len(apart)))
    assert sorted(found) == sorted(set(range(count)) - apart)


@pytest.mark.parametrize("name", ["gpt2-tiny", "bert-tiny", "marian-tiny"])
def test_what_begins_and_ends_a_text_stands_around_the_made_up_tokens(name: str) -> None:
    model = opened(DATA / "golden" / name)
    known = known_without_text(name, model)
    trace = said_twice(known, model.parameters(known.shapes), Drawing(length=5))
    ids = {stack: trace.given[name].array.tolist() for stack, name in names_of(trace).items()}
    around = {"gpt2-tiny": ([1], []), "bert-tiny": ([2], [3]), "marian-tiny": ([], [])}[name]
    for stack, found in ids.items():
        before, behind = ([0], []) if len(ids) > 1 and stack == "decoder" else around
        words = found[len(before) : len(found) - len(behind)]
        assert found == [*before, *words, *behind]
        assert words[:5] == words[5:]


def names_of(trace: Trace) -> dict[str, str]:
    """What the tokens of each stack are called."""
    named = {"encoder": "tokens", "decoder": "decoder.tokens" if len(trace.tokens) > 1 else "tokens"}
    return {stack: named[stack] for stack in trace.tokens}


def test_no_more_tokens_are_drawn_than_the_model_has_positions() -> None:
    model = opened(DATA / "golden" / "gpt2-tiny")
    known = known_without_text("gpt2-tiny", model)
    trace = said_twice(known, model.parameters(known.shapes), Drawing(length=300))
    assert (trace.given["tokens"].size, model.architecture.positions) == (63, 64)


def test_a_model_with_one_word_cannot_have_made_up_ones() -> None:
    with pytest.raises(Problem, match="cannot read 2 made-up words twice"):
        made_up(parse_scenario("{model: {kind: decoder, d_model: 4}, input: {text: a a a}}"))


def test_a_model_of_vectors_reads_no_words() -> None:
    with pytest.raises(Problem, match="reads no words"):
        made_up(parse_scenario("{model: {kind: attention, d_model: 2}, input: {vectors: [[1, 2], [3, 4]]}}"))
