"""A list of what was found, of which one line is chosen; it is drawn by the line, however long it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.anchored import roomy
from attn_explore.explorer.drawing.blocks import Piece, Row
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.widgets.drawn import DrawnAgain

_HERE, _ABOVE, _BELOW, _ELSEWHERE = "▌", "▲", "▼", " "
"""Before a line: it is chosen; there are more above the first in sight, or below the last."""
_ROLES = ("note", "label", "name", "wrong")


class FoundList(DrawnAgain, can_focus=False):
    """Shows notes, and under them lines with the cursor on one."""

    HAS_FAINT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"found--{role}" for role in _ROLES), "found--here"}

    class Chosen(Message):
        """A line was clicked."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.place = 0
        self._count = self._first = 0
        self._notes: Sequence[Piece] = ()
        self._row: Callable[[int, int], Row] = lambda place, width: ()

    def show(self, title: str, notes: Sequence[Piece], count: int, row: Callable[[int, int], Row]) -> None:
        """Show `count` lines, each of which `row` gives for its place and a width; the cursor stays where it can."""
        self._notes, self._count, self._row = notes, count, row
        self.put_title(Content(roomy(title)))
        self._choose(self.place)

    def move(self, count: int) -> bool:
        """Choose another line; False at the end of the list."""
        before = self.place
        self._choose(before + count)
        return self.place != before

    def first(self) -> None:
        """Choose the first line."""
        self.place = self._first = 0

    @property
    def page(self) -> int:
        """How many lines are in sight."""
        return max(1, self.size.height - len(self._said))

    def text(self) -> list[str]:
        """What is in sight, as plain lines."""
        return [self.draw_line(y).text.rstrip() for y in range(self.size.height)]

    def _choose(self, place: int) -> None:
        self.place = max(0, min(self._count - 1, place))
        least = min(self._first, self._count - self.page)  # no empty lines while there are others above
        self._first = max(0, self.place - self.page + 1, min(least, self.place))
        self.refresh_changed()

    def fit(self) -> None:
        """In another size, what is chosen stays in sight."""
        super().fit()
        self._choose(self.place)

    @property
    def _said(self) -> list[tuple[str, str]]:
        """The lines of the notes, each with its role."""
        width = max(1, self.size.width - 1)
        return [(line, note.role) for note in self._notes for line in wrapped(note.text, width) if line]

    def draw_line(self, y: int) -> Strip:
        """A note, a line of what was found, or nothing."""
        said = self._said
        if y < len(said):
            text, role = said[y]
            return self.line([Segment(f" {text}", self.style_of(f"found--{role}"))])
        place = self._first + y - len(said)
        if place >= self._count:
            return self.line([])
        is_here = place == self.place
        over = self.style_of("found--here") if is_here else None
        pieces = self._row(place, self.size.width - 1)
        styles = (self.style_of(f"found--{piece.role}") for piece in pieces)
        drawn = [
            Segment(piece.text, style + over if over else style) for piece, style in zip(pieces, styles, strict=True)
        ]
        rest = [Segment(" " * self.size.width, over)] if over else []  # the whole line is chosen, not its words
        return self.line([Segment(self._mark(place), self.style_of("found--label")), *drawn, *rest])

    def _mark(self, place: int) -> str:
        if place == self.place:
            return _HERE
        if 0 < place == self._first:
            return _ABOVE
        return _BELOW if place == self._first + self.page - 1 < self._count - 1 else _ELSEWHERE

    def on_click(self, event: events.Click) -> None:
        """Say which line is under the mouse."""
        at = event.get_content_offset(self)
        place = -1 if at is None else self._first + at.y - len(self._said)
        if at is not None and at.y >= len(self._said) and place < self._count:
            self.post_message(self.Chosen(place))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Choose a line further down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Choose a line further up."""
        event.stop()
        self.move(-3)
