"""The views as the explorer asks for them: the command that is copied prints the very same."""

from __future__ import annotations

import json
import shlex
from inspect import signature

import pytest

from attn_explore.explorer.commands.command_line import COMMANDS
from attn_explore.explorer.commands.options import Subject
from attn_explore.explorer.commands.spread import spread
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.reopening import answering
from attn_explore.explorer.session.sampler_said import steps_said
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.answers.answer_json import answer_json
from attn_explore.explorer.telling.answers.answered import leads_to, spot_of, table_of
from attn_explore.explorer.telling.answers.schemas import SCHEMAS
from attn_explore.explorer.telling.answers.views import VIEWS
from attn_explore.model.problems import Problem
from tests.explorer.conftest import session_of
from tests.program import here

WEIGHTS = Cell("decoder.layers.0.self_attention.weights", (0, 0, 0))
HIDDEN = Cell("generated.2.decoder.layers.0.ffn.hidden", (1, 5))
LOGITS = Cell("generated.3.logits", (2, 4))
ASKED = [
    ("lens", HIDDEN),
    ("lens", LOGITS),
    ("lens-of-heads", WEIGHTS),
    ("tokens", WEIGHTS),
    ("cache", WEIGHTS),
    ("generate", LOGITS),
    ("sampler", LOGITS),
    ("heads", WEIGHTS),
    ("heads-grid", WEIGHTS),
    ("neurons", HIDDEN),
    ("why", WEIGHTS),
    ("bits", WEIGHTS),
    ("bits", Cell("head.w", (3, 4))),
    ("attribute", WEIGHTS),
    ("attribute", LOGITS),
    ("attribute-opened", WEIGHTS),
    ("attribute-opened", HIDDEN),
    ("words", WEIGHTS),
    ("words", LOGITS),
]


@pytest.mark.parametrize(("view", "cell"), ASKED)
def test_the_command_of_an_answer_prints_the_same(capsys: pytest.CaptureFixture[str], view: str, cell: Cell) -> None:
    session = session_of("translate")
    session.sampler = steps_said("temperature 0.8, top-k 3")
    found = VIEWS[view](session, cell, Counter())
    while found.further is not None:
        found = found.further(Counter())
    program, *arguments = shlex.split(found.command)
    assert program == "attn-explore"
    assert json.loads(here(capsys, *arguments, "--json").out) == json.loads(answer_json(found.data))


@pytest.mark.parametrize(
    ("view", "typed"),
    [
        ("generate", "temperature 1.5 top-k 3 seed 7"),
        ("generate", "repetition-penalty 2 max-new-tokens 2"),
        ("generate", "instead 1=貓"),
        ("generate", "max-new-tokens 2"),
        ("lens", "token 貓"),
        ("lens-of-heads", "token-id 3"),
        ("attribute", "token 狗, against 貓 after 我的"),
        ("words", "of probability steps 3 after=2"),
        ("heads", "sort logit token 狗 seed 2 length 4"),
        ("heads-grid", "score previous"),
        ("why", "by columns"),
    ],
)
def test_what_is_asked_with_typed_options_is_what_the_command_prints(
    capsys: pytest.CaptureFixture[str], view: str, typed: str
) -> None:
    session = session_of("translate")
    otherwise = VIEWS[view](session, WEIGHTS if view == "why" else LOGITS, Counter()).otherwise
    assert otherwise is not None
    found = otherwise.make(typed, Counter())
    while found.further is not None:
        found = found.further(Counter())
    _, *arguments = shlex.split(found.command)
    assert json.loads(here(capsys, *arguments, "--json").out) == json.loads(answer_json(found.data))
    again = found.otherwise
    assert again is not None
    assert again.make(again.typed, Counter()).command == found.command


@pytest.mark.parametrize(
    ("view", "typed", "message", "hint"),
    [
        ("attribute", "agains 狗", "“agains” is no option here", "did you mean against?"),
        ("words", "steps 0", "steps is a number of steps, from 1 to 4096: not 0", "such as steps 256"),
        ("heads", "sort loudness", "sort is one of induction, previous,", "such as sort previous"),
        ("lens", "token", "nothing is said behind token", "such as token ' Paris'"),
        ("lens", "token 狗貓", "“狗貓” is no token of this model", ""),
    ],
)
def test_options_that_are_none_are_refused_with_what_would_be_one(
    view: str, typed: str, message: str, hint: str
) -> None:
    otherwise = VIEWS[view](session_of("translate"), LOGITS, Counter()).otherwise
    assert otherwise is not None
    with pytest.raises(Problem) as caught:
        otherwise.make(typed, Counter())
    assert caught.value.what.startswith(message)
    assert hint in caught.value.hint


def test_a_word_that_the_run_in_sight_does_not_choose_leads_to_no_step_of_it() -> None:
    session = session_of("names")
    otherwise = VIEWS["generate"](session, LOGITS, Counter()).otherwise
    assert otherwise is not None
    found = otherwise.make("instead 0=u temperature 0.5", Counter()).answer
    first, *others = found.rows
    own, instead, cooled = (first.cells[found.columns.index(name)].at for name in ("word", "instead", "temperature"))
    for at in (own, instead, cooled):  # the first word is chosen from the same numbers in all of them
        assert at is not None
        assert session.place.find(at.path) is not None
    later = [cell.at for row in others for cell in row.cells if cell.at is not None]
    assert all(at.path in session.run.trace.steps or session.place.find(at.path) is not None for at in later)
    assert others[-1].at is None


@pytest.mark.parametrize(
    ("view", "cell"), [("heads", WEIGHTS), ("neurons", HIDDEN), ("why", WEIGHTS), ("attribute", LOGITS)]
)
def test_a_sorted_answer_is_read_from_its_largest_on_wherever_one_came_from(view: str, cell: Cell) -> None:
    found = VIEWS[view](session_of("translate"), cell, Counter())
    assert found.spot is not None
    assert found.spot.row == 0
    assert found.answer.rows[0].cells[found.spot.column].number is not None


@pytest.mark.parametrize("name", [each for each in SCHEMAS if each != "patch"])  # chosen words have no part in it
def test_the_command_of_an_answer_takes_all_that_a_run_may_have_been_asked_to_read(name: str) -> None:
    command = next(each for each in COMMANDS if each.__name__ == name)
    assert signature(spread(command)).parameters.keys() >= {"text", "ids", "target", "max_new_tokens", "moment", "as_"}


def test_every_schema_can_be_printed() -> None:
    assert {each.value for each in Subject} == {"scenario", "trace", *SCHEMAS}


def test_every_view_is_asked_here() -> None:
    assert {view for view, _ in ASKED} | {"patch", "patch-heads", "rounding"} == set(VIEWS)


def test_the_cursor_stands_at_what_was_looked_at_and_what_it_leads_to_is_there() -> None:
    session = session_of("translate")
    cell = Cell("generated.2.decoder.layers.0.cross_attention.residual", (1, 3))
    answer = VIEWS["lens"](session, cell, Counter()).answer
    spot = spot_of(answer, cell)
    assert answer.columns[spot.column] == "我"
    assert answer.rows[spot.row].label == "0 cross-attention"
    at = leads_to(answer, spot)
    assert at is not None
    assert session.place.find(at.path) is not None
    assert [len(row) for row in table_of(answer).entries] == [len(answer.columns)] * len(answer.rows)


def test_a_command_names_what_is_read() -> None:
    assert (
        answering(session_of("translate"), "lens", "--token", "a dog") == "attn-explore lens translate --token 'a dog'"
    )


def test_a_model_that_says_one_thing_of_all_of_a_text_is_asked_who_wrote_it() -> None:
    session = session_of("sentiment")
    found = VIEWS["attribute"](session, Cell("logits", (0,)), Counter())
    assert found.command == "attn-explore attribute sentiment --token-id 0"
    assert found.data["value"] == pytest.approx(float(session.run.trace["logits"][0]))
