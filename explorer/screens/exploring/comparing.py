"""Two runs: one or the other, side by side, their difference, and where they part."""

from __future__ import annotations

from explorer.pictures import Side
from explorer.screens.exploring.showing import Showing


class Comparing(Showing):
    """Looks at two runs."""

    def action_compare(self) -> None:
        """Look at the same cell in the other run, and back again."""
        other = self.session.other
        if other is None:
            self.app.bell()
            self.notify("This scenario has one run: `compare:` in its file adds a second.", markup=False)
            return
        has_step = other.meet(self.session)
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
        elif (step := self.session.parting()) is None:
            self.notify("The two runs are the same throughout.", markup=False)
        else:
            self._go_to(step.path)
