"""The questions of the bundled lessons: what is asked, hidden and judged is one thing, and nothing gives it away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from attn_explore.explorer.drawing.typed_number import typed_number
from attn_explore.model.lesson import Question, Stop
from attn_explore.model.values import Value
from tests.opened import NAMES
from tests.taught import stops_of, told

NUMBER = re.compile(r"(?<![\w.])[−-]?\d+(?:\.\d+)?(?![\d.]|·10)")
QUOTED = re.compile(r"“([^”]+)”")
SAME = 5e-5
"""Numbers this close are written alike."""
TRIED = 40
"""So many cells are changed, to see whether they judge an answer."""
SEEN = 4096
"""Of a larger tensor, the row and the column of the hidden number are in sight."""


def asked(name: str) -> Iterator[tuple[Stop, Question]]:
    for stop in stops_of(name):
        if stop.question is not None:
            yield stop, stop.question


def in_sight(question: Question, value: Value) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The numbers of a value that are shown while a question waits."""
    shown = np.ones(value.shape, bool)
    hidden = question.hides(value)
    if hidden is not None:
        shown[hidden] = False
    if value.array.size > SEEN:
        nearby = np.zeros(value.shape, bool)
        for axis in range(nearby.ndim):
            nearby[tuple(slice(None) if axis == each else here for each, here in enumerate(question.index))] = True
        shown &= nearby
    return np.asarray(value.array, np.float64)[shown]


@pytest.mark.parametrize("name", NAMES)
def test_no_question_states_its_own_answer(name: str) -> None:
    for stop, question in asked(name):
        if question.kind == "number":
            said = [typed_number(number) for number in NUMBER.findall(told(stop))]
            assert all(abs(number - question.number) >= SAME for number in said), told(stop)
            asked_with = [typed_number(number) for number in NUMBER.findall(stop.ask)]
            assert not any(question.is_right(number) for number in asked_with), stop.ask


@pytest.mark.parametrize("name", NAMES)
def test_what_stands_beside_a_hidden_number_does_not_show_it(name: str) -> None:
    for stop, question in asked(name):
        if question.kind == "number" and not question.is_sum:
            assert (np.abs(in_sight(question, stop.value) - question.number) >= SAME).all(), told(stop)


def changed_at(question: Question, cell: tuple[int, ...]) -> Question:
    """The same question about a run in which one number is far larger, or far smaller where that is asked for."""
    numbers = np.array(question.value.array, np.float64)
    numbers[cell] = -1e9 if question.is_least else 1e9
    return replace(question, value=replace(question.value, held=numbers))


@pytest.mark.parametrize("name", NAMES)
def test_the_cells_that_judge_an_answer_are_those_that_are_hidden(name: str) -> None:
    for stop, question in asked(name):
        hidden = question.hides(stop.value)
        if question.is_sum or question.value is not stop.value:
            assert hidden is None, told(stop)  # its terms are in sight; an operand is not in this tensor
            continue
        veiled = np.zeros(stop.value.shape, bool)
        veiled[hidden] = True
        for inside, cells in ((True, np.argwhere(veiled)), (False, np.argwhere(~veiled))):
            for cell in cells[:: 1 + len(cells) // TRIED]:
                place = tuple(map(int, cell))
                other = changed_at(question, place)
                judged = other.right == [place] if question.kind != "number" else other.number != question.number
                assert judged is inside, (told(stop), place)


@pytest.mark.parametrize("name", NAMES)
def test_the_row_or_column_that_a_question_names_is_the_one_that_is_focused(name: str) -> None:
    for stop, question in asked(name):
        for axis, place in zip(question.value.axes, question.index, strict=True):
            if axis.name in question.axes or axis.labels is None or axis.size == 1:
                continue
            named = [word for word in QUOTED.findall(stop.ask) if word in axis.labels]
            assert not named or axis.label(place) in named, (stop.ask, axis.name)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_about_one_word_of_several_names_it(name: str) -> None:
    """Who reads only the question knows which row is meant, where words stand along the axis."""
    for stop, question in asked(name):
        if question.kind == "word":
            for axis, place in zip(question.value.axes, question.index, strict=True):
                if axis.name in ("query", "token") and axis.size > 1 and axis.name not in question.axes:
                    assert axis.label(place) in told(stop) or str(place) in told(stop), stop.ask


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_first_guess_is_possible(name: str) -> None:
    """The cursor of a question for a cell does not begin at the answer."""
    for _, question in asked(name):
        if question.kind == "cell":
            assert question.index not in question.right, question.ask


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_asks_for_what_a_row_sums_to_only_once_in_the_course(name: str) -> None:
    sums = [question for _, question in asked(name) if question.is_sum and question.value.name == "weights"]
    rows = [question for question in sums if question.axes == ("key",)]
    assert len(rows) == (name == "i-love-my-dog")
