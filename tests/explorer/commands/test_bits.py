"""`attn-explore bits`: as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.schemas import schema_of
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

GPT2 = str(DATA / "golden" / "gpt2-tiny")
WEIGHT = "decoder.layers.1.ffn.w_1[2, 3]"


@pytest.fixture
def attn(attn: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "200")
    return attn


def test_a_weight_is_told_by_its_bits_and_where_they_are(attn: Run) -> None:
    lines = attn("bits", GPT2, WEIGHT, "--ids", "1,2").out.splitlines()
    assert lines[0] == "How is W₁[2, 3] stored?"
    assert lines[2].startswith("model.safetensors: ")
    sign, exponent, fraction, value = (line.split()[-2:] for line in lines[-4:])
    number = float(value[1])
    assert (sign[0] == "1") is (number < 0)
    assert abs(number) == pytest.approx(2.0 ** (int(exponent[1]) - 127) * (1 + int(fraction[1]) / 2**23), rel=1e-6)
    shown = attn("show", GPT2, WEIGHT, "--ids", "1,2", "--csv").out
    assert number == pytest.approx(float(shown.split()[-1]), rel=1e-6)


def test_a_weight_needs_no_text_and_what_is_computed_does(attn: Run) -> None:
    assert attn("bits", GPT2, WEIGHT).out == attn("bits", GPT2, WEIGHT, "--ids", "1,2").out
    refused = attn("bits", GPT2, "logits[0, 0]")
    assert (refused.status, refused.out) == (2, "")
    assert "this model has nothing to read" in refused.err


def test_the_json_is_as_its_schema_says_for_a_file_and_for_memory(attn: Run) -> None:
    jsonschema.Draft202012Validator.check_schema(schema_of("bits"))
    stored = json.loads(attn("bits", GPT2, WEIGHT, "--ids", "1,2", "--json").out)
    in_memory = json.loads(attn("bits", "i-love-my-dog", "weights[love, dog]", "--json").out)
    for found in (stored, in_memory):
        jsonschema.validate(found, schema_of("bits"))
    assert "stored" in stored
    assert (in_memory["storage"], "stored" in in_memory) == ("F64", False)


def test_an_edited_weight_is_told_as_it_is_stored_and_what_stands_in_its_place(attn: Run, tmp_path: Path) -> None:
    model = f"model: {{weights: {{checkpoint: {GPT2}}}}}"
    edit = "edits: [{at: decoder.layers.1.ffn.w_1, index: [2, 3], set: 0.5}]"
    (tmp_path / "m.yaml").write_text(f"{model}\ninput: {{ids: [1, 2]}}\n{edit}\n")
    lines = attn("bits", "m.yaml", WEIGHT, "--allow-path", str(DATA)).out.splitlines()
    assert lines[3] == "An edit put 0.5 in its place."
    assert lines[1].endswith("-0.04602943")


def test_whole_numbers_are_refused_in_one_message(attn: Run) -> None:
    ended = attn("bits", "i-love-my-dog", "encoder.tokens[0]")
    assert (ended.status, ended.err.count("error:")) == (2, 1)
