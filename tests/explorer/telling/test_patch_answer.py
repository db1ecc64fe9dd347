"""The map of patches as it is asked for in the explorer: at once as an estimate, then part by part."""

from __future__ import annotations

import json

import pytest

from attn_explore.explorer.session.patched import can_be_patched
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.answers.answer_json import answer_json
from attn_explore.explorer.telling.answers.answered import Answered
from attn_explore.explorer.telling.answers.views import VIEWS
from tests.opened import opened
from tests.program import here


def asked(session: Session, view: str) -> Answered:
    return VIEWS[view](session, session.place.cell, Counter())


def estimates(answered: Answered) -> int:
    return sum(cell.text.startswith("≈") for row in answered.answer.rows for cell in row.cells)


def test_each_part_has_fewer_estimates_and_asked_again_it_goes_on_from_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = opened("names").session()
    first = asked(session, "patch")
    assert first.further is not None
    assert first.progress == "made 0 of 3 runs"
    second = first.further(Counter())
    assert estimates(first) > estimates(second) > 0
    assert estimates(asked(session, "patch")) == estimates(second)
    assert second.further is not None
    last = second.further(Counter())
    assert (estimates(last), last.further) == (0, None)
    assert last.command == "attn-explore patch names"
    assert json.loads(here(capsys, "patch", "names", "--json").out) == json.loads(answer_json(last.data))


def test_heads_have_a_map_of_their_own() -> None:
    answer = asked(opened("names").session(), "patch-heads").answer
    assert (answer.title, answer.across) == ("Which heads make the two runs differ?", "head")


def test_other_patches_and_tokens_are_asked_for_by_typing_them(capsys: pytest.CaptureFixture[str]) -> None:
    otherwise = asked(opened("names").session(), "patch").otherwise
    assert otherwise is not None
    found = otherwise.make("of attention, token e against i", Counter())
    while found.further is not None:
        found = found.further(Counter())
    assert found.command == "attn-explore patch names --of attention --token e --against i"
    _, *arguments = found.command.split()
    assert json.loads(here(capsys, *arguments, "--json").out) == json.loads(answer_json(found.data))


def test_only_two_runs_of_one_model_over_two_texts_can_be_patched() -> None:
    askable = {name for name in ("names", "i-love-my-dog", "reverse", "induction-head") if of(name)}
    assert askable == {"names"}


def of(name: str) -> bool:
    return can_be_patched(opened(name).session())
