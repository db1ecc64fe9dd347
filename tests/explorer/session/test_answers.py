"""Answers that are written down: what, and nothing that was not asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.answers import AnswerFile
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem
from tests.explorer.conftest import Explore, session_of

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def at_its_question(path: Path, name: str = "") -> Session:
    """A lesson at its first question for a word, whose answers go into a file."""
    session = session_of("i-love-my-dog")
    session.answers = AnswerFile(path, name, now=lambda: NOON)
    stepping.follow_lesson(session)
    kinds = [stop.question.kind if stop.question else "" for stop in session.lesson.stops]
    stepping.follow_lesson(session, kinds.index("word"))
    return session


def test_each_answer_is_a_line_with_its_tries_and_hints(tmp_path: Path) -> None:
    session = at_its_question(tmp_path / "a.jsonl", "Ada")
    question = session.question
    assert question is not None
    axis, right = question.options, question.right[0]
    assert axis is not None
    wrong = next(question.at(place) for place in range(axis.size) if question.at(place) != right)
    stepping.answer(session, wrong)
    stepping.answer(session, right)
    first, second = written(tmp_path / "a.jsonl")
    assert first == {
        "time": "2030-05-01T12:00:00+00:00",
        "name": "Ada",
        "lesson": "i-love-my-dog",
        "stop": session.lesson.place + 1,
        "question": question.ask,
        "given": axis.label(wrong[question.value.names.index(axis.name)]),
        "right": False,
        "tries": 1,
        "hint": False,
    }
    assert [second[key] for key in ("right", "tries", "hint")] == [True, 2, True]
    session.lesson.ask_again()
    stepping.show_answer(session)
    assert [written(tmp_path / "a.jsonl")[2][key] for key in ("given", "right", "tries")] == [None, False, 0]


def test_who_says_no_name_has_none_written_nor_the_folder_of_the_lesson(tmp_path: Path) -> None:
    lesson = "input: {text: I am}\nlesson: [{at: encoder.input, ask: 'How much?', answer: {number: true}}]\n"
    (tmp_path / "mine.yaml").write_text(lesson, "utf-8")
    session = start(find_source(str(tmp_path / "mine.yaml")), Limits())
    session.answers = AnswerFile(tmp_path / "a.jsonl")
    stepping.follow_lesson(session)
    stepping.answer(session, float("inf"))
    (line,) = written(tmp_path / "a.jsonl")
    assert "name" not in line
    assert (line["lesson"], line["given"]) == ("mine", "inf")


def test_a_line_that_was_cut_off_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"time": "20', "utf-8")
    stepping.show_answer(at_its_question(tmp_path / "a.jsonl"))
    cut, line = (tmp_path / "a.jsonl").read_text("utf-8").splitlines()
    assert cut == '{"time": "20'
    assert json.loads(line)["given"] is None


@pytest.mark.parametrize("content", [None, b"input: {text: a}"], ids=["a folder", "a scenario"])
def test_nothing_is_appended_to_what_holds_no_answers(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "a"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(Problem) as refused:
        AnswerFile(path).check()
    assert "--answers" in refused.value.hint
    assert content is None or path.read_bytes() == content


async def test_the_next_lesson_writes_into_the_same_file(explore: Explore, tmp_path: Path) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        session.answers = AnswerFile(tmp_path / "a.jsonl")
        await pilot.press("L", *["right"] * 20, "C")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press(*["right"] * 20)
        assert list(dict.fromkeys(line["lesson"] for line in written(tmp_path / "a.jsonl"))) == [
            "i-love-my-dog",
            "single-head",
        ]
