"""Following a lesson: from stop to stop, and from one lesson to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from attn_explore.explorer.session import edits, stepping
from attn_explore.explorer.session.course import after, bundled, on_models
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import sections
from attn_explore.model.scenario.document import Edit
from tests.explorer.a_lesson import LAYER, followed
from tests.explorer.conftest import session_of
from tests.explorer.editing import edit, edit_word


@pytest.fixture
def session() -> Session:
    return followed()


def test_steps_go_from_stop_to_stop_in_the_order_of_the_lesson(session: Session) -> None:
    seen = []
    for _ in range(5):
        stepping.show_answer(session)
        seen.append((session.place.value.name, session.lesson.place))
        stepping.step_by(session, 1)
    assert seen == [("input", 0), ("scores", 1), ("weights", 2), ("weights", 3), ("scores", 4)]
    assert not stepping.step_by(session, 1)
    assert session.lesson.is_done


def test_whoever_has_left_the_way_comes_back_to_it(session: Session) -> None:
    stepping.step_by(session, 1)
    session.place.show(session.run.trace[f"{LAYER}.k"])
    assert session.stop is None
    assert "goes back to stop 2" in sections.sections(session, session.place.value)[0].text
    assert stepping.step_by(session, -1)
    assert (session.place.value.name, session.lesson.place) == ("scores", 1)
    session.place.show(session.run.trace[f"{LAYER}.k"])
    assert stepping.step_by(session, 1)
    assert session.lesson.place == 2


def test_out_of_the_lesson_every_step_comes(session: Session) -> None:
    session.lesson.is_guided = False
    session.place.show(session.place.steps[0])
    assert stepping.step_by(session, 1)
    assert session.place.value is session.place.steps[1]
    stepping.follow_lesson(session)
    assert session.place.value.name == "input"


def test_an_edit_keeps_the_place_and_asks_the_new_run(session: Session) -> None:
    stepping.step_by(session, 1)
    edit(session, Edit(at=f"{LAYER}.scores", index=(0, 0, 0), set=100.0))
    assert session.question is not None
    assert session.question.right == [(0, 0, 0)]


def test_another_word_leaves_the_lesson_and_its_place_as_they_are() -> None:
    session = session_of("i-love-my-dog")
    stepping.follow_lesson(session, 8)
    stepping.answer(session, 1.0)
    edit_word(session, 3, "cat")
    assert (len(session.lesson.stops), session.lesson.place) == (11, 8)
    assert session.lesson.outcome is Outcome.right
    assert all(stop.is_there for stop in session.lesson.stops)
    assert edits.undo(session)
    assert session.lesson.place == 8


def test_answers_are_judged_by_the_run_after_an_edit(session: Session) -> None:
    stepping.step_by(session, 1)
    best = int(session.place.value.array[0, 0].argmax())
    stepping.answer(session, (0, 0, (best + 1) % 4))
    stepping.answer(session, (0, 0, best))
    edit(session, Edit(at=f"{LAYER}.scores", index=(0, 0, (best + 1) % 4), set=99.0))
    assert session.lesson.outcome is Outcome.wrong
    edits.undo(session)
    assert session.lesson.outcome is Outcome.later


def test_each_lesson_leads_to_the_next_in_the_order_of_the_course(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    course, others = list(bundled().values()), on_models()
    assert [after(path) for path in course] == [*course[1:], None]
    assert after(Path("mine.yaml")) is None
    model = tmp_path / "models--google-t5--t5-small"
    for path, text in (("refs/main", "abc"), ("snapshots/abc/config.json", "{}")):
        (model / path).parent.mkdir(parents=True)
        (model / path).write_text(text)
    assert after(course[-1]) == others["a-real-translator"]
    assert after(others["its-law"]) == others["a-real-translator"]
