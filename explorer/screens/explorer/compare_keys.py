"""Two runs: one or the other, side by side, their difference, and where they part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.session import two_runs

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

_ADDS = "`compare:` in the scenario's file adds a second"


@dataclass(frozen=True, eq=False)
class CompareKeys:
    """Looks at two runs."""

    screen: ExplorerScreen

    def other(self) -> None:
        """Look at the same cell in the other run, and back again."""
        state = self.screen.state
        other = state.session.other
        if other is None:
            self._refuse()
            return
        has_step = other.place.meet(state.session.place)
        state.session = other
        self.screen.show_tree()
        self.screen.show()
        if not has_step:
            self.screen.warn("Only the other run has that step.")

    def side(self) -> None:
        """The two runs side by side, their difference, or one of them."""
        state = self.screen.state
        if state.session.other is None:
            self._refuse()
            return
        state.look(View.numbers, state.side.following)  # a word or a plot is of one run
        self.screen.show()

    def part(self) -> None:
        """Go to the first step at which the two runs part."""
        session = self.screen.state.session
        if session.other is None:
            self._refuse()
        elif (step := two_runs.parting(session)) is None:
            self.screen.say("The two runs are the same throughout.")
        else:
            self.screen.go_to(step.path)

    def _refuse(self) -> None:
        has_moments = self.screen.state.session.moments is not None
        adds = "M keeps this moment of the training as a second" if has_moments else _ADDS
        self.screen.refuse(f"There is one run here: {adds}.")
