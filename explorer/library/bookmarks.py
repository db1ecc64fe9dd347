"""How far each lesson was followed: a small file in the user's data folder.

Losing it loses nothing but the places. One that cannot be read is kept aside, and never written over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import field
from itertools import count
from pathlib import Path
from typing import Any

from attn_explore.explorer.library.kept_files import data_file, read_object, write_object
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.course import course_folder
from attn_explore.explorer.session.lesson_progress import Lesson, Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.model.dataclass import dataclass

LARGEST = 2**20
"""Bytes of the file that are read."""


@dataclass(frozen=True)
class Bookmark:
    """The stop that was reached, of how many; whether the end ever was; and how the questions were answered."""

    place: int
    count: int
    is_done: bool = False
    outcomes: dict[int, Outcome] = field(default_factory=dict)


def bookmarks_path() -> Path:
    """Where the places are kept: `~/.local/share/attn-explore/lessons.json` on Linux."""
    return data_file("lessons.json")


def is_first_start() -> bool:
    """Whether no lesson was ever followed here."""
    try:
        return not bookmarks_path().exists()
    except OSError:
        return False


def lesson_name(path: Path) -> str:
    """What a lesson is called in the file: a bundled one by its name, another by its whole path."""
    return path.stem if path.parent.resolve() == course_folder() else str(path.absolute())


def bookmarks() -> dict[str, Bookmark]:
    """Every place that is kept, by the name of its lesson; what cannot be read is left out."""
    found = {name: _bookmark(data) for name, data in (_read() or {}).items()}
    return {name: bookmark for name, bookmark in found.items() if bookmark is not None}


def resume(session: Session) -> Bookmark | None:
    """Follow the session's lesson from where it was left, and give that place; from the start where it was ended."""
    bookmark = bookmarks().get(lesson_name(session.path)) if session.path else None
    if bookmark is not None and bookmark.place < bookmark.count - 1 and bookmark.count == len(session.lesson.stops):
        session.lesson.resume(bookmark.place, bookmark.outcomes)
    stepping.follow_lesson(session)
    return bookmark


def keep(session: Session) -> None:
    """Write the place down. Where nothing can be written, nothing is kept: it is no more than a place."""
    if session.path is None or not session.lesson.stops:
        return
    known, name = _read(), lesson_name(session.path)
    if known is not None:
        before = _bookmark(known.get(name))
        is_done = session.lesson.is_done or (before is not None and before.is_done)
        write_object(bookmarks_path(), known | {name: _plain(session.lesson, is_done)})


def forget(name: str) -> None:
    """Forget a lesson's place."""
    left = _read() or {}
    if left.pop(name, None) is not None:
        write_object(bookmarks_path(), left)


def set_aside() -> Path | None:
    """Put a file that cannot be read beside itself, and give where it is now; None where it can, or cannot be moved.

    Somebody may have written into it by hand, and one comma too many must not cost them every place.
    """
    with suppress(OSError):
        if bookmarks_path().is_file() and read_object(bookmarks_path(), LARGEST) is None:
            kept = next(name for name in _names_aside(bookmarks_path()) if not os.path.lexists(name))
            return bookmarks_path().rename(kept)
    return None


def _names_aside(path: Path) -> Iterator[Path]:
    """`lessons.json.bad`, then `lessons.json.bad2` and so on: what was kept before is kept, too."""
    return (path.with_name(f"{path.name}.bad{number if number > 1 else ''}") for number in count(1))


def _read() -> dict[str, Any] | None:
    """What the file says; None where it cannot be read nor put aside, so that nothing may take its place."""
    if not bookmarks_path().exists() or set_aside() is not None:
        return {}
    return read_object(bookmarks_path(), LARGEST)


def _plain(lesson: Lesson, is_done: bool) -> dict[str, Any]:
    outcomes = {str(place): outcome.value for place, outcome in lesson.outcomes.items()}
    return {"stop": lesson.place, "of": len(lesson.stops), "done": is_done, "answers": outcomes}


def _bookmark(data: object) -> Bookmark | None:
    """A place as the file says it; None where it says anything else."""
    if not isinstance(data, dict):
        return None
    place, count, answers = data.get("stop"), data.get("of"), data.get("answers")
    if not (isinstance(place, int) and isinstance(count, int) and 0 <= place < count):
        return None
    known = {outcome.value: outcome for outcome in Outcome}
    outcomes = {
        int(at): known[outcome]
        for at, outcome in (answers.items() if isinstance(answers, dict) else ())
        if at.isdecimal() and at.isascii() and len(at) < 6 and isinstance(outcome, str) and outcome in known
    }
    return Bookmark(place, count, data.get("done") is True, outcomes)
