"""Finding steps, words, parameters and texts; going to a cell by its name; marked cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.explorer.session import search
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class FindKeys:
    """Finds, and goes to what was found."""

    screen: ExplorerScreen

    def find(self, text: str) -> None:
        """Go to the first match."""
        state = self.screen.state
        state.matches = search.matches(state.session, text)
        if state.matches:
            self._show_match(0)
        else:
            self.screen.warn(f"Nothing here matches “{visible(text)}”.")

    def match(self, count: int) -> None:
        """Go to the next match, or the previous one."""
        matches, here = self.screen.state.matches, self.screen.state.value.path
        if not matches:
            self.screen.app.bell()
            return
        place = matches.index(here) + count if here in matches else min(count, 0)
        self._show_match(place % len(matches))

    def _show_match(self, place: int) -> None:
        matches = self.screen.state.matches
        self.screen.go_to(matches[place])
        self.screen.note(f"match {place + 1} of {len(matches)}")

    def go(self, name: str) -> None:
        """Go to the step or cell of a name, or say what there is."""
        session = self.screen.state.session
        try:
            found = search.named(session, name)
        except Problem as problem:
            self.screen.app.bell()
            self.screen.list_named(visible(problem.in_one_line))
            return
        self.screen.leave()
        session.place.jump(*found)
        self.screen.show_tree()  # a finer step opens the one that it is inside
        self.screen.show()

    def mark(self) -> None:
        """Mark the cell, or take its mark away."""
        self.screen.state.session.place.toggle_mark()
        self.screen.show_tree()
        self.screen.show()

    def next_mark(self) -> None:
        """Go to the next marked cell."""
        place = self.screen.state.session.place
        if place.marked:
            place.go_to_next_mark()
            self.screen.show()
        else:
            self.screen.refuse("No cell is marked yet: m marks the one under the cursor.")
