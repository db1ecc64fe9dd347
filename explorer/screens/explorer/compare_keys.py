"""Two runs: one or the other, side by side, their difference, and where they part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.screens.working import AT_ONCE, Work
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.session import Session
from attn_explore.model.text import visible
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


class CompareKeys:
    """Looks at two runs."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._arrived: tuple[Session, Cell] | None = None
        """The run that was come to last from the other one, and the cell in it."""

    def other(self) -> None:
        """Look at the same cell in the other run, and back again; stay where it has none, or while a question waits."""
        state = self.screen.state
        here, there = state.session, state.session.other
        if there is None:
            self._refuse()
            return
        if here.question is not None and self.screen.hides_numbers():
            return  # the same numbers may stand there
        if self._arrived != (here, here.place.cell) and not there.place.meet(here.place):
            self.screen.refuse(f"The other run ({visible(there.label or 'first run')}) has no such step.")
            return
        state.session, self._arrived = there, (there, there.place.cell)
        self.screen.show_tree()
        self.screen.show()

    def side(self) -> None:
        """The two runs side by side, their difference, or one of them."""
        state = self.screen.state
        if state.session.other is None:
            self._refuse()
            return
        if self.screen.asks_first():
            return
        state.look(View.numbers, state.side.following)  # a word or a plot is of one run
        self.screen.show()

    def part(self) -> None:
        """Go to the first step at which the two runs part."""
        session = self.screen.state.session
        if session.other is None:
            self._refuse()
            return
        self.screen.work.do(
            Work(
                what="looking where the two runs part",
                make=lambda counter: two_runs.parting(session, counter),
                then=self._go_to,
                refused=self.screen.tell_problem,
                seconds=AT_ONCE if session.run.trace.is_lazy else 0,
                steps=len(session.run.trace.steps),
            )
        )

    def _go_to(self, step: Value | None) -> None:
        if step is None:
            self.screen.say("The two runs are the same throughout.")
        else:
            self.screen.go_to(step.path)

    def _refuse(self) -> None:
        if self.screen.state.session.moments is not None:
            self.screen.refuse("There is one run here: M keeps this moment of the training as a second.")
        else:
            self.screen.refuse("There is one run here.", "`compare:` in the scenario's file adds a second.")
