"""The training: from moment to moment of it, by hand or by itself, and one of them pinned beside the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.working import Work
from attn_explore.explorer.session import change_moment
from attn_explore.explorer.session.change_moment import Runs
from attn_explore.explorer.session.pinning import pin, unpin
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.pictures import Side
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


class MomentKeys:
    """Goes along the moments of a training. A run that takes long is made by the worker; the place stays until then."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._heading_for: int | None = None
        """The moment whose run is being made."""

    def move(self, count: int) -> None:
        """Look at the same cell at a later moment of the training, or an earlier one."""
        session = self.screen.state.session
        if session.moments is None:
            self._refuse()
            return
        here = session.run.moment if self._heading_for is None else self._heading_for
        self.go_to(max(0, min(session.moments.last, here + count)))

    def go_to(self, moment: int) -> None:
        """Look at the same cell at a moment."""
        is_another = moment != self.screen.state.session.run.moment
        self.when_there(moment, partial(self.screen.show_after, is_another))

    def play(self) -> None:
        """Go through the training by itself, from its beginning where it is at the end."""
        session = self.screen.state.session
        if session.moments is None:
            self._refuse()
            return
        if not self.screen.groups.player.is_playing and session.run.moment == session.moments.last:
            self.go_to(0)
        self.screen.groups.player.toggle(self._next, "moments")

    def _next(self) -> bool:
        """One moment on, if there is one."""
        session = self.screen.state.session
        if self.screen.work.is_busy:
            return True
        if session.moments is None or session.run.moment == session.moments.last:
            return False
        self.go_to(session.run.moment + 1)
        return True

    def pin(self) -> None:
        """Let this moment stay as the other run, or give it up."""
        session = self.screen.state.session
        if session.is_pinned:
            self._unpin()
        elif session.moments is None:
            self._refuse()
        elif session.other is not None:
            self.screen.refuse("Two runs are compared here already: c shows the other one.")
        else:
            pin(session)
            self.screen.show()
            self.screen.note("pinned: < > go on, d compares")

    def _unpin(self) -> None:
        state = self.screen.state
        try:
            state.session = unpin(state.session)
        except Problem as problem:
            self.screen.tell_problem(problem)
        else:
            state.side = Side.one
            self.screen.show()

    def _refuse(self) -> None:
        self.screen.refuse("This model was not trained here.", "`attn-explore train` keeps moments.")

    # --- runs that take long

    def when_there(self, moment: int, then: Callable[[], object]) -> None:
        """Go to a moment, and on from there; at once where its run takes no time."""
        session = self.screen.state.session
        if session.moments is None or moment == session.run.moment:
            then()
            return
        self._heading_for = moment
        self.screen.work.do(
            Work(
                what=f"running {session.moments.name(moment)}",
                make=partial(change_moment.runs_at, session, moment),
                then=partial(self._arrive, session, then),
                refused=self._stay,
                seconds=0 if change_moment.is_at_hand(session, moment) else session.moments.seconds,
                steps=len(session.run.trace.steps),
                stopped=self._forget,
            )
        )

    def _arrive(self, session: Session, then: Callable[[], object], runs: Runs) -> None:
        self._forget()
        change_moment.take_runs(session, runs)
        then()

    def _stay(self, problem: Problem) -> None:
        self._forget()
        self.screen.tell_problem(problem)

    def _forget(self) -> None:
        self._heading_for = None
