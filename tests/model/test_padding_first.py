"""Padding before a text: it changes nothing, as padding behind one."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace

WORDS = ("I", "love", "my", "dog")
KINDS = ("encoder", "decoder", "attention")
POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "none")


def ran(tokens: tuple[str, ...], kind: str, position: str, more: str = "") -> Trace:
    """A run whose words have the same rows of the table, however they are padded."""
    words = ", ".join(tokens)
    return run(
        parse_scenario(
            f"model: {{kind: {kind}, d_model: 8, heads: 2, layers: 2, position: {position}}}\n"
            f"input: {{tokens: [{words}], vocabulary: [{', '.join(WORDS)}]}}\n{more}"
        )
    )


def last(trace: Trace) -> np.ndarray:
    return list(trace.steps.values())[-1].array


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("padded", [1, 3])
def test_the_last_layer_is_that_of_the_text_without_padding(kind: str, position: str, padded: int) -> None:
    plain = last(ran(WORDS, kind, position))
    before = last(ran(("<pad>",) * padded + WORDS, kind, position))
    behind = last(ran((*WORDS, *("<pad>",) * padded), kind, position))
    np.testing.assert_allclose(before[padded:], plain, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(behind[: len(WORDS)], plain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("position", ["sinusoidal", "learned"])
def test_padding_before_the_text_stands_nowhere_and_the_words_from_0_on(position: str) -> None:
    found = ran(("<pad>", "<pad>", *WORDS), "encoder", position)["encoder.position"].array
    plain = ran(WORDS, "encoder", position)["encoder.position"].array
    np.testing.assert_array_equal(found[:2], 0)
    np.testing.assert_array_equal(found[2:], plain)


def test_padding_that_nothing_hides_is_a_word_with_a_position() -> None:
    found = ran(("<pad>", *WORDS), "encoder", "sinusoidal", "mask: {pad: false}")
    np.testing.assert_array_equal(found["encoder.position"].array[0, 1::2], 1)  # cos 0


def test_a_text_of_padding_alone_is_counted_as_it_stands() -> None:
    found = ran(("<pad>", "<pad>"), "encoder", "sinusoidal")
    assert found["encoder.position"].array[1, 0] == pytest.approx(np.sin(1))


@pytest.mark.parametrize("position", POSITIONS)
def test_what_is_generated_is_the_same_with_padding_before_the_text(position: str) -> None:
    texts, known = [], ", ".join((*WORDS, "<pad>"))
    for tokens in (WORDS, ("<pad>", "<pad>", *WORDS)):
        trace = run(
            parse_scenario(
                f"model: {{kind: decoder, d_model: 8, heads: 2, position: {position}, head: vocabulary}}\n"
                f"input: {{tokens: [{', '.join(tokens)}], vocabulary: [{known}], max_new_tokens: 3}}"
            )
        )
        texts.append([word for word in trace.tokens["decoder"] or () if word != "<pad>"])
    assert texts[0] == texts[1]
