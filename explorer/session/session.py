"""A run, a place in it and a lesson on it: everything that a person can do, without a screen.

The command line, the screens and the tests all work through a `Session`. It knows values and indices, not widgets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from attn_explore.explorer.session.lesson_progress import Given, Lesson
from attn_explore.explorer.session.matching import same_numbers
from attn_explore.explorer.session.runs import Run, Runs
from attn_explore.explorer.session.what_if import moved
from attn_explore.model.axes import Array
from attn_explore.model.explain import Index
from attn_explore.model.lesson import Question, Stop, stops
from attn_explore.model.values import Value


@dataclass
class Session(Runs):
    """Steps through a run; `path` is the file it was read from, `notes` what has to be said of how it was read.

    `lesson` holds the stops of the scenario's lesson; while it `is_guided`, stepping goes from stop to stop.
    """

    path: Path | None = None
    notes: tuple[str, ...] = ()
    is_guided: bool = False
    lesson: Lesson = field(init=False)

    def __post_init__(self) -> None:
        found = stops(self.scenario, self.trace)
        self.lesson = Lesson(found, self.moments.of(found) if self.moments else (), self.moment)
        super().__post_init__()

    def step_by(self, count: int) -> bool:
        """Go on by `count` steps, or stops of the lesson, or back; False when there are none left."""
        return self._stop_by(count) if self.is_guided else super().step_by(count)

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

    # --- the other run

    def beside(self, value: Value) -> Value | None:
        """The value of the same path and axes in the other run, where it has one."""
        found = self.other.find(value.path) if self.other else None
        return found if found is not None and found.names == value.names else None

    def compared(self, value: Value) -> Array | None:
        """The other run's numbers at the cells of a value, where it has them all."""
        found = self.beside(value)
        return same_numbers(value, found) if found is not None else None

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
        """The stop of the lesson whose words go with what is looked at: the lesson's own, or else the first one there
        that speaks of this moment of the training.
        """
        if self.is_guided and self.lesson.stop.value is self.value:
            return self.lesson.stop
        return None if self.is_guided else next(iter(self.lesson.now_at(self.value)), None)

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

    def answer(self, given: Given) -> bool:
        """Answer the question that waits; False where that was wrong, and it waits for another answer."""
        question = self.question
        is_right = question is not None and self.lesson.answer(given)
        if is_right:
            self._go_to_answer()
        return is_right

    def show_answer(self) -> None:
        """Have the question that waits answered."""
        if self.question is not None:
            self.lesson.reveal()
            self._go_to_answer()

    def _go_to_answer(self) -> None:
        """The cursor goes to what is right; where an operand was asked for, it stays at the cell that it is of."""
        question = self.lesson.stop.question
        if question is not None and question.value is self.value:
            self.move_to(question.right[0] if question.right else question.index)

    def _stop_by(self, count: int) -> bool:
        """Off the lesson's way, the way back leads to where it was left. A question is answered before it is passed."""
        if count > 0 and self.question is not None:
            self.show_answer()
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

    def _beginning(self, value: Value) -> Index:
        """Where the scenario says, if it does."""
        stop = next(iter(self.lesson.at(value)), None)
        return stop.index if stop and stop.index else super()._beginning(value)

    def _take(self, run: Run | None) -> bool:
        """Look at the same place in another run, with the same lesson."""
        if run is not None:
            self.lesson.take(run.trace, run.moment)
        return super()._take(run)
