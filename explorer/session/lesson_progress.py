"""A place in a lesson: which stop, and what was answered so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from attn_explore.model.explain import Index
from attn_explore.model.lesson import Stop
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

Given = Index | float
"""An answer: a cell, or a number."""


class Outcome(StrEnum):
    """How a question was answered. One that was tried and then shown is wrong; one that was never tried is shown."""

    right = "right"
    """Right at once."""
    later = "later"
    """Right, with a hint: one was asked for, or a wrong try brought it."""
    wrong = "wrong"
    shown = "shown"

    @property
    def is_right(self) -> bool:
        """Whether the person found the answer."""
        return self in (Outcome.right, Outcome.later)


class Lesson:
    """Goes along `stops`; while it `is_guided`, a person goes from stop to stop, and not from step to step.

    `outcomes` says how the questions were answered, by the place of their stop.

    A wrong answer leaves its question open, with a hint: it is one of the `tries`, and another may follow. `moments`
    are the moments of training that the stops are at, and `moment` the one that the run is at.
    """

    def __init__(self, stops: Sequence[Stop], moments: Sequence[int] = (), moment: int = 0) -> None:
        self.stops = list(stops)
        self.moments = list(moments) or [0] * len(self.stops)
        self.moment = moment
        self.place = 0
        self.is_guided = False
        self.outcomes: dict[int, Outcome] = {}
        self._right: dict[int, Given] = {}
        self._tries: dict[int, list[Given]] = {}
        self._hinted: set[int] = set()

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
    def tries(self) -> tuple[Given, ...]:
        """The wrong answers that were given here."""
        return tuple(self._tries.get(self.place, ()))

    @property
    def given(self) -> Given | None:
        """What was answered here last, rightly or not."""
        return self._right.get(self.place, self.tries[-1] if self.tries else None)

    @property
    def has_hint(self) -> bool:
        """Whether a hint is shown here: it was asked for, or a wrong answer brought it."""
        return self.place in self._hinted

    @property
    def is_done(self) -> bool:
        """Whether the last stop was reached and nothing waits there."""
        return self.place == len(self.stops) - 1 and self.is_answered

    @property
    def asked(self) -> list[int]:
        """The places of the stops that ask."""
        return [place for place, stop in enumerate(self.stops) if stop.question is not None]

    def moment_of(self, stop: Stop) -> int:
        """The moment of training that a stop is at."""
        return self.moments[self.stops.index(stop)]

    def at(self, value: Value) -> list[Stop]:
        """The stops at a value, in order."""
        return [stop for stop in self.stops if stop.value.path == value.path]

    def now_at(self, value: Value) -> list[Stop]:
        """The stops at a value that speak of the moment of training that the run is at."""
        return [stop for stop in self.at(value) if self.moment_of(stop) == self.moment]

    def first_cell(self, value: Value) -> Index | None:
        """The cell of a value that the lesson looks at first."""
        return next((stop.index for stop in self.at(value)), None)

    @property
    def still_asked(self) -> frozenset[str]:
        """The steps that a question still waits about somewhere, while the lesson is followed."""
        return frozenset(path for path in {stop.value.path for stop in self.stops} if self.is_asked(path))

    def is_asked(self, path: str) -> bool:
        """Whether a question about a step still waits somewhere, while the lesson is followed."""
        places = enumerate(self.stops) if self.is_guided else ()
        return any(
            stop.question is not None and stop.value.path == path and place not in self.outcomes
            for place, stop in places
        )

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

    def answer(self, given: Given) -> bool:
        """Answer the question of this stop; False where that was wrong, and the question waits for another answer."""
        question = self.stop.question
        if question is None or not question.is_right(given):
            self._tries.setdefault(self.place, []).append(given)
            self.hint()
            return False
        self._right[self.place] = given
        self.outcomes[self.place] = self._found(self.place)
        return True

    def reveal(self) -> None:
        """Have the answer of this stop shown."""
        if self.stop.question is not None:
            self.outcomes[self.place] = Outcome.wrong if self.tries else Outcome.shown

    def hint(self) -> None:
        """Have a hint shown at this stop."""
        if not self.is_answered:
            self._hinted.add(self.place)

    def _found(self, place: int) -> Outcome:
        return Outcome.later if place in self._hinted else Outcome.right

    def resume(self, place: int, outcomes: dict[int, Outcome]) -> None:
        """Go on where the lesson was left; what does not fit is left out."""
        self.outcomes = {at: outcomes[at] for at in self.asked if at in outcomes}
        self._right.clear()
        self._tries.clear()
        self._hinted.clear()
        self.go_to(place)

    def restart(self) -> None:
        """Forget every answer, and begin again."""
        self.resume(0, {})

    def ask_again(self) -> bool:
        """Forget what was answered at this stop; False where there is nothing to forget."""
        forgotten = [self.outcomes.pop(self.place, None), self._tries.pop(self.place, None)]
        self._right.pop(self.place, None)
        is_hinted = self.has_hint
        self._hinted.discard(self.place)
        return is_hinted or any(forgotten)

    def take(self, trace: Trace, moment: int = 0) -> None:
        """Go on with the same stops in another run, which judges the answers anew.

        What was answered at another moment of training stays as it was: its question is about the run of that moment.
        """
        self.moment = moment
        self.stops = [self._in_run(place, trace) for place in range(len(self.stops))]
        for place, given in self._right.items():
            question = self.stops[place].question
            if question is not None and self.stops[place].is_there and self.moments[place] == moment:
                self.outcomes[place] = self._found(place) if question.is_right(given) else Outcome.wrong

    def _in_run(self, place: int, trace: Trace) -> Stop:
        stop = self.stops[place]
        found = stop.in_run(trace)
        is_settled = place in self.outcomes and self.moments[place] != self.moment
        return replace(found, question=stop.question) if is_settled else found
