"""Matrices that stand around the one that is looked at, drawn by the line."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.geometry import Size, Spacing
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.surround import Found, Lines
from attn_explore.explorer.widgets.drawn import DrawnAgain

NO_MARGIN = Spacing()

Draw = Callable[[Ground, int], Lines]
Find = Callable[[int, int], Found | None]


class OperandsPanel(DrawnAgain, can_focus=False):
    """Shows what stands at one side. `draw` makes its lines for a width; `find` gives the cell at a column and line."""

    class CellClicked(Message):
        """A cell of one of the matrices was clicked."""

        def __init__(self, operand: int, row: int, column: int) -> None:
            super().__init__()
            self.operand, self.row, self.column = operand, row, column

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw: Draw = lambda *_: []
        self._find: Find = lambda *_: None
        self._wanted: tuple[int | None, int | None, Spacing] = (None, None, NO_MARGIN)

    def stand(self, *, width: int | None = None, height: int | None = None, margin: Spacing = NO_MARGIN) -> None:
        """Be there in some size, which comes with the next frame: then is time to draw."""
        wanted = (width, height, margin)
        if not self.display or wanted != self._wanted:
            self._wanted, self._fitted, self.display = wanted, Size(), True
            self.styles.width, self.styles.height, self.styles.margin = width, height, margin

    def show(self, draw: Draw, find: Find) -> None:
        """Show other matrices, or other cells of them lit."""
        self._draw, self._find = draw, find
        if self._fitted:
            self.refresh_changed()

    def draw_lines(self) -> list[Strip]:
        """The lines of the matrices."""
        width, height = self.size
        drawn = [self.line(line) for line in self._draw(self.ground, width)[:height]]
        return drawn + [self.line([])] * (height - len(drawn))

    def fit(self) -> None:
        """Draw for the new width."""
        super().fit()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Say which cell is under the mouse."""
        at = event.get_content_offset(self)
        found = None if at is None else self._find(at.x, at.y)
        if found is not None:
            self.post_message(self.CellClicked(*found))
