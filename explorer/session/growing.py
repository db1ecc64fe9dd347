"""A generation of a real model that is looked at while its words come, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Lock

from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import generates
from attn_explore.model.trace import Trace


def may_grow(scenario: Scenario) -> bool:
    """Whether the words of a run may come while it is looked at: nothing else is asked of it that needs them all."""
    asks_more = scenario.edits or scenario.lesson or scenario.gradients is not None or scenario.compare is not None
    is_long = generates(scenario.model, scenario.input) and scenario.input.max_new_tokens > 1
    return scenario.checkpoint is not None and is_long and not asks_more


class Growing:
    """The words that a run has yet to choose. What there is of it is a run by itself, which asks for fewer words."""

    def __init__(self, scenario: Scenario, passes: Iterator[Trace]) -> None:
        self._scenario = scenario
        self._passes = passes
        self._lock = Lock()

    @property
    def most(self) -> int:
        """How many words it has at most."""
        return self._scenario.input.max_new_tokens

    def first(self) -> Run:
        """The run before a word is chosen."""
        return self._run(next(self._passes))

    def longer(self, run: Run, counter: Counter) -> Run:
        """The run with a word more, for another thread to make; it can be stopped, and begun again."""
        if run.trace.last_choice is not None:
            run.trace.bring(run.trace.last_choice, counter)
        with self._lock:
            return self._run(next(self._passes))

    def _run(self, trace: Trace) -> Run:
        words = words_asked(trace)
        if trace.last_choice is None or words == self.most:
            return Run(self._scenario, trace)
        shorter = replace(self._scenario, input=replace(self._scenario.input, max_new_tokens=words))
        return Run(shorter, trace, growing=self)


def words_asked(trace: Trace) -> int:
    """How many words a run chooses, the one that is yet to be chosen included."""
    return len(trace.generated) + (trace.last_choice is not None)


def take_longer(session: Session, run: Run) -> None:
    """Look at the same place in a run that has more words; nothing else has changed."""
    session.take(run)
    session.first = session.saved = run.scenario
