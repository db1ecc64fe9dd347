"""A run and a place in it: everything that a person can do, without a screen.

The command line, the screens and the tests all work through a `Session`. It knows values and indices, not widgets.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from explorer.comparing import same_cell, same_numbers
from explorer.history import History
from explorer.lesson import Given, Lesson
from explorer.moments import AT_ONCE, Moments, takes_numbers
from explorer.what_if import moved
from model.axes import Array, Axis
from model.differentiation import record_output, with_output, without_gradients
from model.explain import Index, chosen, first_bad_number, is_choice
from model.finer import finer_steps, has_finer
from model.lesson import Question, Stop, stops
from model.ops import Output, differentiated, is_gradient, output_of
from model.ops.gradients import PREFIX
from model.problems import Problem
from model.run import CHAPTER
from model.scenario import Scenario
from model.scenario.document import Edit
from model.scenario.tokens import reading_stack
from model.trace import Trace
from model.values import Value

_PASS = re.compile(rf"^{CHAPTER}\.\d+\.")
"""How the steps of a further word of a generation begin."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell of a step or parameter."""

    path: str
    index: Index


class Run(NamedTuple):
    """What an edit changes, kept for undo and redo. Arrays that two runs have in common are in memory once."""

    scenario: Scenario
    trace: Trace
    unedited: Trace | None
    moment: int


@dataclass
class Session:
    """Steps through the values of `trace`; `name` is what the person called the run, `path` the file it was read from,
    `notes` what has to be said of how it was read. Where a scenario compares two runs, `other` is the session of the
    other one, and `label` what this one is called. `unedited` is the run without its edits, where it has any.

    `value` is what is looked at: a step, a finer step of an opened step, or a parameter. `first_bad` is the first
    NaN or infinity of the run, if there is one. `first` is the scenario before anything was changed here.
    `lesson` holds the stops of the scenario's lesson; while it `is_guided`, stepping goes from stop to stop.

    Where the model was trained, `moments` has its runs at every moment of the training, and `moment` is the one whose
    weights `trace` has. `is_pin`: it is another moment of the run beside it, and no run of its own.
    """

    name: str
    scenario: Scenario
    trace: Trace
    path: Path | None = None
    notes: tuple[str, ...] = ()
    label: str = ""
    other: Session | None = None
    unedited: Trace | None = None
    moments: Moments | None = None
    moment: int = 0
    is_guided: bool = False
    is_pin: bool = False
    first: Scenario = field(init=False)
    lesson: Lesson = field(init=False)
    value: Value = field(init=False)
    first_bad: tuple[Value, Index] | None = field(init=False)
    _opened: dict[str, list[Value]] = field(default_factory=dict, init=False)
    _cells: dict[str, Index] = field(default_factory=dict, init=False)
    _way: History[Place] = field(default_factory=History, init=False)
    _runs: History[Run] = field(default_factory=History, init=False)
    _marks: list[Place] = field(default_factory=list, init=False)
    _moves: dict[str, Array | None] = field(default_factory=dict, init=False)
    _step: Value = field(init=False)
    _lost: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.first = self.scenario
        found = stops(self.scenario, self.trace)
        self.lesson = Lesson(found, self.moments.of(found) if self.moments else (), self.moment)
        self._step = self.value = self.steps[0]
        self._follow_curves()
        self.first_bad = first_bad_number(self.trace)

    # --- steps

    @property
    def steps(self) -> list[Value]:
        """The steps in order, each opened one followed by its finer steps."""
        return [value for step in self.trace.steps.values() for value in (step, *self._opened.get(step.path, ()))]

    @property
    def position(self) -> int:
        """How many steps come before the current one. A parameter is looked at from the step that led to it."""
        return self.steps.index(self._step)

    def find(self, path: str) -> Value | None:
        """The step, finer step, parameter or given value at `path`; opens the step that a finer one is part of."""
        if path in (*self.trace.steps, *self.trace.parameters, *self.trace.given):
            return self.trace[path]
        parent = self.trace.steps.get(path.rpartition(".")[0])
        found = [value for value in finer_steps(parent) if value.path == path] if parent else []
        if found and parent:
            self.open(parent)
            return next(value for value in self._opened[parent.path] if value.path == path)
        return None

    def show(self, value: Value, index: Index | None = None) -> None:
        """Look at `value`, at the cell `index` or where the cursor last was in it."""
        self.value = value
        if value.operation is not None:
            self._step = value
        if index is not None:
            self._cells[value.path] = index

    def step_by(self, count: int) -> bool:
        """Go on by `count` steps, or stops of the lesson, or back; False when there are none left."""
        if self.is_guided:
            return self._stop_by(count)
        steps = self.steps
        target = max(0, min(len(steps) - 1, self.position + count))
        moved = self.value is not steps[target]
        self.show(steps[target])
        return moved

    def layer_by(self, count: int) -> bool:
        """Go to the same step of another layer, or of another width of an experiment; False when there is none."""
        parts = self._step.path.split(".")
        above = next((name for name in ("layers", "experiment") if name in parts), parts[-1])
        place = parts.index(above) + 1
        if place == len(parts) or not parts[place].isdecimal():
            return False
        alike = [[*parts[:place], number, *parts[place + 1 :]] for number in self._numbers_beside(parts[:place])]
        target = alike.index(parts) + count
        if not 0 <= target < len(alike):
            return False
        found = self.find(".".join(alike[target]))
        if found is not None:
            self.show(found)
        return found is not None

    def _numbers_beside(self, parts: list[str]) -> list[str]:
        """The numbers of the layers, or of the widths, under some parts of a path, in the order of the run."""
        count = len(parts)
        paths = (path.split(".") for path in self.trace.steps)
        numbers = (path[count] for path in paths if path[:count] == parts and len(path) > count)
        return [number for number in dict.fromkeys(numbers) if number.isdecimal()]

    def meet(self, other: Session) -> bool:
        """Look at the same cell of the same step as another session; False when this run has no such step."""
        value = self.find(other.value.path)
        if value is None:
            return False
        self.show(value, same_cell(other.value, other.index, value))
        return True

    def take_place(self, other: Session) -> None:
        """Look at what another session looked at, and go on with its lesson, as far as this run has the same."""
        for path in other._opened:
            if path in self.trace.steps:
                self.open(self.trace.steps[path])
        self._marks = list(other._marks)
        teacher = other.other if other.other is not None and not other.lesson.stops else other
        if self.lesson.stops:
            self.is_guided = teacher.is_guided
            self.lesson.resume(teacher.lesson.place, teacher.lesson.outcomes)
        if self.moments and other.moments and other.moment < other.moments.last:
            self._try_moment(self.moments.nearest(other.moments.steps[other.moment]))
        self.meet(other)

    def beside(self, value: Value) -> Value | None:
        """The value of the same path and axes in the other run, where it has one."""
        found = self.other.find(value.path) if self.other else None
        return found if found is not None and found.names == value.names else None

    def compared(self, value: Value) -> Array | None:
        """The other run's numbers at the cells of a value, where it has them all."""
        found = self.beside(value)
        return same_numbers(value, found) if found is not None else None

    def let_go(self) -> None:
        """Have no other run any more. Raises Problem where an edit takes numbers from it; undone ones are forgotten."""
        if takes_numbers(self.scenario):
            raise Problem("an edit takes numbers from the other run", hint="take it back first (Ctrl+Z)")
        for runs in (self._runs.behind, self._runs.ahead):
            runs[:] = [run for run in runs if not takes_numbers(run.scenario)]
        self.other, self.label = None, ""

    def parting(self) -> Value | None:
        """The first step at which the two runs part: other numbers, or cells that only this one has."""
        for step in self.trace.steps.values():
            other = self.compared(step)
            if other is None or moved(step.array, other).any():
                return step
        return None

    # --- the lesson

    @property
    def stop(self) -> Stop | None:
        """The stop of the lesson whose words go with what is looked at: the lesson's own, or the first one there."""
        if self.is_guided and self.lesson.stop.value is self.value:
            return self.lesson.stop
        return None if self.is_guided else next(iter(self.lesson.at(self.value)), None)

    def is_asked(self, path: str) -> bool:
        """Whether a question about a step still waits somewhere in the lesson that is followed."""
        places = enumerate(self.lesson.stops) if self.is_guided else ()
        return any(
            stop.question is not None and stop.value.path == path and place not in self.lesson.outcomes
            for place, stop in places
        )

    @property
    def question(self) -> Question | None:
        """The question that waits for an answer here. Until then its numbers are not shown."""
        stop = self.stop if self.is_guided else None
        return stop.question if stop and not self.lesson.is_answered else None

    def follow_lesson(self, place: int | None = None) -> None:
        """Be guided from stop to stop, from one of them or from where the lesson was left."""
        if self.lesson.stops:
            self.is_guided = True
            self._go_to_stop(self.lesson.place if place is None else place)

    def leave_lesson(self) -> None:
        """Step through everything, from here."""
        self.is_guided = False

    def answer(self, given: Given) -> None:
        """Answer the question that waits, or None: have it shown. The cursor goes to what is right."""
        question = self.question
        if question is not None:
            self.lesson.answer(given)
            self.move_to(question.right[0] if question.right else question.index)

    def _stop_by(self, count: int) -> bool:
        """Off the lesson's way, the way back leads to where it was left. A question is answered before it is passed."""
        if count > 0 and self.question is not None:
            self.answer(None)
            return True
        is_here = self.stop is not None
        return self._go_to_stop(self.lesson.place + (count if is_here or count > 0 else count + 1)) or not is_here

    def _go_to_stop(self, place: int) -> bool:
        before = self.lesson.place
        self.lesson.go_to(place)
        self._try_moment(self.lesson.moments[self.lesson.place])
        stop = self.lesson.stop  # in the run of that moment
        if stop.is_there:
            self.show(stop.value, stop.index)
        return self.lesson.place != before

    def moment_ahead(self, count: int) -> int:
        """The moment of training that `step_by` would lead to."""
        is_led = self.is_guided and self.question is None
        place = max(0, min(len(self.lesson.stops) - 1, self.lesson.place + count))
        return self.lesson.moments[place] if is_led else self.moment

    # --- marks

    @property
    def marks(self) -> tuple[Place, ...]:
        """The marked cells, in the order of the steps."""
        order = [*(step.path for step in self.steps), *self.trace.parameters]
        found = [place for place in self._marks if place.path in order]
        return tuple(sorted(found, key=lambda place: (order.index(place.path), place.index)))

    def has_mark(self, value: Value) -> bool:
        """Whether one of its cells is marked."""
        return any(place.path == value.path for place in self._marks)

    def mark(self) -> None:
        """Mark the cell that is looked at, or take its mark away."""
        if self.place in self._marks:
            self._marks.remove(self.place)
        else:
            self._marks.append(self.place)

    def next_mark(self) -> None:
        """Go to the next marked cell, after the last one to the first."""
        marks = self.marks
        place = marks[(marks.index(self.place) + 1) % len(marks)] if self.place in marks else marks[0]
        self.follow(self.find(place.path) or self.value, place.index)

    # --- finer steps

    def can_open(self) -> bool:
        """Whether the step that is looked at has finer steps, or is one."""
        return has_finer(self._parent())

    def is_open(self, value: Value) -> bool:
        """Whether the finer steps of `value` are among `steps`."""
        return value.path in self._opened

    def open(self, value: Value) -> None:
        """Show the finer steps of `value` among the steps."""
        if has_finer(value) and not self.is_open(value):
            self._opened[value.path] = finer_steps(value)

    def toggle(self) -> bool:
        """Open the step that is looked at, or close it again; False when there is nothing to open."""
        step = self._parent()
        if not self.is_open(step):
            self.open(step)
            return self.is_open(step)
        del self._opened[step.path]
        self.show(step)
        return True

    def _parent(self) -> Value:
        """The step that the current one is a finer step of, or the current one."""
        return self.trace.steps.get(self._step.path) or self.trace.steps[self._step.path.rpartition(".")[0]]

    # --- cells

    @property
    def index(self) -> Index:
        """The cell under the cursor."""
        return self.index_in(self.value)

    def index_in(self, value: Value) -> Index:
        """The cell under the cursor when a value is looked at: where it was left, or where it begins.

        That is where the scenario says, at the likeliest of a choice, or at the first number.
        """
        cell = self._cells.get(value.path)
        if cell is not None and len(cell) == len(value.shape) and all(map(int.__lt__, cell, value.shape)):
            return cell  # after an edit, a table may have fewer rows
        stop = next(iter(self.lesson.at(value)), None)
        if stop and stop.index:
            return stop.index
        return (chosen(value),) if is_choice(value) else tuple(0 for _ in value.axes)

    def put_cursor(self, value: Value, index: Index) -> None:
        """Put the cursor of a value on a cell, without looking at it."""
        self._cells[value.path] = index

    def move_to(self, index: Index) -> None:
        """Put the cursor on the cell `index` of the value that is looked at."""
        self.put_cursor(self.value, index)

    @property
    def paged(self) -> Axis | None:
        """The axis that is leafed through: the heads, or the first where it holds a matrix for each of its places."""
        if "head" in self.value.names:
            return self.value.axis("head")
        return self.value.axes[0] if len(self.value.axes) > 2 else None

    def page_by(self, count: int) -> bool:
        """Move the cursor to another head, or another place along the first axis; False when there is none."""
        if self.paged is None:
            return False
        place = self.value.axes.index(self.paged)
        page = self.index[place] + count
        if not 0 <= page < self.paged.size:
            return False
        self.move_to((*self.index[:place], page, *self.index[place + 1 :]))
        return True

    # --- the way back

    @property
    def place(self) -> Place:
        """The cell that is looked at."""
        return Place(self.value.path, self.index)

    @property
    def trail(self) -> tuple[Place, ...]:
        """The cells from which a number was followed to get here, the first one first."""
        return tuple(self._way.behind)

    def follow(self, value: Value, index: Index) -> None:
        """Go to the cell of an operand or of a use, and remember the way back."""
        self._way.leave(self.place)
        self.show(self.find(value.path) or value, index)

    def back(self) -> bool:
        """Return to where the last `follow` was made; False when there was none."""
        return self._go_to(self._way.back(self.place))

    def forward(self) -> bool:
        """Undo `back`; False when there is nothing to undo."""
        return self._go_to(self._way.forward(self.place))

    def _go_to(self, place: Place | None) -> bool:
        if place is not None:
            self.show(self.find(place.path) or self._step, place.index)
        return place is not None

    # --- gradients

    @property
    def output(self) -> Output | None:
        """What the gradients of this run are the gradients of; None where there are none."""
        found = next((step for step in self.trace.steps.values() if is_gradient(step)), None)
        return output_of(found) if found is not None else None

    @property
    def flipped(self) -> Value | None:
        """The gradient by the value that is looked at, or what a gradient is by; None where there is none."""
        if is_gradient(self.value):
            return differentiated(self.value)
        return self.trace.steps.get(f"{PREFIX}{self.value.path}")

    def flip(self) -> bool:
        """Look at the same cell of the gradient by this value, or of what a gradient is by; False without one."""
        value = self.flipped
        if value is not None:
            self.show(value, self.index)
        return value is not None

    def differentiate(self, of: str | None = None) -> None:
        """Add the gradients of a number that is named as in a scenario, or of the one that tells most, and no others.

        Raises Problem when there is no such number, and then nothing has changed.
        """
        self.take_gradients(self.differentiated(of))

    def differentiated(self, of: str | None = None) -> Run:
        """The run with gradients, as `take_gradients` takes it: for another thread to make."""
        from explorer.memory import free_memory  # asked only here

        if self.trace.nbytes > free_memory():
            raise Problem("the gradients would take more memory than there is", hint="choose a smaller model")
        trace = without_gradients(self.trace)
        record_output(trace, self.scenario, of)
        scenario = with_output(self.scenario, trace)
        unedited = self.unedited
        if unedited is not None and scenario.gradients is not None:
            unedited = without_gradients(unedited)
            record_output(unedited, scenario, scenario.gradients.of)
        return Run(scenario, trace, unedited, self.moment)

    def take_gradients(self, run: Run) -> None:
        """Look at the same place in the run with gradients; the run beside it gets those of the same number."""
        self._take(run)
        self.match_gradients()

    def match_gradients(self) -> None:
        """Let the other run have the gradients of the same number, where it has that number."""
        wanted = self.scenario.gradients
        if self.other is not None and wanted is not None and self.other.scenario.gradients != wanted:
            with suppress(Problem):
                self.other._take(self.other.differentiated(wanted.of))

    # --- moments of training

    def go_to_moment(self, moment: int) -> bool:
        """Look at the same cell with the weights of another moment; False where that is this one.

        Another training that is compared goes along, as far as it has that moment. Raises Problem where an edit does
        not fit the run of that moment, and then nothing has changed.
        """
        if self.moments is None or moment == self.moment:
            return False
        other = self.other if self.other and self.moments.goes_along(self.other.moments, moment) else None
        before = other.moment if other else moment
        if other is not None:
            other._change_moment(moment)  # first: an edit may take numbers from it
        try:
            self._change_moment(moment)
        except Problem:
            if other is not None:
                other._change_moment(before)
            raise
        return True

    def _change_moment(self, moment: int) -> None:
        """A place that the run of this moment does not have is come back to at the next one that has it."""
        wanted = self._lost.get(self.value.path, self.value.path)
        self._known.keep(self.scenario, self.moment, self.trace, self._second)
        self._take(self.run_at(moment, self.scenario))
        found = self.find(wanted)
        if found is not None:
            self.show(found)
        self._lost = {} if found is not None else {self.value.path: wanted}

    def _try_moment(self, moment: int) -> None:
        """Go to a moment; stay at this one where an edit does not fit the run of that one."""
        with suppress(Problem):
            self.go_to_moment(moment)

    def run_at(self, moment: int, scenario: Scenario) -> Run:
        """The run of a scenario at a moment, known from then on: for another thread to make. Raises Problem."""
        clean = replace(scenario, edits=(), input=self.first.input)
        unedited = self._known.trace(clean, moment, self.unedited or self.trace) if clean != scenario else None
        trace = self._known.trace(scenario, moment, unedited or self.trace, self._second)
        return Run(scenario, trace, unedited, moment)

    def is_at_hand(self, moment: int) -> bool:
        """Whether the run at a moment is there before the next frame."""
        if self.moments is None or moment == self.moment or self.moments.seconds < AT_ONCE:
            return True
        return self.moments.known(self.scenario, moment, self._second) is not None

    @property
    def is_pinned(self) -> bool:
        """Whether the run beside this one is another moment of it."""
        return self.is_pin or (self.other is not None and self.other.is_pin)

    @property
    def _known(self) -> Moments:
        assert self.moments is not None  # noqa: S101 (nothing else goes to a moment)
        return self.moments

    @property
    def _second(self) -> Trace | None:
        return self.other.trace if self.other else None

    def _follow_curves(self) -> None:
        """Put the cursor of each curve of the training where the moment is."""
        if self.moments is not None:
            for value in self.trace.steps.values():
                if (cell := self.moments.cell(value, self.moment)) is not None:
                    self.put_cursor(value, cell)
            self.label = self.moments.name(self.moment) if self.is_pinned else self.label

    # --- what-if edits

    def edit(self, edit: Edit) -> None:
        """Run again with one more edit. Raises Problem when it does not fit, and then nothing has changed."""
        self._run_again(replace(self.scenario, edits=(*self.scenario.edits, edit)))

    def edit_word(self, place: int, word: str) -> None:
        """Run again with another word of the input. Raises Problem when it does not fit, and nothing has changed."""
        self._run_again(self.scenario.with_word(place, word))

    @property
    def word(self) -> str:
        """The word of the input in whose embedding the cursor stands; nothing elsewhere, in padding and in vectors."""
        stack = reading_stack(self.scenario.model)
        tokens = self.scenario.tokens() if self.scenario.input.vectors is None else ()
        is_embedding = self.value.path == f"{stack}.embedding"
        return tokens[self.index[0]] if is_embedding and self.index[0] < len(tokens) else ""

    @property
    def changed_words(self) -> list[tuple[int, str, str]]:
        """The words of the input that are others now: place, before, now."""
        pairs = zip(self.first.tokens(), self.scenario.tokens(), strict=True)
        return [(place, before, now) for place, (before, now) in enumerate(pairs) if before != now]

    @property
    def is_edited(self) -> bool:
        """Whether the run is another one than the scenario's without edits."""
        return bool(self.scenario.edits or self.changed_words)

    def drop_edits(self) -> bool:
        """Run again without any edit; False when there are none."""
        if self.is_edited:
            self._run_again(replace(self.scenario, edits=(), input=self.first.input))
            return True
        return False

    def undo(self) -> bool:
        """Go back to the run before the last edit; False when there is none."""
        return self._take(self._now(self._runs.back(self._run)))

    def redo(self) -> bool:
        """Make the edit again that was undone; False when there is none."""
        return self._take(self._now(self._runs.forward(self._run)))

    def _now(self, run: Run | None) -> Run | None:
        """A run that one comes back to, at the moment that one has gone to since; as it was where it has no other."""
        if run is None or run.moment == self.moment:
            return run
        try:
            return self.run_at(self.moment, run.scenario)
        except Problem:
            return run

    def moved(self, value: Value) -> Array | None:
        """By how much the edits moved each number of a value; None where nothing moved or nothing can be compared."""
        if value.path not in self._moves:
            self._moves[value.path] = self._moved(value)
        return self._moves[value.path]

    def _moved(self, value: Value) -> Array | None:
        before = None if self.unedited is None else self._in(self.unedited, value.path)
        if before is None or before.array is value.array:
            return None
        if (before.names, before.shape) != (value.names, value.shape):
            return None
        difference = moved(value.array, before.array)
        return difference if difference.any() else None

    @staticmethod
    def _in(trace: Trace, path: str) -> Value | None:
        return trace.steps.get(path) or trace.parameters.get(path)

    def _run_again(self, scenario: Scenario) -> None:
        from model.run import run

        record = self.moments.record if self.moments else None
        trace = run(scenario, before=self.trace, second=self._second, record=record, moment=self.moment)
        self._runs.leave(self._run)
        is_edited = bool(scenario.edits) or scenario.tokens() != self.first.tokens()
        self._take(Run(scenario, trace, (self.unedited or self.trace) if is_edited else None, self.moment))

    @property
    def _run(self) -> Run:
        return Run(self.scenario, self.trace, self.unedited, self.moment)

    def _take(self, run: Run | None) -> bool:
        """Look at the same place in another run; where a generation ended before it, at that of its first word.

        At the first step where there is none of these. False without a run.
        """
        if run is None:
            return False
        path, step = self.value.path, self._step.path
        opened = list(self._opened)
        has_moved = run.moment != self.moment
        self.scenario, self.trace, self.unedited, self.moment = run
        self._moves.clear()
        self.lesson.take(self.trace, self.moment)
        self._opened = {each: finer_steps(self.trace.steps[each]) for each in opened if each in self.trace.steps}
        self.first_bad = first_bad_number(self.trace)
        self._step = self.find(step) or self.find(_PASS.sub("", step)) or self.steps[0]
        self.value = self.find(path) or self._step
        if has_moved:
            self._follow_curves()
        return True
