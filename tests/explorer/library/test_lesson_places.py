"""The place in a lesson that is kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attn_explore.explorer.library.bookmarks import NAME, Bookmark, Bookmarks
from attn_explore.explorer.library.kept import OnDisk, data_file
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.session import Session
from tests.explorer.a_lesson import LESSON, in_a_file
from tests.explorer.conftest import session_of

BOOKMARKS = Bookmarks(OnDisk())


@pytest.fixture
def file_of(tmp_path: Path) -> Session:
    return in_a_file(tmp_path)


def test_a_lesson_goes_on_where_it_was_left(file_of: Session) -> None:
    stepping.follow_lesson(file_of)
    stepping.step_by(file_of, 1)
    stepping.answer(file_of, (0, 0, 0))
    stepping.step_by(file_of, 1)
    BOOKMARKS.keep(file_of)
    again = session_of(str(file_of.path))
    assert BOOKMARKS.resume(again) == Bookmark(2, 5, False, {1: file_of.lesson.outcomes[1]})
    assert (again.lesson.place, again.lesson.is_guided) == (2, True)
    assert again.lesson.outcomes == file_of.lesson.outcomes


def test_a_lesson_that_was_ended_begins_again(file_of: Session) -> None:
    stepping.follow_lesson(file_of, 4)
    BOOKMARKS.keep(file_of)
    again = session_of(str(file_of.path))
    mark = BOOKMARKS.resume(again)
    assert mark is not None
    assert mark.is_done
    assert again.lesson.place == 0
    stepping.step_by(again, 1)
    BOOKMARKS.keep(again)
    assert BOOKMARKS.all()[str(file_of.path)] == Bookmark(1, 5, True, {})
    third = session_of(str(file_of.path))
    BOOKMARKS.resume(third)
    assert third.lesson.place == 1


def test_a_place_in_a_lesson_that_has_changed_is_left_alone(file_of: Session) -> None:
    stepping.follow_lesson(file_of, 3)
    BOOKMARKS.keep(file_of)
    assert file_of.path is not None
    file_of.path.write_text(LESSON.replace("  - {at: encoder.input, say: One *row* a word.}\n", ""), "utf-8")
    again = session_of(str(file_of.path))
    BOOKMARKS.resume(again)
    assert again.lesson.place == 0


@pytest.mark.parametrize(
    "written",
    [
        b"", b"\xff\xfe", b"[1]", b"{", b'{"x": 5}', b"[" * 100_000, b'{"%s": {"stop": 9, "of": 5}}',
        b'{"%s": {"stop": "1", "of": 5}}', b'{"%s": {"stop": 1, "of": 5, "answers": {"x": 1, "-1": "right", "1": []}}}',
    ],
    ids=["empty", "not-text", "list", "cut", "number", "deep", "beyond", "text", "answers"],
)  # fmt: skip
def test_a_broken_file_of_places_loses_nothing_but_the_place(file_of: Session, written: bytes) -> None:
    path = data_file(NAME)
    name = str(file_of.path).encode()
    path.write_bytes(written % name if b"%s" in written else written)
    BOOKMARKS.resume(file_of)
    assert file_of.lesson.place in (0, 1)
    assert file_of.lesson.outcomes == {}
    stepping.step_by(file_of, 2)
    BOOKMARKS.keep(file_of)
    assert json.loads(path.read_text("utf-8"))[str(file_of.path)]["stop"] == file_of.lesson.place


def test_a_place_that_cannot_be_written_is_not_kept(file_of: Session) -> None:
    data_file(NAME).unlink()
    data_file(NAME).mkdir()  # in the way
    BOOKMARKS.keep(file_of)
    assert BOOKMARKS.all() == {}


def test_places_are_forgotten_one_by_one(file_of: Session) -> None:
    BOOKMARKS.keep(file_of)
    BOOKMARKS.forget("another")
    assert str(file_of.path) in BOOKMARKS.all()
    BOOKMARKS.forget(str(file_of.path))
    assert BOOKMARKS.all() == {}


def test_a_bundled_lesson_is_called_by_its_name() -> None:
    session = session_of("translate")
    BOOKMARKS.keep(session)
    assert list(BOOKMARKS.all()) == ["translate"]
