"""From step to step of a run, or from stop to stop of its lesson."""

from __future__ import annotations

from contextlib import suppress

from attn_explore.explorer.session.change_moment import go_to_moment
from attn_explore.explorer.session.lesson_progress import Given
from attn_explore.explorer.session.session import Session
from attn_explore.model.problems import Problem


def step_by(session: Session, count: int) -> bool:
    """Go on by `count` steps, or stops of the lesson, or back; False when there are none left.

    A question is answered before it is passed.
    """
    if not session.lesson.is_guided:
        return session.place.step_by(count)
    if count > 0 and session.question is not None:
        show_answer(session)
        return True
    is_on_the_way = session.stop is not None
    return _go_to_stop(session, _stop_ahead(session, count)) or not is_on_the_way


def _stop_ahead(session: Session, count: int) -> int:
    """The stop that is `count` stops on. Off the lesson's way, the way back leads to where it was left."""
    is_on_the_way = session.stop is not None
    return session.lesson.place + (count if is_on_the_way or count > 0 else count + 1)


def moment_ahead(session: Session, count: int) -> int:
    """The moment of training that `step_by` would lead to."""
    lesson = session.lesson
    if not lesson.is_guided or (count > 0 and session.question is not None):
        return session.run.moment
    return lesson.moments[max(0, min(len(lesson.stops) - 1, _stop_ahead(session, count)))]


def follow_lesson(session: Session, place: int | None = None) -> None:
    """Be guided from stop to stop, from one of them or from where the lesson was left."""
    if session.lesson.stops:
        session.lesson.is_guided = True
        _go_to_stop(session, session.lesson.place if place is None else place)


def answer(session: Session, given: Given) -> bool:
    """Answer the question that waits; False where that was wrong, and it waits for another answer.

    Raises Problem where it should be written down and cannot be.
    """
    if session.question is None:
        return False
    had_hint = session.lesson.has_hint
    is_right = session.lesson.answer(given)
    if is_right:
        _go_to_answer(session)
    _write_down(session, given, had_hint)
    return is_right


def show_answer(session: Session) -> None:
    """Have the question that waits answered. Raises Problem where that should be written down and cannot be."""
    if session.question is not None:
        session.lesson.reveal()
        _go_to_answer(session)
        _write_down(session, None, session.lesson.has_hint)


def _write_down(session: Session, given: Given | None, had_hint: bool) -> None:
    if session.answers is not None:
        session.answers.write(session.name, session.lesson, given, had_hint=had_hint)


def _go_to_answer(session: Session) -> None:
    """The cursor goes to what is right; where an operand was asked for, it stays at the cell that it is of."""
    question = session.lesson.stop.question
    if question is not None and question.value is session.place.value:
        session.place.move_to(question.right[0] if question.right else question.index)


def take_place(session: Session, other: Session) -> None:
    """Look at what another session looked at, and go on with its lesson, as far as this run has the same."""
    session.place.mark_as_in(other.place)
    taught = other.other if other.other is not None and not other.lesson.stops else other
    if session.lesson.stops:
        session.lesson.is_guided = taught.lesson.is_guided
        session.lesson.resume(taught.lesson.place, taught.lesson.outcomes)
    if session.moments and other.moments and other.run.moment < other.moments.last:
        _try_moment(session, session.moments.nearest(other.moments.steps[other.run.moment]))
    session.place.meet(other.place)


def _go_to_stop(session: Session, place: int) -> bool:
    before = session.lesson.place
    session.lesson.go_to(place)
    _try_moment(session, session.lesson.moments[session.lesson.place])
    stop = session.lesson.stop  # in the run of that moment
    if stop.is_there:
        session.place.show(session.place.find(stop.value.path) or stop.value, stop.index)
    return session.lesson.place != before


def _try_moment(session: Session, moment: int) -> None:
    """Go to a moment; stay at this one where an edit does not fit the run of that one."""
    with suppress(Problem):
        go_to_moment(session, moment)
