"""The lessons of the bundled scenarios: each is played to its end, with right answers and with wrong ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count, takewhile
from typing import cast

import numpy as np

from attn_explore.explorer.drawing.blocks import as_text
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.wrapping import markdown
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.lesson_progress import Given, Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import questions
from attn_explore.explorer.telling.block_sheet import fair_outline, still_asked
from attn_explore.explorer.telling.blocks_around import BlocksAround
from attn_explore.explorer.telling.planes import Outline
from attn_explore.model.lesson import Question
from tests.opened import EVERY, Opened


def guided(scenario: Opened) -> Session:
    session = scenario.session()
    stepping.follow_lesson(session)
    return session


def right(question: Question) -> Given:
    return question.right[0] if question.right else question.number


def wrong(question: Question) -> Given:
    """An answer that the run does not agree with."""
    if question.kind == "number":
        return question.number + 10
    cells = np.ndindex(question.value.shape)
    found = (cell for cell in cells if _is_asked(question, cell) and cell not in question.right)
    return next(found)


def _is_asked(question: Question, cell: tuple[int, ...]) -> bool:
    return all(isinstance(at, slice) or at == here for at, here in zip(question.asked, cell, strict=True))


@EVERY
def test_a_lesson_has_five_to_twelve_stops_and_asks(scenario: Opened) -> None:
    stops = scenario.session().lesson.stops
    assert 5 <= len(stops) <= 12
    assert sum(stop.question is not None for stop in stops) >= 2
    assert all(stop.say or stop.ask for stop in stops)


@EVERY
def test_a_stop_says_no_more_than_a_small_terminal_shows(scenario: Opened) -> None:
    for stop in scenario.session().lesson.stops:
        assert len(markdown(stop.say, 78)) <= 5, stop.say
        assert len(stop.ask) <= 156


@EVERY
def test_a_word_or_a_cell_that_is_asked_for_has_one_right_answer(scenario: Opened) -> None:
    for stop in scenario.session().lesson.stops:
        if stop.question is not None and stop.question.kind != "number":
            assert len(stop.question.right) == 1, stop.ask


@EVERY
def test_whoever_speaks_of_softmax_says_what_a_row_sums_to(scenario: Opened) -> None:
    said = " ".join(stop.say for stop in scenario.session().lesson.stops)
    if "softmax" in said.casefold():
        assert re.search(r"\bsums?\b", said)


@EVERY
def test_right_answers_lead_to_the_end(scenario: Opened) -> None:
    session = guided(scenario)
    for place in range(len(session.lesson.stops)):
        assert session.lesson.place == place
        if session.question is not None:
            stepping.answer(session, right(session.question))
            assert session.lesson.outcome is Outcome.right
            assert as_text(questions.answered(session, 76))[0]
        stepping.step_by(session, 1)
    assert session.lesson.is_done
    assert session.lesson.outcomes == dict.fromkeys(session.lesson.asked, Outcome.right)


@EVERY
def test_wrong_answers_are_told_and_lead_to_the_end_too(scenario: Opened) -> None:
    session = guided(scenario)
    for _ in session.lesson.stops:
        if session.question is not None:
            assert not stepping.answer(session, wrong(session.question))
            assert "✗" in " ".join(as_text(questions.asked(session, 200)))
            stepping.step_by(session, 1)
            assert session.lesson.outcome is Outcome.wrong
        stepping.step_by(session, 1)
    assert session.lesson.is_done
    assert session.lesson.outcomes == dict.fromkeys(session.lesson.asked, Outcome.wrong)


@EVERY
def test_a_hint_for_a_number_does_not_tell_it(scenario: Opened) -> None:
    """A whole number may be the label of a term as well, and is not looked for."""
    session = guided(scenario)
    for place, stop in enumerate(session.lesson.stops):
        if stop.question is None or stop.question.kind != "number":
            continue
        if "." not in (answer := short_number(stop.question.number)):
            continue
        stepping.follow_lesson(session, place)
        session.lesson.hint()
        told = as_text(questions.asked(session, 200))
        assert not re.search(rf"(?<![\d.]){re.escape(answer)}(?![\d.])", "\n".join(told[1:])), told


@EVERY
def test_the_sheet_under_a_question_does_not_tell_what_is_asked(scenario: Opened) -> None:
    """Of a number what it is computed from is shown, and nothing that is made of it, or has the same number."""
    session = guided(scenario)
    for place in range(len(session.lesson.stops)):
        stepping.follow_lesson(session, place)
        outline, question, here = fair_outline(session), session.question, session.place.value.path
        if outline is None:
            continue
        later = session.lesson.stops[place:]
        asked = {stop.value.path for stop in later if stop.question is not None} - {here}
        assert not asked & set(outline.planes)
        if question is None:
            around = BlocksAround(outline, 0, still_asked(session))
            told = [block for side in (around.after, around.before) for block in _all(side)]
            made = {view.path for block in told for plane in block.planes.values() for view in plane.value.operands}
            assert not asked & (made | {path for block in told for path in block.planes})
            continue
        assert question.kind == "number"
        for plane in outline.planes.values():
            assert not any(view.path == here for view in plane.value.operands)
            if plane.path != here:
                shown = {short_number(float(number)) for number in np.unique(plane.array)}
                assert short_number(question.number) not in shown, plane.path


def _all(side: Callable[[int], Outline | None]) -> Iterator[Outline]:
    return cast("Iterator[Outline]", takewhile(bool, map(side, count())))
