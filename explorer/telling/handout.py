"""The handout of a session: its lesson as a sheet of paper, or all its steps where it has no lesson."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from attn_explore.explorer.drawing.arithmetic import Manner
from attn_explore.explorer.drawing.blocks import as_text, without_bars
from attn_explore.explorer.drawing.handouts.page import Answer, Cell, Handout, Row, Stop, Table
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import cell_text, headings, questions, sections
from attn_explore.explorer.telling.lesson_moments import stop_then
from attn_explore.explorer.telling.named_numbers import names_a_number
from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.formulas import letter
from attn_explore.model.lesson import Stop as LessonStop
from attn_explore.model.naming import shown, shown_short
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.step_names import steps_meant
from attn_explore.model.text import clip, visible
from attn_explore.model.values import Value

ROWS, COLUMNS = 12, 8
"""Rows and columns of a tensor that are printed; of more, those around the cell."""
HEADS = 4
"""Heads that are printed; of more, that of the cell alone."""

MOST_STOPS = 100
"""Steps of a run without a lesson that are printed."""

ROOM = 84
"""Cells of a line of arithmetic, where it can be kept to that."""

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
    made = [_Maker(session, wanted, place, stop) for place, stop in enumerate(stops, 1)]
    scenario = session.run.scenario
    answers = [each.answer() for each in made if each.is_apart] if wanted.has_answers_apart else []
    return Handout(scenario.title, scenario.summary or "", tuple(each.stop() for each in made), tuple(answers))


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
    """Makes one stop, and what is said of it on the page of answers."""

    session: Session
    wanted: Wanted
    number: int
    told: LessonStop

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
        return self.told.question is not None and self.wanted.asks_only and self._may_ask

    @property
    def is_apart(self) -> bool:
        """Whether something of this stop stands on the page of answers."""
        return self.is_empty or self.asks

    @property
    def _may_ask(self) -> bool:
        """Whether the question can stand: with other numbers, one that names some cannot; one that names places can."""
        question = self.told.question
        axes = (*self.value.axes, *(question.value.axes if question is not None else ()))
        return self.wanted.tells or not names_a_number(self.told.ask, axes)

    @property
    def cell(self) -> Index:
        """The cell whose arithmetic is shown: an answer's, or the lesson's."""
        question = self.told.question
        right = question.right if question is not None and question.value is self.value else []
        return right[0] if right else self.told.index or self.session.place.index_in(self.value)

    def stop(self) -> Stop:
        """What stands in the handout."""
        value, question = self.value, self.told.question if self._may_ask else None
        return Stop(
            number=self.number,
            title=headings.title_alone(value),
            path=value.path,
            shape=headings.shape(value),
            formula="" if value.is_leaf else headings.equation(self.session, value),
            say=self.told.say if self.wanted.tells and self.told.say else sections.why(value),
            tables=(*self._own_tables(self._hidden()), *self._other_tables()),
            worked=() if self.is_apart else self._worked(),
            ask=self.told.ask if self._may_ask else "",
            choices=tuple(_choices(question.options)) if question is not None and question.options is not None else (),
            answer=questions.answer(question) if question is not None and not self.asks else "",
        )

    def answer(self) -> Answer:
        """What stands on the page of answers."""
        question = self.told.question if self._may_ask else None
        return Answer(
            self.number,
            headings.title_alone(self.value),
            questions.answer(question) if question is not None and self.asks else "",
            tuple(tables(self.value, self.cell, None, self.cell)) if self._hidden() is not None else (),
            self._worked(),
        )

    def _hidden(self) -> Array | None:
        """Which cells are empty: all of a step to be filled in, or those that would tell the answer."""
        if self.is_empty:
            return np.ones(self.value.shape, bool)
        asked = self.told.question.hides(self.value) if self.asks and self.told.question is not None else None
        if asked is None or (self.told.question is not None and self.told.question.kind != "number"):
            return None
        hidden = np.zeros(self.value.shape, bool)
        hidden[asked] = True
        return hidden

    def _own_tables(self, hidden: Array | None) -> Iterator[Table]:
        """The tables of the step; no cell is marked that would be the answer."""
        marked = self.cell if hidden is None and not self.is_apart else None
        found = tables(self.value, self.cell, hidden, marked)
        return found if self._other is None else _called(headings.run_name(self.session), found)

    def _other_tables(self) -> Iterator[Table]:
        """The tables of the other run, where the lesson compares the two and they differ here."""
        session, other = self.session, self._other
        if session.other is None or other is None:
            return iter(())
        cell = self.cell if other.axes == self.value.axes else tuple(0 for _ in other.axes)
        return _called(headings.run_name(session.other), tables(other, cell, None, None))

    @property
    def _other(self) -> Value | None:
        """The step in the other run, where both are to be seen: the lesson compares them, and they differ."""
        found = two_runs.beside(self.session, self.value)
        if found is None or self.told.view not in ("beside", "difference") or self.is_empty:
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
    return (replace(table, caption=", ".join(filter(None, (name, table.caption)))) for table in found)


def tables(value: Value, around: Index, hidden: Array | None, marked: Index | None) -> Iterator[Table]:
    """A value as tables, one for each head; of many rows, columns and heads those around a cell."""
    if not value.axes:
        text = "" if hidden is not None else short_number(float(value.array))
        yield Table("", "", "number", (visible(letter(value)),), (Row("", (Cell(text),)),))
        return
    leading = len(value.axes[:-2])
    heads = (size if size <= HEADS else 1 for size in value.shape[:leading])
    most = (*heads, ROWS, COLUMNS)[-len(value.shape) :]
    places = [_around(size, at, some) for size, at, some in zip(value.shape, around, most, strict=True)]
    left = "; ".join(_left_out(value.axes[:leading], places[:leading]))
    for lead in product(*places[:leading]):
        table = _table(value, lead, places[leading:], hidden, marked)
        yield replace(table, left_out="; ".join(filter(None, (table.left_out, left))))


def _left_out(axes: Sequence[Axis], places: Sequence[range]) -> Iterator[str]:
    """What is said of axes of which not all places are printed."""
    for axis, each in zip(axes, places, strict=True):
        if len(each) < axis.size:
            yield f"printed: {len(each)} of {axis.size} along {axis.name}"


def _table(value: Value, lead: Index, places: Sequence[range], hidden: Array | None, marked: Index | None) -> Table:
    """The matrix under some leading indices, at some places along its rows and columns."""
    where: tuple[int | slice, ...] = (*lead, *(slice(each.start, each.stop) for each in places))
    numbers = np.atleast_2d(value[where])
    texts = np.vectorize(lambda number: short_number(float(number)), otypes=[object])(numbers)
    if hidden is not None:
        texts[np.atleast_2d(hidden[where])] = ""
    *rows, columns = value.axes[len(lead) :]
    row_places, column_places = places if rows else (range(1), *places)
    body = (
        Row(
            _label(rows[0], at) if rows else "",
            tuple(Cell(text, (*lead, *([at] if rows else []), column) == marked)
                  for text, column in zip(line, column_places, strict=True)),
        )
        for line, at in zip(texts, row_places, strict=True)
    )  # fmt: skip
    left = _left_out((*rows, columns), places)
    caption = " · ".join(shown(axis, place) for axis, place in zip(value.axes, lead, strict=False) if axis.size > 1)
    heads = tuple(_label(columns, place) for place in column_places)
    return Table(visible(caption), rows[0].name if rows else "", columns.name, heads, tuple(body), "; ".join(left))


def _around(size: int, place: int, most: int) -> range:
    first = max(0, min(place - most // 2, size - most))
    return range(first, min(size, first + most))


def _label(axis: Axis, place: int) -> str:
    return clip(shown_short(axis, place), _LONGEST)


def _choices(axis: Axis) -> Iterator[str]:
    """The words that a question gives to choose from."""
    size = axis.size
    yield from (_label(axis, place) for place in range(min(size, _CHOICES)))
    if size > _CHOICES:
        yield f"… {size - _CHOICES} more"
