"""What each stack reads, and the words that it knows."""

from __future__ import annotations

import pytest

from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario, parse_scenario
from attn_explore.model.scenario.tokens import Reading, generates, readings, vocabularies


def scenario(model: str, given: str) -> Scenario:
    return parse_scenario(f"model: {{{model}}}\ninput: {{{given}}}")


def read(model: str, given: str) -> dict[str, Reading]:
    parsed = scenario(model, given)
    return readings(parsed.model, parsed.input)


WORDS = "head: vocabulary, classes: [x, y]"


@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        ("kind: encoder", "text: a b", {"encoder": Reading(("a", "b"), 2, 2)}),
        ("kind: encoder", "text: a b, pad_to: 4", {"encoder": Reading(("a", "b"), 4, 4)}),
        ("kind: attention", "text: ab, tokenizer: character", {"encoder": Reading(("a", "b"), 2, 2)}),
        ("kind: decoder", "text: a b", {"decoder": Reading(("a", "b"), 2, 2)}),
        ("kind: decoder", "text: a b, target: c", {"decoder": Reading(("a", "b", "c"), 3, 3)}),
        (f"kind: decoder, {WORDS}", "text: a, max_new_tokens: 3", {"decoder": Reading(("a",), 1, 3)}),
        (
            "kind: encoder-decoder",
            "text: a b, pad_to: 3, target: c d",
            {"encoder": Reading(("a", "b"), 3, 3), "decoder": Reading(("<s>", "c", "d"), 3, 3)},
        ),
        (
            f"kind: encoder-decoder, {WORDS}",
            "text: a, max_new_tokens: 4",
            {"encoder": Reading(("a",), 1, 1), "decoder": Reading(("<s>",), 1, 4)},
        ),
        (
            "kind: encoder-decoder",
            "text: a, target_tokens: [<s>, c]",
            {"encoder": Reading(("a",), 1, 1), "decoder": Reading(("<s>", "c"), 2, 2)},
        ),
        (
            "kind: encoder-decoder, d_model: 2, d_k: 2, heads: 1",
            "text: a, target_vectors: [[1, 2], [3, 4]]",
            {"encoder": Reading(("a",), 1, 1), "decoder": Reading(("y0", "y1"), 2, 2)},
        ),
    ],
)
def test_each_stack_reads_its_tokens(model: str, given: str, expected: dict[str, Reading]) -> None:
    assert read(model, given) == expected


@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        ("kind: encoder", "text: b a b, pad_to: 4", {"encoder": ("b", "a", "<pad>")}),
        (f"kind: encoder, {WORDS}", "text: a x", {"encoder": ("x", "y", "a")}),
        (f"kind: decoder, {WORDS}", "text: a x", {"decoder": ("x", "y", "a")}),
        ("kind: decoder", "text: a, target: b a", {"decoder": ("a", "b")}),
        (
            f"kind: encoder-decoder, {WORDS}",
            "text: a b",
            {"encoder": ("a", "b"), "decoder": ("<s>", "</s>", "x", "y")},
        ),
        ("kind: encoder-decoder", "text: a, target: c", {"encoder": ("a",), "decoder": ("<s>", "</s>", "c")}),
    ],
)
def test_each_stack_knows_what_it_chooses_from_and_what_it_reads(
    model: str, given: str, expected: dict[str, tuple[str, ...]]
) -> None:
    parsed = scenario(model, given)
    assert vocabularies(parsed.model, parsed.input, readings(parsed.model, parsed.input)) == expected


@pytest.mark.parametrize(
    ("model", "given", "expected"),
    [
        (f"kind: decoder, {WORDS}", "text: a", True),
        (f"kind: encoder-decoder, {WORDS}", "text: a", True),
        (f"kind: encoder-decoder, {WORDS}", "text: a, target: x", False),
        ("kind: decoder", "text: a", False),
        (f"kind: encoder, {WORDS}", "text: a", False),
    ],
)
def test_only_a_decoder_without_a_target_and_with_words_to_choose_from_generates(
    model: str, given: str, expected: bool
) -> None:
    parsed = scenario(model, given)
    assert generates(parsed.model, parsed.input) is expected


@pytest.mark.parametrize(
    ("model", "given", "what", "at"),
    [
        ("kind: encoder-decoder", "text: a", "the decoder generates words, and head is none", "{text: a}"),
        (f"kind: decoder, {WORDS}", "text: a, pad_to: 3", "cannot begin with `pad_to`", "3"),
        (f"kind: decoder, {WORDS}", "vectors: [[1, 2, 3, 4, 5, 6]]", "cannot begin with `vectors`", "[[1"),
        ("kind: decoder", "text: a, target_vectors: [[1]]", "reads the target behind the input", "[[1]]"),
        ("kind: encoder-decoder", "text: a, target_tokens: []", "no tokens in `input.target_tokens`", "[]"),
        ("kind: encoder-decoder", "text: a, target_tokens: [b, '']", "an empty token", "''"),
        ("kind: encoder-decoder", "text: a, target: b, target_tokens: [b]", "the target is given as", "[b]"),
        ("kind: decoder", "text: a b, target: c, pad_to: 2", "there are 3 tokens already", "2"),
        ("head: tokens", "text: a", "classes", "tokens"),
        ("head: sequence, classes: [a, a]", "text: a", "stands twice", "a"),
        ("norm: none, final_norm: true", "text: a", "norm", "true"),
        ("position: rotary, d_k: 3", "text: a", "d_k", "3"),
    ],
)
def test_what_cannot_be_read_or_generated_is_refused_where_it_stands(
    model: str, given: str, what: str, at: str
) -> None:
    lines = f"model: {{{model}}}\ninput: {{{given}}}".splitlines()
    with pytest.raises(Problem) as refused:
        scenario(model, given)
    problem = refused.value
    assert what in problem.what
    assert problem.line is not None
    assert problem.column is not None
    assert lines[problem.line - 1][problem.column - 1 :].startswith(at)
