"""Attention among words, drawn by the line: the text on its weights, and words joined by lines."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from attn_explore.explorer.drawing.among_words import (
    Among,
    Lines,
    columns_lines,
    leaders_line,
    places_of_words,
    text_lines,
)
from attn_explore.explorer.drawing.lines import DIM
from attn_explore.explorer.widgets.drawn import DrawnAgain

BEFORE_TEXT = 2
"""Lines above the text: who looks at whom most, and which lines of a long text are in sight."""

SHARE = 60
"""Of a hundred lines there are so many for the text at most; the style sheet says the same."""


class AmongPanel(DrawnAgain, can_focus=False):
    """Shows the weights of one word among all."""

    class WordClicked(Message):
        """A word of the text was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._among: Among | None = None
        self._lines: Lines | None = None
        self._first = 0

    def show(self, among: Among) -> None:
        """Show another word's weights."""
        self._among, self._lines = among, None
        self._keep_to_lines()
        self.refresh_changed()

    def fit(self) -> None:
        """Wrap to the new width."""
        super().fit()
        self._lines = None
        self._keep_to_lines()

    def _keep_to_lines(self) -> None:
        """Take no more lines than there is to show: the others are for the arithmetic."""
        if self._among is None or not self.size.width:
            return
        self._lines = self._lines or self._made(self._among)
        wanted, most = len(self._lines), self.styles.max_height
        if most is None or most.value != wanted:
            self.styles.max_height = wanted

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        self._lines = None
        super().notify_style_update()

    def draw_line(self, y: int) -> Strip:
        """A line of the text, or of the columns under it."""
        if self._lines is None and self._among is not None:
            self._lines = self._made(self._among)
        lines = self._lines or []
        return self.line(lines[y] if y < len(lines) else [])

    def _made(self, among: Among) -> Lines:
        """The text as far as there is room, with the word that is asked in sight; then the columns, if they fit."""
        around = self.parent.size.height if isinstance(self.parent, Widget) else self.size.height
        width, height = self.size.width, (around - self.styles.margin.height) * SHARE // 100
        text, room = text_lines(among, width, self.ground), max(1, (height - BEFORE_TEXT) // 2)
        count = len(text) // 2
        self._first = max(0, min(places_of_words(among, width)[among.key][0] - room // 2, count - room))
        last = min(count, self._first + room)
        part = f"lines {self._first + 1}–{last} of {count}" if count > room else ""
        lines = [leaders_line(among, width), [Segment(part, DIM)], *text[2 * self._first : 2 * last], []]
        return [*lines, *columns_lines(among, width, height - len(lines), self.ground)]

    def on_click(self, event: events.Click) -> None:
        """Say which word is under the mouse."""
        at = event.get_content_offset(self)
        if at is None or self._among is None or at.y < BEFORE_TEXT:
            return
        line = self._first + (at.y - BEFORE_TEXT) // 2
        places = enumerate(places_of_words(self._among, self.size.width))
        found = next((place for place, (there, cells) in places if there == line and at.x in cells), None)
        if found is not None:
            self.post_message(self.WordClicked(found))
