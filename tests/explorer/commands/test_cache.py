"""`attn-explore cache`: what it counts, by the settings of a model, and as a person types it."""

from __future__ import annotations

import json
from functools import partial

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.schemas import schema_of
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

LLAMA = DATA / "families" / "llama"


@pytest.fixture
def attn(attn: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "120")
    return partial(attn, "cache")


@pytest.mark.parametrize("words", [1, 4])
def test_it_holds_a_key_and_a_value_for_every_layer_head_and_token_that_was_read(words: int, attn: Run) -> None:
    settings = json.loads((LLAMA / "config.json").read_text("utf-8"))
    layers, heads, kept = (settings[f"num_{name}"] for name in ("hidden_layers", "attention_heads", "key_value_heads"))
    width = settings.get("head_dim") or settings["hidden_size"] // heads
    found = json.loads(attn(str(LLAMA), "--ids", "9,8,7", "--max-new-tokens", str(words), "--json").out)
    jsonschema.Draft202012Validator(schema_of("cache")).validate(found)
    tokens = 3 + words - 1  # the last word is not read any more
    assert (found["is_kept"], found["passes"]) == (words > 1, words)
    assert found["numbers_a_token"] == 2 * layers * kept * width
    assert found["numbers"] == tokens * found["numbers_a_token"]
    assert found["bytes"] == 4 * found["numbers"]
    assert found["bytes_with_a_head_each"] * kept == found["bytes"] * heads
    assert {tuple(block["keys"]["shape"]) for block in found["blocks"]} == {(kept, tokens, width)}


def test_rows_add_up_and_lead_to_what_is_kept(attn: Run) -> None:
    *blocks, whole = (line.split(",") for line in attn("translate", "--csv").out.splitlines()[1:])
    assert [block[0] for block in blocks] == ["0 attention", "0 cross-attention"]
    assert [sum(int(block[place]) for block in blocks) for place in (3, 4)] == [int(whole[3]), int(whole[4])]


def test_what_grouped_queries_save_and_what_all_positions_would_take_is_said(attn: Run) -> None:
    printed = " ".join(attn(str(LLAMA), "--ids", "9,8,7", "--max-new-tokens", "2").out.splitlines())
    assert "Grouped queries: 4 heads ask, and 2 have keys and values." in printed
    assert "With some for each head that asks it would be 1.5 KiB, 2 times as much." in printed
    assert "With a token at each of the model's 32 positions: 6.0 KiB." in printed
    assert "Every head that asks has keys and values of its own" in attn("names").out


def test_an_encoder_keeps_none(attn: Run) -> None:
    found = attn("i-love-my-dog")
    assert (found.status, found.out) == (2, "")
    assert "no decoder with attention" in found.err
