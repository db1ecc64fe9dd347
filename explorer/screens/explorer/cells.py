"""The cell under the cursor: moving it, following its numbers there and back, and one word's attention."""

from __future__ import annotations

from attn_explore.explorer.drawing.arithmetic import Link
from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.telling import word_view
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.words_panel import WordsPanel

_MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}


class Cells(Showing):
    """Moves the cursor, and follows numbers."""

    def action_move(self, direction: str) -> None:
        """Move the cursor by one cell; in the word view, to another word that asks or is asked."""
        queries, keys = _MOVES[direction]
        if not self._ask_about(queries, keys):
            self._numbers.move(direction)

    def action_head(self, count: int) -> None:
        """Look at another head, or another place along the first axis."""
        moved = self.session.place.page_by(count)
        if moved:
            self._ask_about(0, 0)  # in all steps of the word view
        self._show_after(moved)

    def action_choose(self, count: int) -> None:
        """Mark another number of the arithmetic; in the word view, go to another word."""
        if not self._ask_about(count, 0):
            self.query_one(ArithmeticPanel).choose(count)

    def action_follow(self) -> None:
        """Go to where the marked number was computed, or answer the question that waits."""
        link, question = self.query_one(ArithmeticPanel).chosen, self.session.question
        if question is not None and question.kind == "cell" and self._chose_cell:
            self._answer(self.session.place.index)
        elif question is not None and link is None:
            self.app.bell()
            self.notify("Choose first: Enter answers with what is marked.", markup=False)
        elif self._attention is not None:
            self.action_word()  # the cell is where it was: its arithmetic follows
        elif link is None:
            self.app.bell()
        else:
            self._follow(link)

    def _follow(self, link: Link) -> None:
        if self.session.question is not None:
            self._answer(link.index)
            return
        if self._attention is not None:
            self.session.place.show(self.session.place.find(link.value.path) or link.value, link.index)
            self._ask_about(0, 0)
            self.refresh_value()
            return
        self.session.place.follow(link.value, link.index)
        self.refresh_value()

    def action_back(self) -> None:
        """Return to where the last number was followed from."""
        self._show_after(self.session.place.back())

    def action_forward(self) -> None:
        """Go again to where the way back began."""
        self._show_after(self.session.place.forward())

    def action_uses(self) -> None:
        """Where the number goes instead of where it came from, or the other way round."""
        self._shows_uses, self._by_word = not self._shows_uses, False
        self.refresh_value()

    def action_scroll(self, lines: int) -> None:
        """Scroll the arithmetic, the word view or the question; at its end, the words."""
        panels = (self.query_one(ArithmeticPanel), self.query_one(WordsPanel))
        for panel in panels:
            if panel.scroll_offset.y < panel.max_scroll_y if lines > 0 else panel.scroll_offset.y > 0:
                panel.scroll_relative(y=lines, animate=False)
                return

    def action_unfold(self) -> None:
        """Show every term of long sums, or the largest only."""
        self._unfolded = not self._unfolded
        self.refresh_cell()

    def action_word(self) -> None:
        """Attention for one word at a time, or as matrices."""
        session = self.session
        attention = word_view.attention_of(session.run.trace, session.place.value)
        if attention is None:
            self.app.bell()
            said = "The word view shows attention: the steps from queries to weighted values."
            self.notify(said, markup=False)
            return
        self._by_word, self._as_plot, self._side = not self._by_word, False, Side.one
        word_view.ask(session, attention, word_view.word_of(session, attention))
        self.refresh_value()

    def _ask_about(self, queries: int, keys: int) -> bool:
        """Go to another word of the word view; False where it is not shown."""
        attention = self._attention
        if attention is None:
            return False
        word = word_view.moved(attention, word_view.word_of(self.session, attention), queries, keys)
        word_view.ask(self.session, attention, word)
        self.refresh_cell()
        return True
