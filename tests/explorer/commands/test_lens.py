"""`attn-explore lens`: as a person types it, on the course's models and on real ones."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.schemas import schema_of
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

GOLDEN = DATA / "golden"


def test_the_trained_translator_says_on_the_way_what_it_writes_in_the_end(attn: Run) -> None:
    lines = attn("lens", "translate", "--token", "狗").out.splitlines()
    assert "Rank: how many tokens are likelier than 狗 (id 13) at the last token; 0 is the likeliest." in lines
    head, *rows = lines[-5:]
    assert head.split() == [
        "layer",
        "\\",
        "token",
        "<s>",
        "我",
        "喜歡",
        "我的",
        "狗",
        "rank",
        "of",
        "狗",
        "its",
        "logit",
    ]
    assert [row.split()[:2] for row in rows][1:] == [
        ["0", "attention"],
        ["0", "cross-attention"],
        ["0", "feed-forward"],
    ]
    assert rows[-1].split()[2:12:2] == ["我", "喜歡", "我的", "狗", "</s>"]


@pytest.mark.parametrize(
    ("what", "texts", "points"),
    [
        ("induction-head", 12, 3),
        ("label-the-sentence", 4, 3),
        (str(GOLDEN / "gpt2-tiny"), 3, 5),
        (str(GOLDEN / "marian-tiny"), 1, 7),
    ],
)
def test_its_json_is_in_the_schema_and_has_every_point(what: str, texts: int, points: int, attn: Run) -> None:
    ids = ("--ids", "9,8,7") if "golden" in what else ()
    found = json.loads(attn("lens", what, *ids, "--token-id", "1", "--top", "2", "--json").out)
    jsonschema.Draft202012Validator(schema_of("lens")).validate(found)
    assert (len(found["tokens"]), len(found["rows"])) == (texts, points)
    assert {len(likely) for row in found["rows"] for likely in row["top"]} == {2}
    assert found["token"]["id"] == 1


def test_its_csv_has_the_token_and_its_probability(attn: Run) -> None:
    head, *rows = csv.reader(io.StringIO(attn("lens", "names", "--csv").out))
    assert head[:3] == ["layer", "<s>", "<s>: probability"]
    assert [row[0] for row in rows] == ["input", "0 attention", "0 feed-forward"]
    assert all(0 < float(row[2]) < 1 for row in rows)


def test_what_it_shows_can_be_explained_to_the_last_term(attn: Run) -> None:
    found = json.loads(attn("lens", "names", "--token-id", "3", "--json").out)
    at = f"lens.{found['rows'][1]['at']}.logits"
    number = found["rows"][1]["logit"][1]
    assert f"= {number:.4f}   the sum of 16 over d_model" in attn("explain", "names", f"{at}[1,3]").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("i-love-my-dog",), "no head that makes words"),
        (("translate", "--token", "dog"), "“dog” is no token of this model"),
        (("translate", "--token-id", "30"), "there is no token 30"),
        ((str(GOLDEN / "gpt2-tiny"), "--ids", "1", "--token", " love dog"), "tokens, "),
    ],
)
def test_a_question_without_an_answer_gets_one_message(arguments: tuple[str, ...], said: str, attn: Run) -> None:
    ended = attn("lens", *arguments)
    assert ended.status == 2
    assert ended.out == ""
    assert said in ended.err


def test_of_a_real_generation_the_given_text_alone_is_looked_at_and_it_is_said(attn: Run) -> None:
    model = (str(GOLDEN / "gpt2-tiny"), "--ids", "9,8,7", "--json", "--max-new-tokens")
    alone, more = (attn("lens", *model, count) for count in ("1", "3"))
    assert "of the text that was given" in more.err
    assert alone.err == ""
    assert json.loads(more.out) == json.loads(alone.out)


def test_a_trace_without_some_of_its_steps_is_refused(attn: Run) -> None:
    attn("export", "names", "-o", "part.json", "--steps", "*.ffn.*", "--steps", "probabilities")
    ended = attn("lens", "part.json")
    assert ended.status == 2
    assert "leaves steps out" in ended.err


def test_a_picture_has_the_words_coloured_by_their_probability(attn: Run) -> None:
    attn("lens", "translate", "--token", "狗", "-o", "lens.svg")
    drawn = Path("lens.svg").read_text()
    assert all(f">{word}<" in drawn for word in ("貓", "狗", "小"))
    assert "coloured by probability" in drawn
    assert "rank of" not in drawn
