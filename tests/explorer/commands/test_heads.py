"""`attn-explore heads`: as a person types it, on the course's models and on real ones."""

from __future__ import annotations

import csv
import io
import json
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.telling.answers.answer import At
from attn_explore.explorer.telling.answers.heads_answer import Wanted, heads_answer
from attn_explore.explorer.telling.answers.schemas import schema_of
from attn_explore.model.looking.head_atlas import HeadAtlas
from attn_explore.model.looking.head_scores import SCORES, HeadScores
from attn_explore.model.looking.said_twice import Drawing
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run
from tests.program import here

GOLDEN = DATA / "golden"


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "heads")


def test_the_trained_induction_head_is_named_first_and_stands_in_the_grid(attn: Run) -> None:
    lines = attn("induction-head").out.splitlines()
    assert "most induction: 1.0 (0.90), 0.0 (0.00)" in lines
    assert "1.0: head 0 of layer 1" in lines
    assert lines[-3:] == ["layer \\ head     0", "0             0.00", "1             0.90"]


def test_a_list_has_every_score_of_a_head_the_largest_first(attn: Run) -> None:
    lines = attn("multi-head", "--sort", "previous", "--top", "2").out.splitlines()
    assert "1 more head follows: --top 3 lists all." in lines
    assert [line.split()[0] for line in lines[-3:]] == ["head", "0.0", "0.1"]
    assert lines[-3].split()[1:] == list(SCORES)


@pytest.mark.parametrize(
    ("what", "count"),
    [("induction-head", 2), ("translate", 3), (str(GOLDEN / "gpt2-tiny"), 6), (str(GOLDEN / "marian-tiny"), 18)],
)
def test_its_json_is_in_the_schema_and_has_every_head(what: str, count: int, attn: Run) -> None:
    found = json.loads(attn(what, "--json").out)
    jsonschema.Draft202012Validator(schema_of("heads")).validate(found)
    assert len(found["heads"]) == count
    assert (found["tokens"] is None) == ("golden" in what)


def test_a_text_is_what_all_but_the_scores_of_repeats_are_of(attn: Run) -> None:
    model = str(GOLDEN / "gpt2-tiny")
    alone, with_text = (json.loads(attn(model, "--json", *more).out) for more in ((), ("--ids", "9,8,7")))
    on = dict.fromkeys(SCORES, "text") | {"induction": "made_up", "same": "made_up"}
    assert with_text["measured_on"] == on
    for score, where in on.items():
        are_alike = [a[score] == b[score] for a, b in zip(alone["heads"], with_text["heads"], strict=True)]
        assert all(are_alike) if where == "made_up" else not any(are_alike)


def test_of_a_generation_the_last_pass_is_scored_which_reads_all_words(attn: Run) -> None:
    found = json.loads(attn("induction-head", "--json").out)
    assert "".join(each["token"] for each in found["tokens"]) == "chalkedhalke"
    assert [head["at"].partition("decoder")[0] for head in found["heads"]] == ["generated.4."] * 2


def test_what_each_head_adds_to_a_logit_is_that_of_its_attribution(
    attn: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = (str(GOLDEN / "gpt2-tiny"), "--ids", "9,8,7", "--token-id", "5", "--json")
    data = json.loads(attn(*asked).out)
    jsonschema.Draft202012Validator(schema_of("heads")).validate(data)
    terms = json.loads(here(capsys, "attribute", *asked).out)["terms"]
    adds = {(term["at"], term["head"]): term["value"] for term in terms if "head" in term}
    assert {(head["at"].removesuffix(".weights"), head["head"]): head["logit"] for head in data["heads"]} == adds
    assert data["logit_of"]["id"] == 5
    listed = attn(*asked[:-1], "--sort", "logit", "--top", "1").out.splitlines()
    assert listed[-1].split()[-1] == f"{max(adds.values()):.2f}"


def test_another_seed_draws_other_tokens_and_the_length_is_theirs(attn: Run) -> None:
    model = str(GOLDEN / "gpt2-tiny")
    first, second = (json.loads(attn(model, "--json", "--length", "5", "--seed", seed).out) for seed in "01")
    assert first["made_up"]["tokens"] != second["made_up"]["tokens"]
    assert len(first["made_up"]["tokens"]) == 1 + 2 * 5


def test_it_is_said_that_fewer_tokens_are_made_up_than_were_asked_for(attn: Run) -> None:
    made = len(json.loads(attn("induction-head", "--json").out)["made_up"]["tokens"]) // 2
    said = f"Of 1000 made-up tokens there is room for {made}, or the model knows no more."
    assert said in attn("induction-head", "--length", "1000").out.splitlines()
    assert "made-up tokens there is room" not in attn("induction-head", "--length", "4").out


def test_an_exported_trace_of_a_model_is_scored_on_its_own_text_and_it_is_said_why(
    attn: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    exported = here(capsys, "export", str(GOLDEN / "gpt2-tiny"), "--ids", "9,8,9,8", "-o", "trace.npz")
    assert exported.status == 0, exported.err
    found = attn("trace.npz", "--json")
    assert "scored on the text alone" in found.err
    data = json.loads(found.out)
    assert data["made_up"] is None
    assert all(head["induction"] is not None for head in data["heads"])


def test_csv_has_every_digit_and_nothing_where_a_rule_has_no_place(attn: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(attn("translate", "--sort", "first", "--csv").out)))
    across = next(row for row in rows if row["head"].startswith("decoder cross"))
    assert across["induction"] == ""
    assert len(across["entropy"]) > 6


def test_a_figure_is_the_grid(attn: Run) -> None:
    assert attn("multi-head", "--score", "first", "-o", "heads.svg").status == 0
    assert "Heads by first" in Path("heads.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("softmax-saturation",), "there are no attention heads in this run"),
        (("multi-head", "--score", "loudest"), "loudest"),
        ((str(GOLDEN / "gpt2-tiny"), "--token-id", "5"), "this model has nothing to read"),
        (("multi-head", "--score", "logit"), "no head that makes words"),
        (("multi-head", "-o", "heads.txt"), "no format of an answer"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_message(arguments: tuple[str, ...], said: str, attn: Run) -> None:
    found = attn(*arguments)
    assert (found.status, found.out) == (2, "")
    assert said in found.err


def test_a_cell_leads_to_the_weights_of_its_head() -> None:
    path = "decoder.layers.3.self_attention.weights"
    atlas = HeadAtlas((HeadScores(path, 0), HeadScores(path, 1, induction=0.5)), None, None, Drawing())
    grid, listed = heads_answer(atlas), heads_answer(atlas, Wanted("induction", is_list=True))
    assert [cell.at for cell in grid.rows[0].cells] == [At(path, (0, 0, 0)), At(path, (1, 0, 0))]
    assert [(row.label, row.cells[0].at) for row in listed.rows] == [("3.1", At(path, (1, 0, 0)))]
