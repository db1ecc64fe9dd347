"""A checkpoint as a scenario: what it reads, what it fixes, and what is refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attn_explore.model.opened import Opened, opened, scenario_of
from attn_explore.model.prepared import prepare
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario, scenario_from_dict
from tests.tokenizer_files import folder_with, word_piece

FAMILIES = Path(__file__).parents[1] / "data" / "families"
GPT2, BERT, MARIAN = (FAMILIES / name for name in ("gpt2", "bert", "marian"))


def ids_of(folder: Path) -> list[int]:
    """The ids that the reference was computed from."""
    found: list[int] = json.loads((folder / "input.json").read_text())["ids"]
    return found


@pytest.fixture
def gpt2(tmp_path: Path) -> Path:
    """A folder with a scenario's checkpoint in it."""
    shutil.copytree(GPT2, tmp_path / "gpt2")
    return tmp_path


def test_a_scenario_names_a_checkpoint_in_its_folder_and_its_model_is_that(gpt2: Path) -> None:
    model = "model: {dtype: float64, weights: {checkpoint: gpt2}}"
    text = f"{model}\ninput: {{ids: {ids_of(GPT2)}, max_new_tokens: 1}}"
    scenario = parse_scenario(text, "s.yaml", gpt2)
    prepared = prepare(scenario)
    assert prepared.scenario.model.kind == "decoder"
    assert prepared.scenario.tokens() == tuple(map(str, ids_of(GPT2)))
    trace = run(scenario)
    named = scenario_of(str(GPT2), opened(GPT2), {"ids": ids_of(GPT2)})
    np.testing.assert_allclose(trace["logits"].array, run(named)["logits"].array, rtol=1e-4, atol=1e-5)


def test_float32_unless_the_scenario_says_float64() -> None:
    assert run(scenario_of("gpt2", opened(GPT2), {"ids": [1, 2]})).dtype == np.float32


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ("heads: 7", "heads is 7 here and "),
        ("activation: relu", "activation is relu here and gelu_tanh in the checkpoint"),
        ("kind: encoder", "kind is encoder here and decoder in the checkpoint"),
    ],
)
def test_what_the_checkpoint_fixes_is_not_contradicted(gpt2: Path, said: str, what: str) -> None:
    text = f"model:\n  weights: {{checkpoint: gpt2}}\n  {said}\ninput: {{ids: [1]}}"
    with pytest.raises(Problem) as refused:
        run(parse_scenario(text, "s.yaml", gpt2))
    assert what in refused.value.what
    assert refused.value.line == 3


def test_what_says_the_same_is_no_contradiction(gpt2: Path) -> None:
    text = "model: {weights: {checkpoint: gpt2}, kind: decoder, norm_order: pre}\ninput: {ids: [1]}"
    assert run(parse_scenario(text, "s.yaml", gpt2)).steps


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"ids": [10**6]}, "there is no token 1000000"),
        ({"ids": []}, "there are no tokens"),
        ({"ids": [1] * 25}, "25 tokens, and the model has 24 positions"),
        ({"ids": [1] * 23, "max_new_tokens": 5}, "27 tokens with those that are generated"),
        ({"text": "a"}, "there is no tokenizer.json in this folder"),
    ],
)
def test_what_the_model_cannot_read_is_refused_with_both_numbers(given: dict[str, object], what: str) -> None:
    with pytest.raises(Problem) as refused:
        run(scenario_of("gpt2", opened(GPT2), given))
    assert what in refused.value.render()


def test_a_text_is_read_by_the_tokenizer_beside_the_weights(gpt2: Path) -> None:
    folder_with(gpt2 / "gpt2", word_piece("the", "##re", "cat"))
    found = opened(gpt2 / "gpt2")
    trace = run(scenario_of("gpt2", found, {"text": "There, the CAT"}))
    assert trace["decoder.embedding"].axes[0].labels == ("[CLS]", "the", "##re", "[UNK]", "the", "cat", "[SEP]")
    assert trace["logits"].axes[-1].label(7) == "cat"
    assert f"the tokenizer has 8 tokens, and the embedding {found.checkpoint.vocabulary:,} rows" in found.notes


def test_ids_are_read_whatever_is_wrong_with_the_tokenizer(gpt2: Path) -> None:
    folder_with(gpt2 / "gpt2", b"{}")
    found = opened(gpt2 / "gpt2")
    trace = run(scenario_of("gpt2", found, {"ids": [1, 2]}))
    assert trace["decoder.embedding"].axes[0].labels == ("1", "2")
    with pytest.raises(Problem, match="this is no tokenizer: it has no `model`"):
        run(scenario_of("gpt2", found, {"text": "the cat"}))


def test_one_word_is_chosen_unless_more_are_wanted() -> None:
    found = opened(GPT2)
    one, three = (run(scenario_of("gpt2", found, {"ids": [1, 2], "max_new_tokens": count})) for count in (1, 3))
    assert len(one.tokens["decoder"] or ()) == 3
    assert len(three.tokens["decoder"] or ()) == 5
    again = run(scenario_of("gpt2", found, {"ids": [*map(int, (three.tokens["decoder"] or ())[:4])]}))
    np.testing.assert_allclose(again["logits"].array[-1:], three["generated.2.logits"].array, rtol=1e-5, atol=1e-6)


def test_a_decoder_beside_an_encoder_is_fed_the_target_with_its_start() -> None:
    given = json.loads((MARIAN / "input.json").read_text())
    wanted = {key: given[key] for key in ("ids", "target_ids")}
    trace = run(scenario_of("marian", opened(MARIAN), wanted))
    assert trace["decoder.embedding"].shape[0] == len(wanted["target_ids"])
    assert trace["encoder.layers.0.self_attention.mask"].array[0].tolist() == [0.0] * 5 + [-np.inf] * 2  # padding


def test_another_text_takes_the_open_checkpoint_over() -> None:
    scenario = scenario_of("gpt2", opened(GPT2), {"ids": [1, 2]})
    other = scenario.with_text({"ids": [3, 4, 5]})
    assert isinstance(other.checkpoint, Opened)
    assert other.checkpoint is scenario.checkpoint
    assert run(other)["decoder.embedding"].shape[0] == 3


def test_an_edit_and_gradients_go_through_stored_parameters() -> None:
    scenario = scenario_of("gpt2", opened(GPT2), {"ids": [1, 2, 3]})
    before = run(scenario)
    edited = parse_scenario("input: {text: a}\nedits: [{at: decoder.layers.1.ffn.output, zero: true}]").edits
    after = run(replace(scenario, edits=edited), before=before)
    assert after["decoder.layers.0.ffn.output"] is before["decoder.layers.0.ffn.output"]
    assert not np.array_equal(after["logits"].array, before["logits"].array)


def test_what_a_trace_names_is_not_opened() -> None:
    data = {"model": {"weights": {"checkpoint": str(GPT2)}}, "input": {"ids": [1]}}
    with pytest.raises(Problem, match="files that a trace names are not opened"):
        run(scenario_from_dict(data))


def test_a_checkpoint_elsewhere_needs_leave(gpt2: Path) -> None:
    (gpt2 / "in").mkdir()
    text = "model: {weights: {checkpoint: ../gpt2}}\ninput: {ids: [1]}"
    with pytest.raises(Problem):
        prepare(parse_scenario(text, "s.yaml", gpt2 / "in"))
