"""Matrices that stand around the one that is looked at, drawn by the line."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.surround import Lines, Placed, place_at
from attn_explore.explorer.widgets.drawn import DrawnAgain

Draw = Callable[[Ground, int], Lines]


class OperandsPanel(DrawnAgain, can_focus=False):
    """Shows what stands at one side. `draw` makes its lines for a width; `placed` are the matrices in them."""

    class CellClicked(Message):
        """A cell of one of the matrices was clicked."""

        def __init__(self, name: str, row: int, column: int) -> None:
            super().__init__()
            self.name, self.row, self.column = name, row, column

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw: Draw = lambda *_: []
        self._placed: tuple[Placed, ...] = ()
        self._lines: list[list[Segment]] | None = None

    def show(self, draw: Draw, placed: tuple[Placed, ...]) -> None:
        """Show other matrices, or other cells of them lit."""
        self._draw, self._placed, self._lines = draw, placed, None
        self.refresh_changed()

    def draw_line(self, y: int) -> Strip:
        """A line of a matrix."""
        if self._lines is None:
            self._lines = self._draw(self.ground, self.size.width)
        return self.line(self._lines[y] if y < len(self._lines) else [])

    def fit(self) -> None:
        """Draw for the new width."""
        super().fit()
        self._lines = None

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        self._lines = None
        super().notify_style_update()

    def on_click(self, event: events.Click) -> None:
        """Say which cell is under the mouse."""
        at = event.get_content_offset(self)
        found = None if at is None else place_at(self._placed, at.x, at.y)
        if found is not None:
            self.post_message(self.CellClicked(*found))
