"""A run whose steps are computed when they are asked for: what is looked at first, and behind it all the others."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.working import AT_ONCE, Work, Working
from attn_explore.explorer.session.computing import bring, fill, is_soon_there, is_there
from attn_explore.explorer.session.growing import Growing, take_longer, words_asked
from attn_explore.explorer.session.place import Place
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling import sections
from attn_explore.explorer.telling.pictures import look_at
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


class Filling:
    """Computes what a run left for later, while the screen goes on."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._all = Working(screen, self._tell)
        self._one = Working(screen, self._tell)
        self._filled: Trace | None = None
        self._looked_at: Value | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something is being computed."""
        return self._all.is_busy or self._one.is_busy

    @property
    def progress(self) -> str:
        """How far it has come; nothing where nothing is computed."""
        return self._one.progress or self._all.progress

    def begin(self) -> None:
        """Compute every step of the run that is looked at, in order, unless that was begun already.

        Where its words come one after the other, these come first.
        """
        run = self.screen.state.session.run
        trace = run.trace
        if trace is self._filled or not trace.is_lazy:
            return
        self._filled = trace
        if run.growing is not None:
            self._grow(run, run.growing)
            return
        self._all.do(
            Work(
                what="running the model",
                make=partial(fill, run),
                then=self._done,
                refused=self._refuse,
                seconds=AT_ONCE,
                steps=len(trace.steps),
            )
        )

    def _grow(self, run: Run, growing: Growing) -> None:
        words, read = words_asked(run.trace), run.trace.tokens["decoder"] or ("",)
        self._all.do(
            Work(
                what=f"choosing word {words} of {growing.most}, after {visible(read[-1])}",
                make=partial(growing.longer, run),
                then=partial(self._take_longer, run),
                refused=self._refuse,
                seconds=AT_ONCE,
                steps=len(run.trace.steps) // words,
            )
        )

    def _take_longer(self, run: Run, longer: Run) -> None:
        if self.screen.state.session.run is run:
            take_longer(self.screen.state.session, longer)
            self.screen.show_more()
            self.begin()

    def brings(self, value: Value) -> bool:
        """Whether a value and what it is made of have to be computed first; the screen shows it when that is done.

        Of one that is too large to be held, what is in sight. What was brought to be looked at is not brought again:
        where not all of it can be held at once, there would be no end.
        """
        if value is not self._looked_at:
            self._looked_at = None
        if value is self._looked_at or (is_there(value) and not value.is_large):
            return False
        if not self._all.is_busy and not value.is_large and is_soon_there(value):  # else they wait for each other
            return not self._brought(value)
        self._one.do(
            Work(
                what="computing",
                make=partial(self._bring, value, self.screen.state.session.place),
                then=partial(self._show, value),
                refused=self._refuse,
                seconds=AT_ONCE,
            )
        )
        return True

    def _brought(self, value: Value) -> bool:
        """Bring what is there before the next frame; False, and that is said, where a file is not what it was."""
        try:
            bring(value, Counter())
        except Problem as problem:
            self._refuse(problem)
            return False
        return True

    def stop(self) -> bool:
        """Stop, and keep what there is; False where nothing is being computed."""
        return self._one.stop() | self._all.stop()

    def _bring(self, value: Value, place: Place, counter: Counter) -> None:
        bring(value, counter)
        if value.is_large:
            look_at(value, place.index_in(value))

    def _show(self, value: Value, _: object) -> None:
        self._looked_at = value
        if self.screen.state.value is value:
            self.screen.show()

    def _done(self, _: object) -> None:
        self.screen.show_tree()  # it tells words that were chosen
        self.screen.mark_in_tree()
        if alarm := sections.alarm(self.screen.state.session):
            self.screen.warn(f"Not every number is finite: {alarm}")

    def _refuse(self, problem: Problem) -> None:
        self.stop()
        self.screen.tell_problem(problem)

    def _tell(self, said: str) -> None:
        self.screen.tell_of_filling(said)
