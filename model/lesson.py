"""Lessons: the stops of a scenario bound to its run, and questions that the run itself answers.

No answer is stored: what is right is looked up in the numbers of the run when it is asked for, so that it stays right
after an edit and with other weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, single_numbers
from attn_explore.model.naming import place_along
from attn_explore.model.ops import is_gradient
from attn_explore.model.passes import CHAPTER
from attn_explore.model.places import choices_along, path_meant
from attn_explore.model.problems import MOST_READ, Problem, nearest, raise_any
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Answer, LessonStep, View
from attn_explore.model.scenario.source import KeyPath
from attn_explore.model.step_names import value_at
from attn_explore.model.text import clip
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

AnswerKind = Literal["word", "cell", "number"]
"""What is given as an answer: a place along an axis, a cell, or a number."""

TOLERANCE = 0.01
"""How far a number may be off, as a share of the right one."""
ENOUGH_DIGITS = 2
"""So many digits of a number below 1 are enough: `0.13`, and `0.049`, where `0.05` says too little."""
ROUNDING_NOISE = 1e-6
"""A number this small may be what rounding left of 0."""
NEARLY_0 = 0.0005
"""Whoever adds up numbers with four decimals to 0 may be off by so much."""

MOST_CHOICES = 1000
"""Words that a question may give to choose from."""

_LONGEST = 60


@dataclass(frozen=True, eq=False)
class Question:
    """A question about a value. `index` is the cell it begins at, `axes` are the ones along which an answer is chosen.

    `axes` is a single one for a word or a sum, and none for the number of a cell. `hint` is Markdown, like `ask`.
    `is_operand`: the value is not the one that is looked at, but one that it was computed from.
    """

    ask: str
    kind: AnswerKind
    value: Value
    index: Index
    axes: tuple[str, ...]
    is_least: bool = False
    hint: str = ""
    is_operand: bool = False

    def in_run(self, trace: Trace) -> Question | None:
        """The same question about another run; None where that has no such cell."""
        value = value_at(trace, self.value.path)
        if value is None or value.names != self.value.names or not _has_cell(value, self.index):
            return None
        return replace(self, value=value)

    @property
    def options(self) -> Axis | None:
        """The axis that a word is chosen from."""
        return self.value.axis(self.axes[0]) if self.kind == "word" else None

    @property
    def is_sum(self) -> bool:
        """Whether a sum is asked for: its terms may be seen."""
        return self.kind == "number" and bool(self.axes)

    @property
    def asked(self) -> tuple[int | slice, ...]:
        """The cells that it is about: all along its axes, and the cell's own place along the others."""
        pairs = zip(self.value.axes, self.index, strict=True)
        return tuple(slice(None) if axis.name in self.axes else here for axis, here in pairs)

    def hides(self, value: Value) -> tuple[int | slice, ...] | None:
        """The cells of `value` that are hidden until the answer: those that judge it. None: nothing of it is."""
        return self.asked if value is self.value and not self.is_sum else None

    @property
    def right(self) -> list[Index]:
        """The cells that are right; several where they hold the same number, none where a number is asked for."""
        if self.kind == "number":
            return []
        numbers = np.asarray(self.value[self.asked])
        numbers = np.where(np.isfinite(numbers), numbers, np.inf if self.is_least else -np.inf)
        best = numbers.min() if self.is_least else numbers.max()
        return [self._cell(place) for place in np.argwhere(numbers == best)]

    def _cell(self, place: Iterable[int]) -> Index:
        """The cell at some places along the axes that an answer is chosen along."""
        places = iter(place)
        return tuple(int(next(places)) if isinstance(at, slice) else at for at in self.asked)

    @property
    def number(self) -> float:
        """The number that is asked for: a cell's, or a sum of several."""
        return float(np.asarray(self.value[self.asked]).sum())

    def may_be(self, cell: Index) -> bool:
        """Whether a cell is one of those that are asked about, and holds a number that could be the answer."""
        is_asked = all(isinstance(at, slice) or at == here for at, here in zip(self.asked, cell, strict=True))
        return is_asked and bool(np.isfinite(self.value[cell]))

    def at(self, place: int) -> Index:
        """The cell at a place along the axis that a word is chosen from."""
        return self._cell((place,))

    def is_right(self, given: Index | float) -> bool:
        """Whether the run agrees with an answer: a cell, or a number. An infinite number has no neighbourhood."""
        if isinstance(given, tuple):
            return given in self.right
        if not math.isfinite(self.number):
            return given == self.number
        return abs(given - self.number) <= _tolerance(abs(self.number))


@dataclass(frozen=True, eq=False)
class Stop:
    """What is told at a value, the cell that the cursor begins at (None: the first), and what is asked.

    `moment` is after how many steps of training its weights are taken; None: at the end. `is_there`: the run has the
    value; an edit may end a generation before it. `gallery`: at which of its pictures the gallery opens.
    """

    value: Value
    say: str
    index: Index | None
    view: View = "matrix"
    ask: str = ""
    question: Question | None = None
    moment: int | None = None
    is_there: bool = True
    gallery: str = ""

    def in_run(self, trace: Trace) -> Stop:
        """The same stop in another run of the same model, at the same cells."""
        value = value_at(trace, self.value.path)
        fits = value is not None and value.names == self.value.names
        asked = None if self.question is None else self.question.in_run(trace)
        if value is None or not fits or (asked is None) is not (self.question is None):
            return replace(self, is_there=False)
        if self.index is not None and not _has_cell(value, self.index):
            return replace(self, is_there=False)
        return replace(self, value=value, question=asked, is_there=True)


def _tolerance(size: float) -> float:
    """How far an answer may be from a number of a size: small ones must not be taken for 0, or for their neighbours.

    >>> [round(_tolerance(size), 7) for size in (20.0, 0.1345, 0.0489, 0.0013, 0.0)]
    [0.2, 0.005, 0.0005, 5e-05, 0.0005]
    """
    if size <= ROUNDING_NOISE:
        return NEARLY_0
    last_digit = 10.0 ** min(math.floor(math.log10(size)) + 1 - ENOUGH_DIGITS, -ENOUGH_DIGITS)
    return max(TOLERANCE * size, last_digit / 2)


def _has_cell(value: Value, index: Index) -> bool:
    return all(here < size for here, size in zip(index, value.shape, strict=True))


def stops(scenario: Scenario, trace: Trace) -> list[Stop]:
    """The stops of the scenario's lesson, in order.

    Raises Problem for each step, axis or label that the run does not have.
    """
    problems: list[Problem] = []
    found = []
    for place, entry in enumerate(scenario.lesson):
        path = ("lesson", place)
        value = value_at(trace, entry.at)
        if value is None:
            problems += _of_unknown(scenario, path, entry, trace, is_read=len(problems) < MOST_READ)
            continue
        faults = [
            *_faults(scenario, path, entry, value),
            *_view_faults(scenario, path, entry, value, trace),
            *_answer_faults(scenario, path, entry, value, trace.planned),
            *_cell_faults(scenario, path, entry, value),
            *_gallery_faults(scenario, path, entry),
        ]
        problems += faults
        if not faults:
            asked = _question(entry, value, trace.planned)
            stop = Stop(value, entry.say.strip(), _index(entry, value), entry.view, *asked, entry.moment)
            found.append(replace(stop, gallery=entry.gallery or ""))
    raise_any(problems)
    return found


def _of_unknown(
    scenario: Scenario, path: KeyPath, entry: LessonStep, trace: Trace, *, is_read: bool
) -> Iterator[Problem]:
    """A step that the run does not have, and axes that the nearest one does not have either."""
    near = path_meant(entry.at, trace.steps) if is_read else None
    hint = f"did you mean {near}?" if near else f"the first step is {next(iter(trace.steps))}"
    yield scenario.problem_at((*path, "at"), f"the run has no step {clip(entry.at, _LONGEST)}", hint)
    yield from _faults_of_axes(scenario, path, entry, trace.steps[near]) if near else ()


def _faults(scenario: Scenario, path: KeyPath, entry: LessonStep, value: Value) -> Iterator[Problem]:
    """Axes that the value does not have, and places that there are not along those that it has."""
    yield from _faults_of_axes(scenario, path, entry, value)
    for name, where in (entry.focus or {}).items():
        if name in value.names and place_along(value.axis(name), where) is None and not _is_unknown(value, where):
            what = f"there is no {clip(str(where), _LONGEST)} along {name}"
            yield scenario.problem_at((*path, "focus", name), what, choices_along(value.axis(name)))


def _faults_of_axes(scenario: Scenario, path: KeyPath, entry: LessonStep, value: Value) -> Iterator[Problem]:
    """Axes that a focus or an answer names and the value does not have."""
    focused = [((*path, "focus", name), name, True) for name in entry.focus or {}]
    answered = [
        ((*path, "answer", key), getattr(entry.answer, key, None), False) for key in ("argmax", "argmin", "sum")
    ]
    for at, name, at_key in (*focused, *answered):
        if name is not None and name not in value.names:
            what, hint = f"{value.path} has no axis {clip(name, _LONGEST)}", f"its axes are {', '.join(value.names)}"
            yield scenario.problem_at(at, what, hint, at_key=at_key)


def _view_faults(scenario: Scenario, path: KeyPath, entry: LessonStep, value: Value, trace: Trace) -> Iterator[Problem]:
    """A view of attention at a step of no attention, or of none of its heads."""
    is_of_head = "head" in value.names and f"{value.path.rpartition('.')[0]}.head_output" in trace.steps
    if entry.view in ("word", "text") and (not is_of_head or is_gradient(value)):
        what = f"the view {entry.view} shows attention, and {clip(entry.at, _LONGEST)} is no step of it"
        yield scenario.problem_at((*path, "view"), what, "take another view, or a step such as …self_attention.weights")


def _gallery_faults(scenario: Scenario, path: KeyPath, entry: LessonStep) -> Iterator[Problem]:
    """A picture that does not hang in the gallery."""
    if entry.gallery is None:
        return
    from attn_explore.model.gallery import variants_of  # few lessons speak of it

    names = [each.name for each in variants_of(scenario)]
    if entry.gallery not in names:
        near = nearest(entry.gallery, names)
        hint = f"did you mean {near}?" if near else f"these hang there: {', '.join(names)}"
        yield scenario.problem_at((*path, "gallery"), f"no picture is called {clip(entry.gallery, _LONGEST)}", hint)


def _is_unknown(value: Value, where: str | int) -> bool:
    """Whether a word may be one that is yet to be generated: a plan does not know them."""
    return isinstance(where, str) and value.held is None and value.path.startswith(f"{CHAPTER}.")


def _answer_faults(
    scenario: Scenario, path: KeyPath, entry: LessonStep, value: Value, planned: bool
) -> Iterator[Problem]:
    """An operand that is not one number of the arithmetic, and more words to choose from than anybody reads."""
    along = entry.answer and (entry.answer.argmax or entry.answer.argmin)
    if along in value.names and value.axis(along).size > MOST_CHOICES:
        what = f"nobody chooses from {value.axis(along).size} places along {along}"
        key = "argmax" if entry.answer and entry.answer.argmax else "argmin"
        yield scenario.problem_at((*path, "answer", key), what, "ask for a number, or about another step")
    wanted = entry.answer.operand if entry.answer is not None else None
    if wanted is not None and not any(_faults(scenario, path, entry, value)):
        named = [cell for cell in _operands(entry, value, planned) if _is_named(cell[0], wanted)]
        if not named or (len(named) > 1 and not planned):
            yield scenario.problem_at((*path, "answer", "operand"), *_no_operand(entry, value, wanted, planned))


def _cell_faults(scenario: Scenario, path: KeyPath, entry: LessonStep, value: Value) -> Iterator[Problem]:
    """A cell to be found where the focus names it: there is no other to choose."""
    is_asked, focus = entry.answer is not None and entry.answer.cell is not None, entry.focus
    if is_asked and focus and all(axis.size == 1 or axis.name in focus for axis in value.axes):
        what = "`focus` names the one cell that there is to choose from"
        yield scenario.problem_at((*path, "answer", "cell"), what, "leave an axis out of `focus`")


def _operands(entry: LessonStep, value: Value, planned: bool) -> list[tuple[Value, Index]]:
    """The single numbers of the focused cell's arithmetic; of a plan, which has none, a number of every operand."""
    if planned:
        places = {view.path: (view.value, tuple(0 for _ in view.value.axes)) for view in value.operands}
        return list(places.values())
    return single_numbers(value, _index(entry, value) or tuple(0 for _ in value.axes))


def _is_named(operand: Value, wanted: str) -> bool:
    """Whether a path, or the end of one, names an operand."""
    return operand.path == wanted or operand.path.endswith(f".{wanted}")


def _no_operand(entry: LessonStep, value: Value, wanted: str, planned: bool) -> tuple[str, str]:
    """What is wrong with the name of an operand, and what it may be."""
    choices = list(dict.fromkeys(operand.path for operand, _ in _operands(entry, value, planned)))
    several = len([path for path in choices if path == wanted or path.endswith(f".{wanted}")]) > 1
    what = f"{clip(wanted, _LONGEST)} names {'several numbers' if several else 'no single number'} of this arithmetic"
    hint = f"its operands are {', '.join(choices)}" if choices else "no single number enters it: ask for another cell"
    return what, hint


def _index(entry: LessonStep, value: Value) -> Index | None:
    if entry.focus is None:
        return None
    places = (place_along(axis, entry.focus.get(axis.name, 0)) for axis in value.axes)
    return tuple(place or 0 for place in places)


def _question(entry: LessonStep, value: Value, planned: bool) -> tuple[str, Question | None]:
    """What is asked, and how it is answered, where it is."""
    ask = " ".join((entry.ask or "").split())
    if entry.answer is None or not ask:
        return ask, None
    index, hint = _index(entry, value) or tuple(0 for _ in value.axes), (entry.hint or "").strip()
    if entry.answer.operand is not None:
        wanted = entry.answer.operand
        value, index = next(cell for cell in _operands(entry, value, planned) if _is_named(cell[0], wanted))
        return ask, Question(ask, "number", value, index, (), hint=hint, is_operand=True)
    kind, axes, is_least = _kind(entry.answer, entry.focus or {}, value)
    return ask, Question(ask, kind, value, index, axes, is_least, hint)


def _kind(answer: Answer, focus: Mapping[str, object], value: Value) -> tuple[AnswerKind, tuple[str, ...], bool]:
    if answer.cell is not None:
        return "cell", tuple(name for name in value.names if name not in focus), answer.cell == "smallest"
    if answer.sum is not None:
        return "number", (answer.sum,), False
    axis = answer.argmax or answer.argmin
    return ("word", (axis,), answer.argmax is None) if axis is not None else ("number", (), False)
