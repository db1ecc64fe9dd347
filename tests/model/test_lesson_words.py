"""The words of the bundled lessons: what they may not name, and English that is not English."""

from __future__ import annotations

import re

import pytest

from attn_explore.explorer.session.course import bundled
from tests.opened import NAMES
from tests.taught import scenario_of

CODE = re.compile(r"`([^`]*)`")
SLIPS = ("behind ", "no word gets nothing", "changes over", "change over")


def texts(name: str) -> list[str]:
    found = scenario_of(name)
    said = [text for stop in found.lesson for text in (stop.say, stop.ask or "", stop.hint or "")]
    return [" ".join(text.split()) for text in (found.title, found.summary, *said)]


@pytest.mark.parametrize("name", NAMES)
def test_lessons_are_called_by_their_titles_and_not_by_their_files(name: str) -> None:
    for text in texts(name):
        named = [code for code in CODE.findall(text) if code in bundled()]
        assert not named, text


@pytest.mark.parametrize("name", NAMES)
def test_what_comes_next_is_not_written_by_hand(name: str) -> None:
    for text in texts(name):
        assert not re.search(r"\bNext: |\b[Rr]un `[\w-]+` next\b|` comes next\b|last lesson of the course", text), text


@pytest.mark.parametrize("name", NAMES)
def test_titles_that_are_named_are_those_of_the_library(name: str) -> None:
    titles = {scenario_of(other).title for other in bundled()}
    for text in texts(name)[2:]:
        for quoted in re.findall(r"(?:[Aa]s in|In|before,|in) “([A-Z][^”]*)”", text):
            assert quoted in titles, text


@pytest.mark.parametrize("name", NAMES)
def test_slips_that_were_seen_do_not_come_back(name: str) -> None:
    for text in texts(name):
        assert not [slip for slip in SLIPS if slip in text], text
