"""Titles, symbols and explanations: every step of every model has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.config import ModelConfig
from model.finer import finer_steps
from model.trace import Trace
from model.words import PARAMETERS, STEPS, Words, words_of
from tests.building import configs, encoded, random_parameters


def any_trace(config: ModelConfig, masked: bool) -> Trace:
    return encoded(config, random_parameters(config, 3, 0), [0, 1, 2], (False,) * 3 if masked else None)


@given(config=configs(), masked=st.booleans())
def test_every_step_of_any_model_has_words(config: ModelConfig, masked: bool) -> None:
    for step in any_trace(config, masked).steps.values():
        for value in (step, *finer_steps(step)):
            assert words_of(value.path) in STEPS.values()


@given(config=configs(), masked=st.booleans())
def test_every_parameter_of_any_model_has_a_symbol(config: ModelConfig, masked: bool) -> None:
    trace = any_trace(config, masked)
    assert {value.name for value in (*trace.parameters.values(), *trace.given.values())} <= PARAMETERS.keys()


@pytest.mark.parametrize("words", STEPS.values(), ids=STEPS)
def test_words_are_a_title_and_one_paragraph_of_explanation(words: Words) -> None:
    assert words.title.strip() == words.title != ""
    assert words.explanation.strip() == words.explanation
    assert words.explanation.endswith(".")
    assert "\n" not in words.explanation
    assert "  " not in words.explanation


def test_titles_tell_steps_apart() -> None:
    titles = [words.title for words in STEPS.values()]
    assert len(set(titles)) == len(titles)


def test_the_block_makes_a_difference_where_it_matters() -> None:
    assert words_of("encoder.layers.0.ffn.output").title == "Feed-forward output"
    assert words_of("encoder.layers.0.self_attention.output").title == "Attention output"


def test_the_mean_inside_any_norm_has_the_same_words() -> None:
    assert words_of("encoder.final_norm.mean") == words_of("encoder.layers.0.ffn.norm.mean") == STEPS["norm.mean"]


def test_a_step_without_words_is_an_error() -> None:
    with pytest.raises(KeyError):
        words_of("encoder.layers.0.self_attention.nothing")
