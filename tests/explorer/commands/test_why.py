"""`attn-explore why`: as a person types it."""

from __future__ import annotations

import json
import shlex
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from attn_explore.explorer.session.looked_there import asks_why
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.answers.answer_json import answer_json
from attn_explore.explorer.telling.answers.schemas import schema_of
from attn_explore.explorer.telling.answers.views import VIEWS
from tests.checkpoints import DATA
from tests.explorer.commands.conftest import Run
from tests.explorer.conftest import session_of
from tests.program import here

CELL = "decoder.layers.1.self_attention.weights[7, a]"
MARIAN = str(DATA / "golden" / "marian-tiny")


@pytest.fixture
def attn(attn: Run) -> Run:
    return partial(attn, "why")


def values(lines: list[str]) -> dict[str, float]:
    """The terms of an answer, and what each adds."""
    rows = [line.rsplit(maxsplit=1) for line in lines[lines.index("") + 2 :]]
    return {label.strip(): float(number) for label, number in rows}


def test_the_induction_head_finds_its_key_by_what_the_head_before_wrote_there(attn: Run) -> None:
    found = values(attn("induction-head", CELL).out.splitlines())
    assert max(found, key=lambda term: found[term]).split(maxsplit=1) == ["embedding", "0 head 0"]
    assert sum(found.values()) == pytest.approx(18.5971, abs=1e-3)


@pytest.mark.parametrize("by", ["pairs", "query", "key", "columns"])
@pytest.mark.parametrize("top", ["1", "3", "99"])
def test_the_rows_of_every_split_add_up_to_the_score_however_many_are_listed(by: str, top: str, attn: Run) -> None:
    out = attn("translate", "encoder.layers.0.self_attention.weights[love, dog]", "--by", by, "--top", top).out
    score = float(out.splitlines()[0].partition("score ")[2].partition(",")[0])
    assert sum(values(out.splitlines()).values()) == pytest.approx(score, abs=2e-3)


@pytest.mark.parametrize(("block", "speaks"), [("encoder", False), ("decoder", True)])
def test_words_are_told_where_a_head_writes_to_the_stream_that_the_logits_are_read_from(
    block: str, speaks: bool, attn: Run
) -> None:
    cell = f"{block}.layers.1.self_attention.weights[0, 0, 0]"
    found = attn(MARIAN, cell, "--ids", "9,8,7", "--json")
    data = json.loads(found.out)
    jsonschema.Draft202012Validator(schema_of("why")).validate(data)
    assert (len(data["favours"]), len(data["against"])) == ((5, 5) if speaks else (0, 0))
    for terms in ("query", "key"):
        total = sum(term["value"] for term in data[terms]) + data["bias"] + data["remainder"]
        assert total == pytest.approx(data["value"], rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("multi-head", "weights"), "name a cell of its weights"),
        (("multi-head", "encoder.layers.0.self_attention.q[0, 0, 0]"), "says of no head, token and key"),
        (("additive.yaml", "weights[love, I]"), "no products of a query and a key"),
        (("multi-head", "weights[7, quick, dog]"), "there is no 7 along head"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_message_that_says_what_would_be_right(
    arguments: tuple[str, ...], said: str, attn: Run
) -> None:
    Path("additive.yaml").write_text("{model: {kind: attention, score: additive}, input: {text: I love}}")
    found = attn(*arguments)
    assert (found.status, found.out) == (2, "")
    assert said in found.err


def test_the_command_of_the_view_in_the_explorer_prints_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    session = session_of("induction-head")
    answered = VIEWS["why"](session, Cell("decoder.layers.1.self_attention.scaled_scores", (0, 7, 2)), Counter())
    printed = here(capsys, *shlex.split(answered.command)[1:], "--json")
    assert json.loads(printed.out) == json.loads(answer_json(answered.data))


@pytest.mark.parametrize(
    ("scenario", "path", "is_asked"),
    [
        ("induction-head", "decoder.layers.1.self_attention.weights", True),
        ("induction-head", "decoder.layers.1.self_attention.q", False),
        ("induction-head", "decoder.layers.1.self_attention.mask", False),
        ("dot-vs-additive", "encoder.layers.0.self_attention.weights", True),
    ],
)
def test_it_is_asked_where_a_head_looks_from_a_token_to_a_key(scenario: str, path: str, *, is_asked: bool) -> None:
    trace = session_of(scenario).run.trace
    assert asks_why(trace, Cell(path, (0,) * len(trace[path].axes))) == is_asked


def test_a_layer_that_is_not_there_is_told_with_those_that_are(attn: Run) -> None:
    found = attn("induction-head", CELL.replace("layers.1", "layers.7"))
    assert found.status == 2
    assert "there are layers 0 to 1" in found.err


OVERFLOWING = """
model: {kind: attention, score: dot, d_model: 6, d_k: 5, position: sinusoidal}
input: {text: I love my dog}
edits:
  - {at: encoder.layers.0.self_attention.w_k, scale: 3}
  - {at: encoder.layers.0.self_attention.q, index: [0, 1, 2], set: 1.7e+308}
"""


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("split", [(), ("--by", "query"), ("--by", "key"), ("--by", "columns"), ("--top", "1")])
def test_parts_that_overflow_are_not_said_to_be_rounded(split: tuple[str, ...], attn: Run) -> None:
    Path("large.yaml").write_text(OVERFLOWING)
    found = attn("large.yaml", "weights[love, I]", *split)
    assert (found.status, found.err) == (0, "")
    assert "A part overflows" in found.out
    assert "overflow  " in found.out
    assert "rounding" not in found.out
