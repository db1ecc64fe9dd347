"""How far each lesson was followed, kept for the person.

Losing it loses nothing but the places. What cannot be read is kept aside, and never written over.
"""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import Any

from attn_explore.explorer.library.kept import Kept
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.course import course_folder
from attn_explore.explorer.session.lesson_progress import Lesson, Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.model.dataclass import dataclass

NAME = "lessons.json"
"""What they are kept as: `~/.local/share/attn-explore/lessons.json` on Linux."""

LARGEST = 2**20
"""Bytes of them that are read."""


@dataclass(frozen=True)
class Bookmark:
    """The stop that was reached, of how many; whether the end ever was; and how the questions were answered."""

    place: int
    count: int
    is_done: bool = False
    outcomes: dict[int, Outcome] = field(default_factory=dict)


@dataclass(frozen=True)
class Bookmarks:
    """The places of a person in their lessons."""

    kept: Kept

    def is_first_start(self) -> bool:
        """Whether no lesson was ever followed here."""
        return not self.kept.has(NAME)

    def all(self) -> dict[str, Bookmark]:
        """Every place that is kept, by the name of its lesson; what cannot be read is left out."""
        found = {name: _bookmark(data) for name, data in (self._read() or {}).items()}
        return {name: bookmark for name, bookmark in found.items() if bookmark is not None}

    def resume(self, session: Session) -> Bookmark | None:
        """Follow the lesson from where it was left, and give that place; from the start where it was ended."""
        bookmark = self.all().get(lesson_name(session.path)) if session.path else None
        if bookmark is not None and bookmark.place < bookmark.count - 1 and bookmark.count == len(session.lesson.stops):
            session.lesson.resume(bookmark.place, bookmark.outcomes)
        stepping.follow_lesson(session)
        return bookmark

    def keep(self, session: Session) -> None:
        """Write the place down. Where nothing can be written, nothing is kept: it is no more than a place."""
        if session.path is None or not session.lesson.stops:
            return
        known, name = self._read(), lesson_name(session.path)
        if known is not None:
            before = _bookmark(known.get(name))
            is_done = session.lesson.is_done or (before is not None and before.is_done)
            self.kept.write(NAME, known | {name: _plain(session.lesson, is_done)})

    def forget(self, name: str) -> None:
        """Forget a lesson's place."""
        left = self._read() or {}
        if left.pop(name, None) is not None:
            self.kept.write(NAME, left)

    def set_aside(self) -> Path | None:
        """Put what cannot be read beside itself, and give where it is now; None where it can be read."""
        return self.kept.set_aside(NAME, LARGEST)

    def _read(self) -> dict[str, Any] | None:
        """What is kept; None where it cannot be read nor put aside, so that nothing may take its place."""
        return {} if self.set_aside() is not None else self.kept.read(NAME, LARGEST)


def lesson_name(path: Path) -> str:
    """What a lesson is called there: a bundled one by its name, another by its whole path."""
    return path.stem if path.parent.resolve() == course_folder() else str(path.absolute())


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
