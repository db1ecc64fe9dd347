"""Two runs: one or the other, side by side, their difference, and where they part."""

from __future__ import annotations

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.telling.pictures import Side

_ADDS = "`compare:` in the scenario's file adds a second"


class Comparing(Showing):
    """Looks at two runs."""

    def action_compare(self) -> None:
        """Look at the same cell in the other run, and back again."""
        other = self.session.other
        if other is None:
            self.app.bell()
            adds = "M keeps this moment of the training as a second" if self.session.moments else _ADDS
            self.notify(f"There is one run here: {adds}.", markup=False)
            return
        has_step = other.place.meet(self.session.place)
        self.session = other
        self._build_tree()
        self.refresh_value()
        if not has_step:
            self.notify("Only the other run has that step.", severity="warning", markup=False)

    def action_side(self) -> None:
        """The two runs side by side, their difference, or one of them."""
        if self.session.other is None:
            self.action_compare()
            return
        self._by_word = self._as_plot = False  # they show one run
        sides = list(Side)
        self._side = sides[(sides.index(self._side) + 1) % len(sides)]
        self.refresh_value()

    def action_part(self) -> None:
        """Go to the first step at which the two runs part."""
        if self.session.other is None:
            self.action_compare()
        elif (step := two_runs.parting(self.session)) is None:
            self.notify("The two runs are the same throughout.", markup=False)
        else:
            self._go_to(step.path)
