"""The words of all lessons, those on real models too: what they may not name, and English that is not English."""

from __future__ import annotations

import re
from functools import cache

import pytest

from attn_explore.explorer.drawing.wrapping import markdown
from attn_explore.explorer.session.course import named, on_models
from attn_explore.model.scenario import Scenario, read_scenario

CODE = re.compile(r"`([^`]*)`")
SLIPS = ("behind ", "no word gets nothing", "changes over", "change over")


@cache
def scenario_of(name: str) -> Scenario:
    return read_scenario(named()[name])


def texts(name: str) -> list[str]:
    found = scenario_of(name)
    said = [text for stop in found.lesson for text in (stop.say, stop.ask or "", stop.hint or "")]
    return [" ".join(text.split()) for text in (found.title, found.summary, *said)]


@pytest.mark.parametrize("name", named())
def test_lessons_are_called_by_their_titles_and_not_by_their_files(name: str) -> None:
    for text in texts(name):
        files = [code for code in CODE.findall(text) if code in named()]
        assert not files, text


@pytest.mark.parametrize("name", named())
def test_what_comes_next_is_not_written_by_hand(name: str) -> None:
    for text in texts(name):
        assert not re.search(r"\bNext: |\b[Rr]un `[\w-]+` next\b|` comes next\b|last lesson of the course", text), text


@pytest.mark.parametrize("name", named())
def test_titles_that_are_named_are_those_of_the_library(name: str) -> None:
    titles = {scenario_of(other).title for other in named()}
    for text in texts(name)[2:]:
        for quoted in re.findall(r"(?:[Aa]s in|In|before,|in) “([A-Z][^”]*)”", text):
            assert quoted in titles, text


@pytest.mark.parametrize("name", named())
def test_slips_that_were_seen_do_not_come_back(name: str) -> None:
    for text in texts(name):
        assert not [slip for slip in SLIPS if slip in text], text


@pytest.mark.parametrize("name", on_models())
def test_on_a_real_model_nobody_is_asked_to_choose_from_thousands_of_places(name: str) -> None:
    """Such a question is refused when the model is there, which it is on few machines."""
    for stop in scenario_of(name).lesson:
        along = stop.answer and (stop.answer.argmax or stop.answer.argmin)
        assert along not in ("vocabulary", "d_model", "d_ff"), stop.ask


@pytest.mark.parametrize("name", on_models())
def test_a_lesson_on_a_real_model_is_as_short_as_the_others_and_asks_as_often(name: str) -> None:
    lesson = scenario_of(name).lesson
    assert 5 <= len(lesson) <= 12
    assert sum(stop.answer is not None for stop in lesson) >= 2
    for stop in lesson:
        assert len(markdown(stop.say, 78)) <= 5, stop.say
        assert len(stop.ask or "") <= 156, stop.ask
