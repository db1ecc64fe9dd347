"""What the lesson says at the step that is looked at, and at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from attn_explore.explorer.drawing.wrapping import Section
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.model.scenario import read_scenario
from attn_explore.model.text import visible
from attn_explore.model.values import Value


class Onward(Protocol):
    """Where a lesson leads to, as far as who follows it may go."""

    def after(self, path: Path) -> Path | None:
        """The lesson that follows it; None after the last, and for any other file."""

    def at_the_end(self, path: Path) -> str:
        """What is said after the last lesson; nothing after any other."""


def lesson_sections(session: Session, value: Value, onward: Onward | None) -> Iterator[Section]:
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
    if stop.gallery:
        yield Section("The gallery", f"E opens it at “{stop.gallery.replace('_', ' ')}”.")
    if stop.ask and stop.question is None:
        yield Section("Think", stop.ask, is_narration=True)
    if lesson.is_done:
        yield Section("The end of the lesson", _end(session, onward))


_HOW_WELL = {
    "✓": ("right at once", (Outcome.right,)),
    "h": ("with a hint", (Outcome.later,)),
    "–": ("shown", (Outcome.wrong, Outcome.shown)),
}
"""How questions are counted: a sign for each, what it means, and the outcomes that it stands for."""
_OPEN = "·"
"""The sign of a question that was not answered."""


def score_text(outcomes: Collection[Outcome], asked: int) -> str:
    """How so many questions were answered.

    >>> score_text([Outcome.right, Outcome.later, Outcome.wrong], 4)
    '4 questions: 1 right at once, 1 with a hint, 1 shown, 1 not answered'
    """
    counted = {words: sum(each in kinds for each in outcomes) for words, kinds in _HOW_WELL.values()}
    counted["not answered"] = asked - len(outcomes)
    told = ", ".join(f"{count} {words}" for words, count in counted.items() if count)
    return f"{asked} question{'s' * (asked != 1)}: {told}"


def score_signs(outcomes: Mapping[int, Outcome], asked: Iterable[int]) -> str:
    """A sign for each question, in the order of the stops that ask.

    >>> score_signs({2: Outcome.right, 5: Outcome.shown}, (2, 4, 5))
    '✓·–'
    """
    signs = {outcome: sign for sign, (_, kinds) in _HOW_WELL.items() for outcome in kinds}
    return "".join(signs[outcomes[place]] if place in outcomes else _OPEN for place in asked)


def course_line(done: int, count: int, room: int) -> str:
    """How far the course is, in numbers and as a bar, `room` cells wide.

    >>> course_line(10, 40, 24)
    'Course 10 of 40 ▰▰▱▱▱▱▱▱'
    """
    said = f"Course {done} of {count}"
    width = max(0, room - len(said) - 1)
    full = min(width, -(-done * width // count)) if done < count else width
    return f"{said} {'▰' * full}{'▱' * (width - full)}"


def _end(session: Session, onward: Onward | None) -> str:
    """How the questions were answered, and what comes next."""
    asked = len(session.lesson.asked)
    score = score_text(session.lesson.outcomes.values(), asked)
    follows = next_lesson(session, onward)
    lines = (
        f"{score}." if asked else "",
        f"Next in the course: {follows}. C opens it." if follows else _after_the_last(session, onward),
        "L steps through everything, Home goes back to the first stop.",
    )
    return "\n".join(filter(None, lines))


def _after_the_last(session: Session, onward: Onward | None) -> str:
    return onward.at_the_end(session.path) if onward is not None and session.path is not None else ""


def next_lesson(session: Session, onward: Onward | None) -> str:
    """The title of the lesson that follows in the course; nothing after the last, and after those of one's own."""
    path = onward.after(session.path) if onward is not None and session.path is not None else None
    return visible(_title_in(path)) if path is not None else ""


@cache
def _title_in(path: Path) -> str:
    return read_scenario(path).title
