"""What a sampler made of a run is found among its steps, where it was asked for."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from attn_explore.explorer.session.generated import futures
from attn_explore.explorer.session.sampler_said import steps_said
from attn_explore.explorer.telling.answers.generate_answer import generate_answer
from attn_explore.model.looking.sampling import Sampler
from attn_explore.model.problems import Problem
from attn_explore.model.uses import uses
from tests.opened import opened


def test_the_cells_of_an_answer_lead_to_what_the_sampler_made() -> None:
    session = opened("names").session()
    session.run.trace.sampled.clear()
    assert session.place.peek("candidates.chances") is None
    found = futures(session, Sampler(temperature=0.8, top_k=3))
    answer = generate_answer(found)
    assert answer.columns[2:5] == ("temperature", "top-k", "chance")
    for cell in answer.rows[1].cells[2:5]:
        assert cell.at is not None
        step = found.first.run.sampled[answer.rows[1].at.path if answer.rows[1].at else ""]
        assert cell.at.path in [value.path for value in step]


def test_they_stand_under_the_candidates_until_they_are_closed() -> None:
    session = opened("names").session()
    trace = session.run.trace
    trace.sampled["candidates"] = list(futures(session, Sampler(top_k=3)).first.choices[0].made)
    chances = session.place.find("candidates.chances")
    assert chances is not None
    session.place.jump(chances, (0,))
    steps = [step.path for step in session.place.steps]
    assert steps[steps.index("candidates") :][:3] == ["candidates", "candidates.logits", "candidates.top_k_mask"]
    assert session.place.can_open()
    assert session.place.toggle()
    assert session.place.value.path == "candidates"
    trace.sampled.clear()


def test_where_a_number_goes_is_known_along_the_whole_way_to_the_chances() -> None:
    session = opened("names").session()
    [first, _] = futures(session, Sampler(temperature=0.8, top_k=2)).first.choices
    trace = replace(session.run.trace, sampled={"candidates": list(first.made)})
    logits, temperature, _, top_k, chances = first.made
    word = first.chosen.word
    assert [use.value for use in uses(trace, logits, (word,), 9)[0]] == [temperature]
    assert {use.value for use in uses(trace, temperature, (word,), 9)[0]} == {top_k}
    assert [use.value for use in uses(trace, top_k, (word,), 9)[0]] == [chances] * 2


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "no step of a sampler is typed"),
        ("hot 3", "“hot” is no step of a sampler"),
        ("seed 3", "“seed” is no step of a sampler"),
        ("temperature", "nothing is said behind temperature"),
        ("top-k 2.5", "top-k is a number of words, from 1: not 2.5"),
        ("temperature 0.8, top-p 1.5", "top-p is a probability above 0, at most 1: not 1.5"),
        ("top-k 0", "top-k is a number of words, from 1: not 0"),
        ("temperature nan", "temperature is a number above 0"),
    ],
)
def test_what_is_no_sampler_is_refused_with_what_would_be_one(typed: str, message: str) -> None:
    with pytest.raises(Problem, match=re.escape(message)) as caught:
        steps_said(typed)
    assert re.search("such as (temperature 0.8|top-|seed)|there are temperature", caught.value.hint)


def test_a_sampler_is_typed_in_any_order_with_or_without_signs() -> None:
    assert steps_said(" Top-P=0.9 , top_k 3") == Sampler(top_k=3, top_p=0.9)
