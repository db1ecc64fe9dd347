"""`attn-explore words`: as a person types it."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.commands.making import INTERRUPTED
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.telling.answers.schemas import schema_of
from attn_explore.model.looking.word_shares import Words
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

GOLDEN = DATA / "golden"


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "words")


def test_the_four_methods_stand_side_by_side_with_what_they_come_to(attn: Run) -> None:
    lines = attn("sentiment").out.splitlines()
    assert lines[1].startswith("The logit of negative: 3.1783.")
    table = lines[lines.index("") + 1 :]
    assert table[0].split() == ["word", "gradient×input", "integrated", "rollout", "left", "out"]
    assert [line.split()[0] for line in table[1:]] == ["this", "song", "is", "not", "very", "good", "together"]
    assert table[-1].split()[3] == "1.0000"


def test_an_error_that_is_large_is_pointed_out(attn: Run) -> None:
    asked = ("names", "--after", "0")
    assert "do not trust them; more steps may help" in " ".join(attn(*asked, "--steps", "1").out.split())
    assert "do not trust them" not in " ".join(attn(*asked, "--steps", "256").out.split())


def test_source_and_target_are_apart_and_what_is_masked_is_said(attn: Run) -> None:
    lines = attn(
        "translate", "--token", "狗", "--after", "我的", "--of", "probability", "--steps", "4"
    ).out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith(("source", "target"))] == ["source"] * 4 + [
        "target"
    ] * 5
    lines = attn(str(GOLDEN / "bert-tiny"), "--text", "my [MASK]", "--steps", "2").out.splitlines()
    assert ", at [MASK]: " in lines[1]
    assert "Masked: how much is lost when a mask stands for the word." in lines
    assert next(line for line in lines if line.startswith("[MASK]")).split()[-1] == "—"


def test_what_was_made_is_printed_when_somebody_does_not_wait(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = Words.go_on

    def interrupted(found: Words) -> bool:
        if found.share_done > 0:
            raise SystemExit(INTERRUPTED)
        return go_on(found)

    monkeypatch.setattr(Words, "go_on", interrupted)
    ended = attn("sentiment")
    assert ended.status == INTERRUPTED
    lines = ended.out.splitlines()
    assert lines[2] == "6 of 39 runs are made; cells without a number wait for theirs."
    assert lines[-1].split()[1:3] + lines[-1].split()[4:] == ["3.9907", "—", "5.4600"]
    data = json.loads(attn("sentiment", "--json").out)
    jsonschema.validate(data, schema_of("words"))
    assert {word["integrated_gradients"] for word in data["words"]} == {data["error"]} == {None}


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("induction-head", ()),
        ("sentiment", ("--of", "probability")),
        (str(GOLDEN / "gpt2-tiny"), ("--ids", "9,8,7", "--token-id", "3")),
        (str(GOLDEN / "marian-tiny"), ("--ids", "9,8,7")),
    ],
)
def test_its_json_is_in_the_schema_and_adds_up(what: str, options: tuple[str, ...], attn: Run) -> None:
    found = json.loads(attn(what, "--steps", "4", *options, "--json").out)
    jsonschema.Draft202012Validator(schema_of("words")).validate(found)
    total = sum(word["integrated_gradients"] for word in found["words"])
    assert total + found["error"] == pytest.approx(found["value"] - found["baseline"]["value"], abs=1e-6)


def test_its_csv_and_its_picture_have_the_words(attn: Run) -> None:
    head, *rows = csv.reader(io.StringIO(attn("sentiment", "--steps", "2", "--csv").out))
    assert head == ["word", "gradient×input", "integrated", "rollout", "left out"]
    assert rows[3][0] == "not"
    attn("sentiment", "--steps", "2", "-o", "words.svg")
    drawn = Path("words.svg").read_text()
    assert "not" in drawn
    assert "together" not in drawn
    assert all(short_number(float(number)) in drawn for row in rows[:-1] for number in row[1:])


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (("encoder-layer",), "no head"),
        (("sentiment", "--token", "neutral"), "is no token of this model"),
        (("sentiment", "--after", "not"), "one thing of the whole text"),
    ],
)
def test_what_cannot_be_asked_is_one_message(typed: tuple[str, ...], message: str, attn: Run) -> None:
    ended = attn(*typed)
    assert ended.status == 2
    assert message in ended.err
