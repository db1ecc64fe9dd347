"""The handout of a session: its lesson as a sheet of paper, or all its steps where it has no lesson."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from attn_explore.explorer.drawing.arithmetic import Manner
from attn_explore.explorer.drawing.blocks import as_text, without_bars
from attn_explore.explorer.drawing.handouts.page import ASKED, FILL_IN, Answer, Handout, Stop, Table
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import cell_text, headings, questions, sections
from attn_explore.explorer.telling.lesson_moments import stop_then
from attn_explore.explorer.telling.named_numbers import names_a_number
from attn_explore.explorer.telling.printed_tables import Printed, label, places_of_tables, tables
from attn_explore.model.axes import Axis
from attn_explore.model.cells import Cells, Made, places_hidden
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.lesson import Question
from attn_explore.model.lesson import Stop as LessonStop
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.step_names import steps_meant
from attn_explore.model.text import clip
from attn_explore.model.values import Value

MOST_STOPS = 100
"""Steps of a run without a lesson that are printed."""

ROOM = 84
"""Cells of a line of arithmetic, where it can be kept to that."""

Part = TypeVar("Part", Stop, Answer)

_CHOICES = 24
_LONGEST = 24


@dataclass(frozen=True)
class Wanted:
    """What kind of handout is wanted.

    asks_only  the answers are left out of the stops, and stand on a page of their own
    blank      the names of steps whose cells are left empty: of all that are called so
    tells      the narration is that of the lesson; not where its numbers are other ones
    """

    asks_only: bool = False
    blank: tuple[str, ...] = ()
    tells: bool = True

    @property
    def has_answers_apart(self) -> bool:
        """Whether what is left out stands at the end."""
        return self.asks_only or bool(self.blank)

    def leaves_empty(self, value: Value) -> bool:
        """Whether the cells of a step are to be filled in."""
        return value.path in self.blank


def handout_of(session: Session, wanted: Wanted) -> Handout:
    """The handout. Raises Problem for a step to leave empty that there is not, and for a run of too many steps."""
    wanted = replace(wanted, blank=_left_empty(session, wanted.blank))
    stops = _stops(session, wanted)
    _check(session, stops)
    asked = [stop.question for stop in stops if stop.question is not None and _is_asked(stop, wanted)]
    made = [_Maker(session, wanted, place, stop, asked) for place, stop in enumerate(stops, 1)]
    apart = [each for each in made if each.is_apart] if wanted.has_answers_apart else []
    answers = _printed_once([each.answer() for each in apart], apart)
    scenario = session.run.scenario
    return Handout(
        scenario.title,
        scenario.summary or "",
        tuple(_printed_once([each.stop() for each in made], made)),
        tuple(each for each in answers if each.said or each.tables or each.worked),
    )


def _printed_once(parts: Sequence[Part], makers: Sequence[_Maker]) -> list[Part]:
    """Stops or answers, of which those whose tables stand on the paper already say where."""
    groups = [Printed(part.number, maker.value.path, part.tables) for part, maker in zip(parts, makers, strict=True)]
    found = places_of_tables(groups, headings.run_name(makers[0].session) if makers else "")
    return [part.without_tables(at) if at else part for part, at in zip(parts, found, strict=True)]


def _is_asked(stop: LessonStop, wanted: Wanted) -> bool:
    """Whether something is asked at a stop whose answer stands apart."""
    return stop.question is not None and wanted.asks_only and _may_ask(stop, wanted)


def _may_ask(stop: LessonStop, wanted: Wanted) -> bool:
    """Whether a question can stand: with other numbers, one that names some cannot; one that names places can."""
    axes = (*stop.value.axes, *(stop.question.value.axes if stop.question is not None else ()))
    return wanted.tells or not names_a_number(stop.ask, axes)


def _stops(session: Session, wanted: Wanted) -> list[LessonStop]:
    """The stops of the lesson that the run has, and the steps to be filled in; without a lesson a stop at each step."""
    steps = session.run.trace.steps
    if not session.lesson.stops:
        return [LessonStop(step, "", None) for step in steps.values()]
    told = (stop_then(session, stop) for stop in session.lesson.stops)
    found = [stop for stop in told if stop.is_there]
    places, known = {path: place for place, path in enumerate(steps)}, {stop.value.path for stop in found}
    for step in steps.values():
        if wanted.leaves_empty(step) and step.path not in known:
            later = (at for at, stop in enumerate(found) if places.get(stop.value.path, -1) > places[step.path])
            found.insert(next(later, len(found)), LessonStop(step, "", None))
    return found


def _check(session: Session, stops: Sequence[LessonStop]) -> None:
    if len(stops) > MOST_STOPS:
        hint = "write a lesson whose stops are those that matter, or take a smaller model"
        raise Problem(f"a handout of {len(stops)} steps would be a book", path=session.path, hint=hint)


def _left_empty(session: Session, names: Sequence[str]) -> tuple[str, ...]:
    """The paths of all steps that some names mean. Raises Problem for a name that means none."""
    trace = session.run.trace
    found = {name: steps_meant(name.strip(), trace) for name in names}
    for name, paths in found.items():
        if not paths:
            near = nearest(name, [path.rpartition(".")[2] for path in trace.steps])
            hint = f"did you mean {near}?" if near else f"the first is {next(iter(trace.steps))}"
            raise Problem(f"the run has no step {clip(name, _LONGEST)} to be left empty", hint=hint)
    return tuple(path for paths in found.values() for path in paths)


@dataclass(frozen=True)
class _Maker:
    """Makes one stop, and what is said of it on the page of answers. `asked` are all questions of the handout."""

    session: Session
    wanted: Wanted
    number: int
    told: LessonStop
    asked: Sequence[Question]

    @property
    def value(self) -> Value:
        """What the stop is at."""
        return self.told.value

    @property
    def is_empty(self) -> bool:
        """Whether its cells are to be filled in."""
        return self.wanted.leaves_empty(self.value)

    @property
    def asks(self) -> bool:
        """Whether something is asked whose answer stands apart."""
        return _is_asked(self.told, self.wanted)

    @property
    def is_apart(self) -> bool:
        """Whether something of this stop stands on the page of answers."""
        return self.asks or self._hidden is not None

    @property
    def _question(self) -> Question | None:
        """What is asked, where it can be."""
        return self.told.question if _may_ask(self.told, self.wanted) else None

    @property
    def cell(self) -> Index:
        """The cell whose arithmetic is shown: an answer's, or the lesson's."""
        question = self.told.question
        right = question.right if question is not None and question.value is self.value else []
        return right[0] if right else self._first_cell

    @property
    def _first_cell(self) -> Index:
        """The cell that the lesson begins at, which tells no answer."""
        return self.told.index or self.session.place.index_in(self.value)

    def stop(self) -> Stop:
        """What stands in the handout."""
        value, question = self.value, self._question
        found = (*self._own_tables(), *self._other_tables(self._hidden))
        has_blanks = any(table.has_blanks for table in found)
        return Stop(
            number=self.number,
            title=headings.title_alone(value),
            path=value.path,
            shape=headings.shape(value),
            formula="" if value.is_leaf else headings.equation(self.session, value),
            say=self.told.say if self.wanted.tells and self.told.say else sections.why(value),
            tables=found,
            worked=() if self._is_worked_apart else self._worked(),
            ask=self.told.ask if _may_ask(self.told, self.wanted) else "",
            choices=tuple(_choices(question.options)) if question is not None and question.options is not None else (),
            answer=questions.answer(question) if question is not None and not self.asks else "",
            empty=(FILL_IN if self.is_empty else ASKED) if has_blanks else "",
        )

    def answer(self) -> Answer:
        """What stands on the page of answers."""
        question, is_hidden = self._question, self._hidden is not None
        marked = self.cell if self._is_worked_apart else None
        own = self._named(tables(self.value, self.cell, None, marked))
        return Answer(
            self.number,
            headings.title_alone(self.value),
            questions.answer(question) if question is not None and self.asks else "",
            (*own, *self._other_tables(None)) if is_hidden else (),
            self._worked() if self._is_worked_apart else (),
        )

    @property
    def _hidden(self) -> Cells | None:
        """Which cells are empty: all of a step to be filled in, or those that the screen hides for a question.

        On paper all stops are in sight at once: what one of them asks about is empty at all of them.
        """
        shape, all_cells = self.value.shape, tuple(slice(None) for _ in self.value.axes)
        found = (all_cells,) if self.is_empty else (question.hides(self.value) for question in self.asked)
        veils = [places_hidden(shape, cells) for cells in found if cells is not None]
        return Made(shape, lambda index: np.any([veil[index] for veil in veils], axis=0)) if veils else None

    @property
    def _is_worked_apart(self) -> bool:
        """Whether the arithmetic would tell what is asked for."""
        return self.asks or (self._hidden is not None and bool(self._hidden[self.cell]))

    def _own_tables(self) -> Iterator[Table]:
        """The tables of the step; neither a mark nor the part that is printed tells an answer that stands apart."""
        around = self._first_cell if self.asks else self.cell
        return self._named(tables(self.value, around, self._hidden, None if self._is_worked_apart else self.cell))

    def _named(self, found: Iterator[Table]) -> Iterator[Table]:
        """Tables of the step under the name of its run, where both runs are printed."""
        return found if self._other is None else _called(headings.run_name(self.session), found)

    def _other_tables(self, hidden: Cells | None) -> Iterator[Table]:
        """The tables of the other run, where the lesson compares the two and they differ here."""
        session, other = self.session, self._other
        if session.other is None or other is None:
            return iter(())
        cell = self.cell if other.shape == self.value.shape else tuple(0 for _ in other.axes)
        hidden = hidden if other.shape == self.value.shape else None
        return _called(headings.run_name(session.other), tables(other, cell, hidden, None))

    @property
    def _other(self) -> Value | None:
        """The step in the other run, where both are to be seen: the lesson compares them, and they differ.

        Where something is asked, it would tell the answer.
        """
        found = two_runs.beside(self.session, self.value)
        if found is None or self.told.view not in ("beside", "difference") or self.is_empty or self.asks:
            return None
        is_same = found.axes == self.value.axes and two_runs.most_apart(self.session, self.value) is None
        return None if is_same else found

    def _worked(self) -> tuple[str, ...]:
        """The arithmetic of the cell, in few words where many are too wide."""
        if self.value.is_leaf:
            return ()
        found = [
            cell_text.cell_blocks(self.session, self.value, self.cell, Manner(terse=terse)) for terse in (False, True)
        ]
        fits = max((block.width for block in found[0]), default=0) <= ROOM
        note = cell_text.cell_note(self.value, self.cell)
        return (*as_text(without_bars(found[0 if fits else 1])), *([note] if note else []))


def _called(name: str, found: Iterator[Table]) -> Iterator[Table]:
    """Tables under the name of the run that they are of."""
    return (replace(table, run=name) for table in found)


def _choices(axis: Axis) -> Iterator[str]:
    """The words that a question gives to choose from."""
    size = axis.size
    yield from (label(axis, place) for place in range(min(size, _CHOICES)))
    if size > _CHOICES:
        yield f"… {size - _CHOICES} more"
