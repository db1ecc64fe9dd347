"""`attn-explore tokens`: as a person types it."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.schemas import schema_of
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run
from tests.program import here
from tests.tokenizer_files import byte_level, folder_with

GPT2 = DATA / "golden" / "gpt2-tiny"


@pytest.fixture
def attn(attn: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("COLUMNS", "120")
    return partial(attn, "tokens")


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A GPT-2 whose tokenizer knows three words, and that has a chat template."""
    folder = tmp_path / "small"
    shutil.copytree(GPT2, folder)
    (folder / "config.json").chmod(0o644)
    (folder / "tokenizer.json").chmod(0o644)
    said = {"bos_token": "<|endoftext|>", "chat_template": "{{ '<|endoftext|>' }}\x1b[31m{{ 1 / 0 }}\n\u202elast"}
    data = byte_level("Ġlaw", "ĠParis", "Pa")
    ids = {**json.loads((folder / "config.json").read_text("utf-8")), "bos_token_id": data["added_tokens"][0]["id"]}
    return str(folder_with(folder, data, tokenizer_config=said, config=ids))


def table(printed: str) -> list[list[str]]:
    """The rows in words."""
    return [line.split() for line in printed.partition("\n\n")[2].splitlines()]


def test_every_merge_of_a_word_is_a_row_and_its_token_another(attn: Run, model: str) -> None:
    assert table(attn(model, "--text", "Pa law").out) == [
        ["pieces", "step", "rank", "id", "bytes"],
        ["P", "a", "2", "bytes", "50", "61"],
        ["Pa", "P", "+", "a", "8"],
        ["Pa", "token", "264", "50", "61"],
        ["␣", "l", "a", "w", "4", "bytes", "20", "6C", "61", "77"],
        ["␣l", "a", "w", "␣", "+", "l", "0"],
        ["␣la", "w", "␣l", "+", "a", "1"],
        ["␣law", "␣la", "+", "w", "2"],
        ["␣law", "token", "258", "20", "6C", "61", "77"],
    ]
    assert [row[0] for row in table(attn(model, "--text", "Pa law", "--brief").out)] == ["pieces", "Pa", "␣law"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--text", "<|endoftext|><|endoftext|> law"), "The text begins with <|endoftext|> twice"),
        (("--ids", "265,265,1"), "The text begins with <|endoftext|> twice"),
        (("--text", "of the law"), "In many pieces, as words are that were rare in training: “the” (␣ t h e)."),
        (
            ("--text", "日"),
            "In single bytes, since the vocabulary has no token for some of the letters: “日” (3 tokens).",
        ),
        (
            ("--text", "Paris"),
            "Without a space before it, another word to the model: “Paris” (4 tokens; ␣Paris is one).",
        ),
        (("--text", " law "), "The text ends in a space, a token of its own (␣)"),
        (("--text", " law"), "The model has a chat template (43 characters), which this text does not go through"),
    ],
)
def test_what_is_unusual_is_pointed_out(asked: tuple[str, ...], said: str, attn: Run, model: str) -> None:
    assert said in " ".join(attn(model, *asked).out.split("\n"))


def test_nothing_is_pointed_out_where_nothing_is_unusual(attn: Run, model: str) -> None:
    assert json.loads(attn(model, "--text", " law Paris", "--json").out)["reads"][0]["remarks"] == [
        "The tokenizer has 266 tokens, and the embedding 400 rows."
    ]


def test_the_chat_template_is_shown_as_text_and_never_run(attn: Run, model: str) -> None:
    assert attn(model, "--template").out == "{{ '<|endoftext|>' }}␛[31m{{ 1 / 0 }}\n⟨U+202E⟩last\n"
    refused = attn("i-love-my-dog", "--template")
    assert (refused.status, refused.out) == (2, "")
    assert "there is no chat template" in refused.err
    assert attn(model, "--template", "--json").status == 2


@pytest.mark.parametrize("text", ["the  Law 日\n", "\x1b[31m law\x00", "<|endoftext|> Paris"])
def test_its_json_is_in_the_schema_and_its_tokens_are_those_of_the_words(text: str, attn: Run, model: str) -> None:
    printed = attn(model, "--text", text, "--json").out
    assert "\x1b" not in printed
    found = json.loads(printed)
    jsonschema.Draft202012Validator(schema_of("tokens")).validate(found)
    (read,) = found["reads"]
    assert read["texts"][0]["text"] == text
    assert [token["word"] for token in read["tokens"]] == sorted(token["word"] for token in read["tokens"])
    last = [word["steps"][-1]["pieces"] if word["steps"] else word["pieces"] for word in read["words"]]
    assert sum(map(len, last)) == len(read["tokens"])


def test_words_of_a_scenario_are_looked_up_as_they_are(attn: Run) -> None:
    assert table(attn("i-love-my-dog", "--text", "my dog my").out)[1:] == [
        ["my", "word", "2"],
        ["dog", "word", "3"],
        ["my", "word", "2"],
    ]
    assert attn("translate", "--csv").out.splitlines()[-1] == "<s>,starts the decoder,0"


def test_a_trace_has_the_tokens_and_says_that_it_does_not_know_how_they_came_about(
    attn: Run, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here(capsys, "export", model, "--text", "Pa law", "-o", "trace.json")
    (read,) = json.loads(attn("trace.json", "--json").out)["reads"]
    assert [(token["token"], token["from"]) for token in read["tokens"]] == [("Pa", "given"), (" law", "given")]
    assert read["remarks"][0].startswith("How the text was cut is not known here")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((str(GPT2),), "this model has nothing to read"),
        (("dot-product-variance",), "this experiment reads no text"),
        (("nothing-of-this-name",), "there is no scenario and no model of this name"),
    ],
)
def test_what_reads_no_text_is_refused_in_one_message(arguments: tuple[str, ...], said: str, attn: Run) -> None:
    found = attn(*arguments)
    assert (found.status, found.out) == (2, "")
    assert said in found.err
