"""The tensors of one head of attention, drawn by the line, with cells lit."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.sheet_lines import Block, Cell, Lit, sheet_line
from attn_explore.explorer.widgets.drawn import DrawnAgain


class SheetPanel(DrawnAgain, can_focus=False):
    """Draws the sheet."""

    class CellClicked(Message):
        """A cell was clicked."""

        def __init__(self, cell: Cell) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self, blocks: Sequence[Block], lit: Lit, id: str) -> None:
        super().__init__(id=id)
        self._blocks, self._lit = blocks, lit

    def show(self, blocks: Sequence[Block], lit: Lit) -> None:
        """Light other cells, or let the tensors stand elsewhere."""
        self._blocks, self._lit = blocks, lit
        self.refresh_changed()

    def draw_line(self, y: int) -> Strip:
        """A line of every tensor that stands there."""
        return self.line(sheet_line(self._blocks, y, self._lit, self.ground))

    def on_click(self, event: events.Click) -> None:
        """Say which cell is under the mouse."""
        at = event.get_content_offset(self)
        cells = (block.cell_at(at.x, at.y) for block in self._blocks) if at is not None else ()
        if (cell := next(filter(None, cells), None)) is not None:
            self.post_message(self.CellClicked(cell))
