"""A place in a lesson: which stop, and what was answered so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from attn_explore.model.explain import Index
from attn_explore.model.lesson import Question, Stop
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

Given = Index | float | None
"""An answer: a cell, a number, or None where the person asked to be told."""


class Outcome(StrEnum):
    """How a question was answered."""

    right = "right"
    wrong = "wrong"
    shown = "shown"


class Lesson:
    """Goes along `stops`. `outcomes` says how the questions were answered, by the place of their stop.

    `moments` are the moments of training that the stops are at, and `moment` the one that the run is at.
    """

    def __init__(self, stops: Sequence[Stop], moments: Sequence[int] = (), moment: int = 0) -> None:
        self.stops = list(stops)
        self.moments = list(moments) or [0] * len(self.stops)
        self.moment = moment
        self.place = 0
        self.outcomes: dict[int, Outcome] = {}
        self._given: dict[int, Given] = {}

    @property
    def stop(self) -> Stop:
        """The stop that was reached."""
        return self.stops[self.place]

    @property
    def is_answered(self) -> bool:
        """Whether the question of this stop was answered, as far as there is one."""
        return self.stop.question is None or self.place in self.outcomes

    @property
    def outcome(self) -> Outcome | None:
        """How the question of this stop was answered."""
        return self.outcomes.get(self.place)

    @property
    def given(self) -> Given:
        """What was answered here."""
        return self._given.get(self.place)

    @property
    def is_done(self) -> bool:
        """Whether the last stop was reached and nothing waits there."""
        return self.place == len(self.stops) - 1 and self.is_answered

    @property
    def score(self) -> tuple[int, int]:
        """How many questions were answered rightly, and how many there are."""
        right = sum(outcome is Outcome.right for outcome in self.outcomes.values())
        return right, sum(stop.question is not None for stop in self.stops)

    def moment_of(self, stop: Stop) -> int:
        """The moment of training that a stop is at."""
        return self.moments[self.stops.index(stop)]

    def at(self, value: Value) -> list[Stop]:
        """The stops at a value, in order."""
        return [stop for stop in self.stops if stop.value.path == value.path]

    def go_to(self, place: int) -> Stop:
        """Go to a stop, or to the nearest on the way that the run has; to the first or the last at the ends."""
        last = len(self.stops) - 1
        onward = 1 if place >= self.place else -1
        place = max(0, min(last, place))
        while 0 < place < last and not self._may_be_there(place):
            place += onward
        if self._may_be_there(place):
            self.place = place
        return self.stop

    def _may_be_there(self, place: int) -> bool:
        """Whether the run has a stop; at another moment of training it may have more."""
        return self.stops[place].is_there or self.moments[place] != self.moment

    def answer(self, given: Given) -> None:
        """Answer the question of this stop, or None: have it shown."""
        question = self.stop.question
        if question is not None:
            self._given[self.place] = given
            self.outcomes[self.place] = _outcome(question, given)

    def resume(self, place: int, outcomes: dict[int, Outcome]) -> None:
        """Go on where the lesson was left; what does not fit is left out."""
        asked = {at for at, stop in enumerate(self.stops) if stop.question is not None}
        self.outcomes = {at: outcome for at, outcome in outcomes.items() if at in asked}
        self._given.clear()
        self.go_to(place)

    def restart(self) -> None:
        """Forget every answer, and begin again."""
        self.resume(0, {})

    def take(self, trace: Trace, moment: int = 0) -> None:
        """Go on with the same stops in another run, which judges the answers anew.

        What was answered at another moment of training stays as it was: its question is about the run of that moment.
        """
        self.moment = moment
        self.stops = [self._in_run(place, trace) for place in range(len(self.stops))]
        for place, given in self._given.items():
            question = self.stops[place].question
            if question is not None and self.stops[place].is_there and self.moments[place] == moment:
                self.outcomes[place] = _outcome(question, given)

    def _in_run(self, place: int, trace: Trace) -> Stop:
        stop = self.stops[place]
        found = stop.in_run(trace)
        is_settled = place in self.outcomes and self.moments[place] != self.moment
        return replace(found, question=stop.question) if is_settled else found


def _outcome(question: Question, given: Given) -> Outcome:
    if given is None:
        return Outcome.shown
    return Outcome.right if question.is_right(given) else Outcome.wrong
