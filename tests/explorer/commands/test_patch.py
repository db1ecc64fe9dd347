"""`attn-explore patch`: as a person types it, on the course's models and on real ones."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.commands.making import INTERRUPTED
from attn_explore.explorer.telling.answers.schemas import schema_of
from attn_explore.model.looking.patching import Patching
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run

GOLDEN = DATA / "golden"
INDUCTION = ("induction-head", "--text", "c h a l k e d h", "--with", "c h j l k e d h")


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "patch")


def test_what_is_said_moves_from_the_word_that_differs_to_the_last_one(attn: Run) -> None:
    """Layer 0 leaves it at its word; the head of layer 1 takes it to the end."""
    lines = attn(*INDUCTION).out.splitlines()
    table = [line.split() for line in lines[lines.index("") + 1 :]]
    assert " ".join(table[0]) == "layer \\ token c h 1 a / j l k e d h 7"
    assert [row[0] for row in table[1:]] == ["input", "0", "1"]
    assert table[1][3] == table[2][3] == table[3][8] == "1.00"
    assert "Each number is exact: of a run with that patch." in lines


def test_a_head_between_encoder_and_decoder_has_the_name_that_attribute_opens(attn: Run) -> None:
    given = ("translate", "--with", "I love my cat", "--target", "我 喜歡 我的", "--of", "heads", "--in", "decoder")
    assert "Most comes back by 0.cross.0 (1.00)." in attn(*given).out.splitlines()


@pytest.mark.parametrize("of", ["residual", "attention", "heads"])
@pytest.mark.parametrize(
    "given",
    [
        INDUCTION,
        ("names",),
        (
            str(GOLDEN / "gpt2-tiny"),
            "--ids",
            "9,8,7,5",
            "--with-ids",
            "9,3,7,5",
            "--token-id",
            "1",
            "--against-id",
            "2",
        ),
        (str(GOLDEN / "marian-tiny"), "--ids", "9,8,7", "--with-ids", "9,3,7", "--token-id", "1", "--against-id", "2"),
    ],
)
def test_its_json_is_in_the_schema(given: tuple[str, ...], of: str, attn: Run) -> None:
    found = json.loads(attn(*given, "--of", of, "--json").out)
    jsonschema.Draft202012Validator(schema_of("patch")).validate(found)
    assert all(number is not None for row in found["rows"] for number in row["exact"])


def test_two_runs_may_be_named_as_well(attn: Run) -> None:
    by_text = attn(*INDUCTION, "--json").out
    by_name = attn("induction-head", "induction-head", "--with", "c h j l k e d h", "--json").out
    assert json.loads(by_text) == json.loads(by_name)


def test_the_estimates_are_marked_and_can_be_had_alone(attn: Run) -> None:
    lines = attn(*INDUCTION, "--estimate").out.splitlines()
    assert any(line.startswith("≈ is what the gradient estimates") for line in lines)
    assert "≈" in lines[-1]
    rows = list(csv.reader(io.StringIO(attn(*INDUCTION, "--estimate", "--csv").out)))
    assert all(float(cell) is not None for row in rows[1:] for cell in row[1:])


def test_what_was_made_is_printed_when_somebody_does_not_wait(attn: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = Patching.go_on

    def interrupted(found: Patching) -> bool:
        if found.share_done > 0:
            raise SystemExit(INTERRUPTED)
        return go_on(found)

    monkeypatch.setattr(Patching, "go_on", interrupted)
    ended = attn(*INDUCTION, "--json")
    found = [number for row in json.loads(ended.out)["rows"] for number in row["exact"]]
    assert ended.status == INTERRUPTED
    assert None in found
    assert any(found)
    cells = [cell for row in csv.reader(io.StringIO(attn(*INDUCTION, "--csv").out)) for cell in row]
    assert "" in cells


def test_a_figure_is_written(attn: Run, tmp_path: Path) -> None:
    assert attn(*INDUCTION, "-o", "map.svg").status == 0
    assert "<svg" in (tmp_path / "map.svg").read_text()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ("induction-head", "--with", "c h a l k"),
            "the texts have 8 and 5 tokens; the longer one goes on with e at 5",
        ),
        (("induction-head", "--with", "c h a l k e d h"), "both runs read the same"),
        ((*INDUCTION, "--token", "a", "--against", "a"), "there is one token where two are compared: a"),
        (("induction-head", "--with", "c h a l k k d h"), "both runs would say a"),
        ((*INDUCTION, "--token", "x y"), "“x y” is no token of this model"),
        ((*INDUCTION, "--in", "encoder"), "leave --in out: numbers are put into its decoder"),
        ((*INDUCTION, "--of", "ffn"), "there are no feed-forward networks in the decoder"),
        (("wide", "--text", "a cat sat", "--with", "a dog sat"), "no head that makes words"),
        (("induction-head", "names", "--text", "a k", "--with", "k a"), "the two runs are not of one model"),
        (("reverse",), "the two runs are not of one model"),
        (("gallery",), "patching takes two runs"),
    ],
)
def test_a_question_without_an_answer_gets_one_message(given: tuple[str, ...], said: str, attn: Run) -> None:
    ended = attn(*given)
    assert (ended.status, ended.out) == (2, "")
    assert said in ended.err
    assert ended.err.count("error:") == 1
