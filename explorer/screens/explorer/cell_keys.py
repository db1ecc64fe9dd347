"""The cell under the cursor: moving it, following its numbers there and back, and one word's attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.telling import word_view
from attn_explore.model.dataclass import dataclass

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

_MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}

_GO_TO_ATTENTION = "Go to a step of attention first: to queries, scores or weights."


@dataclass(frozen=True, eq=False)
class CellKeys:
    """Moves the cursor, and follows numbers."""

    screen: ExplorerScreen

    def move(self, direction: str) -> None:
        """Move the cursor by one cell; in the word view, to another word that asks or is asked."""
        queries, keys = _MOVES[direction]
        if self._ask_about(queries, keys):
            return
        chosen = self.screen.numbers.further(direction)
        if chosen is not None:
            self.screen.cell_chosen(chosen)  # at once: the next key may be there already, and starts from this cell

    def sweep(self) -> None:
        """Go through the cells by itself, row by row: so it is seen how rows meet columns."""
        self.screen.groups.player.toggle(self._next_cell, "cells")

    def _next_cell(self) -> bool:
        place, screen = self.screen.state.session.place, self.screen
        if screen.focused is not screen.grid or not screen.grid.shows(place.value):
            return False
        shape, order = place.value.shape, screen.grid.order
        at = int(np.ravel_multi_index(order.drawn(place.index), shape)) + 1
        if at == place.value.size:
            return False
        screen.choose_cell(order.cell(tuple(map(int, np.unravel_index(at, shape)))))
        return True

    def head(self, count: int) -> None:
        """Look at another head, or another place along the first axis."""
        has_moved = self.screen.state.session.place.page_by(count)
        if has_moved:
            self._ask_about(0, 0)  # in all steps of the word view
        self.screen.show_after(has_moved)

    def choose(self, count: int) -> None:
        """Choose another number of the arithmetic; in the word view, another word."""
        if not self._ask_about(count, 0):
            self.screen.arithmetic.choose(count)

    def follow(self) -> None:
        """Go to where the chosen number was computed; from the word view, to the arithmetic of the cell."""
        link = self.screen.arithmetic.chosen
        if self.screen.state.attention is not None:
            self.by_word()
        elif link is None:
            self.screen.app.bell()
        else:
            self.follow_link(link)

    def follow_link(self, link: Link) -> None:
        """Go to where a number was computed; nowhere where the run that has it was left meanwhile."""
        place = self.screen.state.session.place
        if (value := place.here(link.value)) is None:
            self.screen.app.bell()
            return
        if self.screen.state.attention is not None:
            place.show(value, link.index)
            self._ask_about(0, 0)
        else:
            place.follow(value, link.index)
        self.screen.show()

    def back(self) -> None:
        """Return to where the last number was followed from."""
        self.screen.show_after(self.screen.state.session.place.back())

    def forward(self) -> None:
        """Go again to where the way back began."""
        self.screen.show_after(self.screen.state.session.place.forward())

    def unfold(self) -> None:
        """Show every term of long sums, or the largest only."""
        self.screen.state.is_unfolded = not self.screen.state.is_unfolded
        self.screen.show_cell()

    def scroll(self, lines: int) -> None:
        """Scroll the arithmetic, the word view or the question; at its end, the words."""
        for panel in (self.screen.arithmetic, self.screen.words):
            if panel.scroll_offset.y < panel.max_scroll_y if lines > 0 else panel.scroll_offset.y > 0:
                panel.scroll_relative(y=lines, animate=False)
                return

    def by_word(self) -> None:
        """Attention for one word at a time, or as matrices."""
        self._look(View.word, f"w shows the attention of one word. {_GO_TO_ATTENTION}")

    def among_words(self) -> None:
        """Attention among the words of the text, or as matrices."""
        self._look(View.among, f"W shows which words a word looks at. {_GO_TO_ATTENTION}")

    def _look(self, view: View, elsewhere: str) -> None:
        """Show attention in a view, or as matrices again; `elsewhere` is said of a step that has none."""
        state = self.screen.state
        if self.screen.asks_first():
            return
        attention = word_view.attention_of(state.session.run.trace, state.value)
        if attention is None:
            self.screen.refuse(elsewhere)
            return
        state.look(View.numbers if state.view is view else view)
        word_view.put_cursors(state.session, attention, word_view.word_of(state.session, attention))
        self.screen.show()

    def ask(self, key: int) -> None:
        """Ask about the word at a place of the text."""
        session, attention = self.screen.state.session, self.screen.state.among
        if attention is not None:
            word = word_view.word_of(session, attention)
            self._ask_about(0, key - word.key)

    def _ask_about(self, queries: int, keys: int) -> bool:
        """Go to another word of the word view, or of the text; False where neither is shown."""
        session, state = self.screen.state.session, self.screen.state
        attention = state.attention or state.among
        if attention is None:
            return False
        word = word_view.further(attention, word_view.word_of(session, attention), queries, keys)
        word_view.put_cursors(session, attention, word)
        self.screen.show_cell()
        return True
