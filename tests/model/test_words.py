"""Titles, symbols and explanations: every step of every model has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.config import ModelConfig
from attn_explore.model.finer import finer_steps
from attn_explore.model.trace import Trace
from attn_explore.model.words.steps import PARAMETERS, STEPS, Words, words_of
from tests.building import configs, encoded, ran, random_parameters


def any_trace(config: ModelConfig, masked: bool) -> Trace:
    return encoded(config, random_parameters(config, 3, 0), [0, 1, 2], (False,) * 3 if masked else None)


@given(config=configs(), masked=st.booleans())
def test_every_step_of_any_model_has_words(config: ModelConfig, masked: bool) -> None:
    for step in any_trace(config, masked).steps.values():
        for value in (step, *finer_steps(step)):
            assert words_of(value.path, value.made_by.name) in STEPS.values()


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
    assert words_of("encoder.layers.0.ffn.output", "contract").title == "Feed-forward output"
    assert words_of("encoder.layers.0.self_attention.output", "contract").title == "Attention output"


def test_the_variant_makes_a_difference_where_it_matters() -> None:
    path = "encoder.layers.0.self_attention.weights"
    titles = {words_of(path, operation).title for operation in ("softmax", "relu", "sigmoid", "sparsemax", "hardmax")}
    assert len(titles) == 5


@given(kind=st.sampled_from(["decoder", "encoder-decoder"]), data=st.data())
def test_every_step_of_any_decoder_has_words(kind: str, data: st.DataObject) -> None:
    head = data.draw(st.sampled_from(["tokens", "sequence", "vocabulary"]))
    config = data.draw(configs(kind=kind, head=head, classes=("a", "b")))
    trace = ran(config, random_parameters(config, 3, 0), None if kind == "decoder" else [0, 1], [0, 1, 2])
    for value in trace.steps.values():
        assert words_of(value.path, value.made_by.name) in STEPS.values()
    assert {value.name for value in (*trace.parameters.values(), *trace.given.values())} <= PARAMETERS.keys()


def test_the_mean_inside_any_norm_has_the_same_words() -> None:
    paths = ("encoder.final_norm.mean", "encoder.layers.0.ffn.norm.mean")
    assert [words_of(path, "mean") for path in paths] == [STEPS["norm.mean"]] * 2


def test_a_step_without_words_is_an_error() -> None:
    with pytest.raises(KeyError):
        words_of("encoder.layers.0.self_attention.nothing", "add")
