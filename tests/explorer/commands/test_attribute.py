"""`attn-explore attribute`: as a person types it, on the course's models and on real ones."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.schemas import schema_of
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

GOLDEN = DATA / "golden"
TRANSLATE = ("translate", "--token", "狗", "--against", "貓", "--after", "我的")


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "attribute")


def test_the_translation_of_a_word_comes_from_the_attention_to_the_source(attn: Run) -> None:
    lines = attn(*TRANSLATE).out.splitlines()
    assert lines[1] == "The logit of 狗 less that of 貓, after 我的: 14.5660."
    assert [line.split("  ")[0] for line in lines if line.endswith("14.5660")] == ["head b", "rounding"]
    first = lines[lines.index("") + 2]
    assert first.split() == ["0", "cross-head", "0", "14.6740", "14.6740"]


def test_a_head_opens_into_the_words_that_it_took_from(attn: Run) -> None:
    lines = attn(*TRANSLATE, "--open", "0.cross.0").out.splitlines()
    assert lines[0] == "What did this head take from where?"
    assert lines[lines.index("") + 2].split()[0] == "dog"


def test_a_long_list_ends_in_what_the_others_are_together(attn: Run) -> None:
    lines = attn("names", "--top", "2").out.splitlines()[-4:]
    assert [line.split("  ")[0] for line in lines] == ["0 feed-forward", "0 head 2", "4 others together", "rounding"]


@pytest.mark.parametrize(
    ("what", "options"),
    [
        ("induction-head", ()),
        ("induction-head", ("--open", "1.0")),
        ("sentiment", ("--open", "0.ffn")),
        (str(GOLDEN / "gpt2-tiny"), ("--ids", "9,8,7", "--against-id", "3")),
        (str(GOLDEN / "marian-tiny"), ("--ids", "9,8,7")),
        (str(GOLDEN / "bert-tiny"), ("--ids", "9,8,7", "--after", "1")),
    ],
)
def test_its_json_is_in_the_schema_and_adds_up(what: str, options: tuple[str, ...], attn: Run) -> None:
    found = json.loads(attn(what, *options, "--json").out)
    jsonschema.Draft202012Validator(schema_of("attribute")).validate(found)
    total = sum(term["value"] for term in found["terms"]) + found["remainder"]
    assert total == pytest.approx(found["value"], abs=1e-9)
    assert abs(found["remainder"]) < 1e-4


def test_its_csv_has_every_term(attn: Run) -> None:
    head, *rows = csv.reader(io.StringIO(attn("names", "--csv").out))
    assert head == ["writer", "adds", "so far"]
    assert sum(float(row[1]) for row in rows) == pytest.approx(float(rows[-1][2]), abs=1e-9)


def test_a_picture_has_what_the_largest_terms_add(attn: Run) -> None:
    attn("names", "--top", "2", "-o", "terms.svg")
    drawn = Path("terms.svg").read_text()
    assert "0 head 2" in drawn
    assert "4 others together" in drawn
    assert "so far" not in drawn


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("i-love-my-dog",), "no head that makes words"),
        (("names", "--token", "dog"), "“dog” is no token of this model"),
        (("names", "--after", "dog"), "there is no dog along token"),
        (("names", "--token", "k", "--token-id", "6"), "named twice"),
        (("names", "--open", "1.0"), "there is no term 1.0"),
        (("sentiment", "--after", "0"), "one thing of the whole text"),
    ],
)
def test_a_question_without_an_answer_gets_one_message(arguments: tuple[str, ...], said: str, attn: Run) -> None:
    ended = attn(*arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert said in ended.err
