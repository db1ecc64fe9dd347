"""A run that can be made again: with gradients, with the weights of another moment of its training, with edits.

Whatever is run, the same place is looked at in it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from attn_explore.explorer.session.history import History
from attn_explore.explorer.session.moments import AT_ONCE, Moments, takes_numbers
from attn_explore.explorer.session.walk import Walk
from attn_explore.explorer.session.what_if import moved
from attn_explore.model.axes import Array
from attn_explore.model.differentiation import record_output, with_gradients, with_output, without_gradients
from attn_explore.model.explain import Index, first_bad_number
from attn_explore.model.finer import finer_steps
from attn_explore.model.forward import CHAPTER
from attn_explore.model.ops import Output, differentiated, is_gradient, output_of
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.scenario.tokens import reading_stack
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_PASS = re.compile(rf"^{CHAPTER}\.\d+\.")
"""How the steps of a further word of a generation begin."""


class Run(NamedTuple):
    """What an edit changes, kept for undo and redo. Arrays that two runs have in common are in memory once."""

    scenario: Scenario
    trace: Trace
    unedited: Trace | None
    moment: int


@dataclass
class Runs(Walk):
    """A walk through a run, and through what it is run again as.

    `unedited` is the run without its edits, where it has any; `first` is the scenario before anything was changed here.
    `first_bad` is the first NaN or infinity of the run, if there is one. Where two runs are compared, `other` is the
    other one, and `label` what this one is called.

    Where the model was trained, `moments` has its runs at every moment of the training, and `moment` is the one whose
    weights `trace` has. `is_pin`: it is another moment of the run beside it, and no run of its own.
    """

    label: str = ""
    other: Self | None = None
    unedited: Trace | None = None
    moments: Moments | None = None
    moment: int = 0
    is_pin: bool = False
    first: Scenario = field(init=False)
    first_bad: tuple[Value, Index] | None = field(init=False)
    _runs: History[Run] = field(default_factory=History, init=False)
    _moves: dict[str, Array | None] = field(default_factory=dict, init=False)
    _lost: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.first = self.scenario
        self._follow_curves()
        self.first_bad = first_bad_number(self.trace)

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
        from attn_explore.explorer.system.free_memory import free_memory  # asked only here

        run = self._run  # as it is now: the person may go on meanwhile
        if run.trace.nbytes * (1 if run.unedited is None else 2) > free_memory():
            raise Problem("the gradients would take more memory than there is", hint="choose a smaller model")
        trace = without_gradients(run.trace)
        record_output(trace, run.scenario, of)
        scenario = with_output(run.scenario, trace)
        unedited = None if run.unedited is None else with_gradients(run.unedited, scenario)
        return Run(scenario, trace, unedited, run.moment)

    def is_like(self, run: Run) -> bool:
        """Whether a run is this one, but for gradients: it has the same edits and words, at the same moment."""
        is_told_alike = replace(run.scenario, gradients=self.scenario.gradients) == self.scenario
        return is_told_alike and run.moment == self.moment

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

    def let_go(self) -> None:
        """Have no other run any more. Raises Problem where an edit takes numbers from it; undone ones are forgotten."""
        if takes_numbers(self.scenario):
            raise Problem("an edit takes numbers from the other run", hint="take it back first (Ctrl+Z)")
        for runs in (self._runs.behind, self._runs.ahead):
            runs[:] = [run for run in runs if not takes_numbers(run.scenario)]
        self.other, self.label = None, ""

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
        from attn_explore.model.run import run

        record = self.moments.record if self.moments else None
        plain = replace(scenario, gradients=None)
        trace = run(plain, before=self.trace, second=self._second, record=record, moment=self.moment)
        trace = with_gradients(trace, scenario)
        self._runs.leave(self._run)
        is_edited = bool(scenario.edits) or scenario.tokens() != self.first.tokens()
        unedited = (self.unedited or self.trace) if is_edited else None
        self._take(Run(with_output(scenario, trace), trace, unedited, self.moment))

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
        self._opened = {each: finer_steps(self.trace.steps[each]) for each in opened if each in self.trace.steps}
        self.first_bad = first_bad_number(self.trace)
        self._step = self.find(step) or self.find(_PASS.sub("", step)) or self.steps[0]
        self.value = self.find(path) or self._step
        if has_moved:
            self._follow_curves()
        return True
