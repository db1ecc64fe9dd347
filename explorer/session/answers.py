"""What was answered in lessons, written into a file that a person asked for: a line of JSON for each answer.

time      when, in UTC
name      who answers; only where they said so
lesson    its name, without the folder that it is in
stop      its number, from 1
question  what was asked
given     the answer: a word, a cell or a number; null where the answer was shown
right     whether it was right
tries     how many answers were given to this question, with this one
hint      whether a hint was in sight

Each line is appended by itself, and is on the disk before the lesson goes on.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import SURROUNDINGS, Problem

if TYPE_CHECKING:
    from attn_explore.explorer.session.lesson_progress import Given, Lesson
    from attn_explore.model.lesson import Question

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class AnswerFile:
    """A file that answers are appended to, by `name`, if the person says who they are."""

    path: Path
    name: str = ""
    now: Callable[[], datetime] = _now

    def check(self) -> None:
        """Begin the file, or look that it can be gone on with. Raises Problem."""
        self._append(b"")

    def write(self, lesson_name: str, lesson: Lesson, given: Given | None, *, had_hint: bool) -> None:
        """Write down what was given at the stop of a lesson, which has judged it; None: the answer was shown.

        Raises Problem where it cannot be written.
        """
        question = lesson.stop.question
        if question is None:
            return
        is_right = given is not None and question.is_right(given)
        line: dict[str, Any] = {
            "time": self.now().isoformat(timespec="seconds"),
            **({"name": self.name} if self.name else {}),
            "lesson": lesson_name,
            "stop": lesson.place + 1,
            "question": question.ask,
            "given": _plain(question, given),
            "right": is_right,
            "tries": len(lesson.tries) + is_right,
            "hint": had_hint,
        }
        self._append(f"{json.dumps(line, ensure_ascii=False)}\n".encode(errors="replace"))

    def _append(self, line: bytes) -> None:
        try:
            descriptor = os.open(self.path, _FLAGS, 0o666)
            try:
                self._write(descriptor, line)
            finally:
                os.close(descriptor)
        except (OSError, ValueError) as error:  # a name that holds a NUL
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise self._problem(f"answers cannot be written: {reason.lower()}") from error

    def _write(self, descriptor: int, line: bytes) -> None:
        """One write for the whole line: whoever is killed, or writes at the same time, leaves whole lines."""
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise self._problem("this is not a regular file")
        if found.st_size and _byte(descriptor, 0, os.SEEK_SET) != b"{":
            raise self._problem("this file holds something else than answers")
        if not line:
            return
        if found.st_size and _byte(descriptor, -1, os.SEEK_END) != b"\n":
            line = b"\n" + line  # somebody was cut off, or wrote by hand
        if os.write(descriptor, line) < len(line):
            raise self._problem("answers cannot be written: the disk is full")
        os.fsync(descriptor)

    def _problem(self, what: str) -> Problem:
        return Problem(what, path=self.path, hint="name another file after --answers", exit_status=SURROUNDINGS)


def _byte(descriptor: int, at: int, whence: int) -> bytes:
    os.lseek(descriptor, at, whence)
    return os.read(descriptor, 1)


def _plain(question: Question, given: Given | None) -> str | float | None:
    """An answer as text or a number: the word that was chosen, or the cell by the words along its axes."""
    from attn_explore.model.naming import bracketed, shown

    if isinstance(given, tuple):
        axis = question.options
        if axis is not None:
            return shown(axis, given[question.value.names.index(axis.name)])
        return f"{question.value.name}{bracketed(question.value.axes, given)}"
    return given if given is None or math.isfinite(given) else str(given)
