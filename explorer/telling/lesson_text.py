"""What the lesson says at the step that is looked at, and at its end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from attn_explore.explorer.drawing.wrapping import Section
from attn_explore.explorer.session.course import after, bundled
from attn_explore.explorer.session.session import Session
from attn_explore.model.scenario import read_scenario
from attn_explore.model.text import visible
from attn_explore.model.values import Value

_LAST = "This was the last lesson of the course: attn-explore new starts a scenario of your own."


def lesson_sections(session: Session, value: Value) -> Iterator[Section]:
    """What the lesson says here, or how to come back to it."""
    stop = session.stop
    if not session.lesson.is_guided:
        if stop is not None and stop.value.path == value.path and stop.say:
            yield Section("In this scenario", stop.say, is_narration=True)
        return
    lesson = session.lesson
    heading = f"Lesson · {lesson.place + 1} of {len(lesson.stops)}"
    if stop is None:
        yield Section(heading, f"← goes back to stop {lesson.place + 1}, → on to the next.")
        return
    yield Section(heading, stop.say, is_narration=True)
    if stop.ask and stop.question is None:
        yield Section("Think", stop.ask, is_narration=True)
    if lesson.is_done:
        yield Section("The end of the lesson", _end(session))


def score_text(right: int, later: int, asked: int) -> str:
    """How many questions were answered rightly, and how many of them not at once.

    >>> score_text(1, 2, 4), score_text(1, 0, 4)
    ('3 of 4 questions answered rightly, 2 of them after another try', '1 of 4 questions answered rightly')
    """
    return f"{right + later} of {asked} questions answered rightly" + (
        f", {later} of them after another try" if later else ""
    )


def _end(session: Session) -> str:
    """How the questions were answered, and what comes next."""
    right, later, asked = session.lesson.score
    score = score_text(right, later, asked)
    follows = next_lesson(session)
    lines = (
        f"{score}." if asked else "",
        f"Next in the course: {follows}. C opens it." if follows else _LAST if _is_last(session) else "",
        "L steps through everything, Home goes back to the first stop.",
    )
    return "\n".join(filter(None, lines))


def _is_last(session: Session) -> bool:
    """Whether it is the lesson at the end of the course."""
    return session.path is not None and session.path.resolve() == list(bundled().values())[-1]


def next_lesson(session: Session) -> str:
    """The title of the lesson that follows in the course; nothing after the last, and after those of one's own."""
    path = after(session.path) if session.path is not None else None
    return visible(_title_in(path)) if path is not None else ""


@cache
def _title_in(path: Path) -> str:
    return read_scenario(path).title
