"""Finding steps, words, parameters and texts; going to a cell by its name; marks."""

from __future__ import annotations

from textual import on
from textual.widgets import Input

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import search
from attn_explore.explorer.widgets.timeline import Timeline
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible


class Finding(Showing):
    """Finds, and goes to what was found."""

    def action_find(self) -> None:
        """Ask what to find."""
        box = self.query_one("#find", Input)
        box.display = True
        self.set_focus(box)  # at once: what is typed next belongs to it

    @on(Input.Submitted, "#find")
    def find(self, event: Input.Submitted) -> None:
        """Go to the first match."""
        event.stop()
        self.action_leave()
        self._matches = search.matches(self.session, event.value)
        if self._matches:
            self._show_match(0)
        else:
            self.notify(f"Nothing here matches “{visible(event.value)}”.", severity="warning", markup=False)

    def action_match(self, count: int) -> None:
        """Go to the next match, or the previous one."""
        if not self._matches:
            self.app.bell()
            return
        here = self.session.place.value.path
        place = self._matches.index(here) + count if here in self._matches else min(count, 0)
        self._show_match(place % len(self._matches))

    def action_go(self) -> None:
        """Ask for the name of a step or of a cell."""
        box = self.query_one("#go", Input)
        box.value = ""
        box.display = True
        self.set_focus(box)

    @on(Input.Submitted, "#go")
    def go(self, event: Input.Submitted) -> None:
        """Go there, or say what there is."""
        event.stop()
        try:
            found = search.named(self.session, event.value)
        except Problem as problem:
            self.notify(visible(f"{problem.what}: {problem.hint}"), severity="warning", markup=False)
            return
        self.action_leave()
        self.session.place.follow(*found)
        self._build_tree()  # a finer step opens the one that it is inside
        self.refresh_value()

    def action_mark(self) -> None:
        """Mark the cell, or take its mark away."""
        self.session.place.toggle_mark()
        self._build_tree()
        self.refresh_value()

    def action_next_mark(self) -> None:
        """Go to the next marked cell."""
        if self.session.place.marked:
            self.session.place.go_to_next_mark()
            self.refresh_value()
        else:
            self.app.bell()
            self.notify("No cell is marked yet: m marks the one under the cursor.", markup=False)

    def _show_match(self, place: int) -> None:
        self._go_to(self._matches[place])
        self.query_one(Timeline).note = f"match {place + 1} of {len(self._matches)}"
