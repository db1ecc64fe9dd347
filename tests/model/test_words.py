"""Titles, symbols and explanations: every step of every model has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.explorer.session.course import bundled
from attn_explore.model.config import ModelConfig
from attn_explore.model.recorder import Recorder
from attn_explore.model.run import plan
from attn_explore.model.scenario import read_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.words.language import StepWords, entries, language
from attn_explore.model.words.steps import headings, letter_of, words_of
from tests.building import configs, encoded, ran, random_parameters
from tests.wording import told, unwritten

STEPS = language().steps


def any_trace(config: ModelConfig, masked: bool) -> Trace:
    return encoded(config, random_parameters(config, 3, 0), [0, 1, 2], (False,) * 3 if masked else None)


@given(config=configs(), masked=st.booleans())
def test_every_step_and_parameter_of_any_model_has_words(config: ModelConfig, masked: bool) -> None:
    missing = unwritten(any_trace(config, masked))
    assert not missing, told(missing)


@given(kind=st.sampled_from(["decoder", "encoder-decoder"]), data=st.data())
def test_every_step_and_parameter_of_any_decoder_has_words(kind: str, data: st.DataObject) -> None:
    head = data.draw(st.sampled_from(["tokens", "sequence", "vocabulary"]))
    config = data.draw(configs(kind=kind, head=head, classes=("a", "b")))
    trace = ran(config, random_parameters(config, 3, 0), None if kind == "decoder" else [0, 1], [0, 1, 2])
    missing = unwritten(trace)
    assert not missing, told(missing)


@pytest.mark.parametrize("path", bundled().values(), ids=bundled())
def test_every_step_and_parameter_of_every_bundled_scenario_has_words(path: Path) -> None:
    missing = unwritten(plan(read_scenario(path)))
    assert not missing, told(missing)


def test_missing_words_are_told_by_the_heading_that_they_belong_under() -> None:
    t = Recorder(Trace(np.dtype(float)), "encoder.layers.0.self_attention")
    nowhere = t.trace.give("w_nowhere", (), np.array(2.0))
    t.square("nowhere", nowhere)
    assert unwritten(t.trace) == [
        "`## nowhere` for encoder.layers.0.self_attention.nowhere, made by square",
        "`- w_nowhere:` under `## letters`",
    ]


def test_words_are_a_title_and_one_paragraph_of_explanation() -> None:
    assert [name for name, words in STEPS.items() if not words.title or words.title.strip() != words.title] == []
    assert [name for name, words in STEPS.items() if not _is_paragraph(words.explanation)] == []


def _is_paragraph(text: str) -> bool:
    return text == " ".join(text.split()) and text.endswith(".")


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


def test_the_mean_inside_any_norm_has_the_same_words() -> None:
    paths = ("encoder.final_norm.mean", "encoder.layers.0.ffn.norm.mean")
    assert [words_of(path, "mean") for path in paths] == [STEPS["norm.mean"]] * 2


def test_a_step_without_words_is_called_by_its_name() -> None:
    words = words_of("encoder.layers.0.self_attention.nowhere", "square")
    assert words == StepWords("Nowhere", "", "Nobody has written yet why this step exists.")
    assert letter_of("w_nowhere") == "w_nowhere"


def test_words_are_looked_for_from_the_most_particular_heading_on() -> None:
    assert headings("encoder.layers.0.ffn.hidden", "gelu") == ("hidden/gelu", "ffn.hidden", "hidden")
    assert headings("logits", "contract") == ("logits/contract", ".logits", "logits")


def test_a_heading_that_stands_twice_in_the_file_is_an_error() -> None:
    with pytest.raises(ValueError, match="`## q` stands twice under `# steps`"):
        entries("# steps\n## q\n- title: Queries\n## q\n- title: Questions\n")
