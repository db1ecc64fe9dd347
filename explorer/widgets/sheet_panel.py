"""The tensors of a block, drawn by the line, with cells lit; of what is too long, the part with the cursor's tensor."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.lines import DIM
from attn_explore.explorer.drawing.sheet_lines import Block, Cell, Lit, first_in_sight, height_of, sheet_line
from attn_explore.explorer.drawing.wrapping import so_many_more
from attn_explore.explorer.widgets.drawn import DrawnAgain


class SheetPanel(DrawnAgain, can_focus=False):
    """Draws the sheet."""

    class CellClicked(Message):
        """A cell was clicked."""

        def __init__(self, cell: Cell) -> None:
            super().__init__()
            self.cell = cell

    class TitleClicked(Message):
        """The title of a tensor was clicked."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, blocks: Sequence[Block], lit: Lit, id: str) -> None:
        super().__init__(id=id)
        self._blocks, self._lit = blocks, lit

    def show(self, blocks: Sequence[Block], lit: Lit) -> None:
        """Light other cells, or let the tensors stand elsewhere."""
        self._blocks, self._lit = blocks, lit
        self.refresh_changed()

    @property
    def _first(self) -> int:
        """The first line of the sheet that is in sight."""
        return first_in_sight(self._blocks, self._lit.cursor[0], self.size.height)

    def draw_lines(self) -> list[Strip]:
        """A line of every tensor that stands there; first and last how much of the sheet is above and below."""
        first, height = self._first, self.size.height
        below = height_of(self._blocks) - first - height
        drawn = [self.line(sheet_line(self._blocks, first + y, self._lit, self.ground)) for y in range(height)]
        if first and drawn:
            drawn[0] = self.line([Segment(f"▲ {so_many_more(first + 1)}", DIM)])
        if below > 0 and drawn:
            drawn[-1] = self.line([Segment(f"▼ {so_many_more(below + 1)}", DIM)])
        return drawn

    def on_click(self, event: events.Click) -> None:
        """Say which cell is under the mouse, or whose title."""
        if (at := event.get_content_offset(self)) is None:
            return
        x, y = at.x, at.y + self._first
        cells = (block.cell_at(x, y) for block in self._blocks)
        if (cell := next(filter(None, cells), None)) is not None:
            self.post_message(self.CellClicked(cell))
        elif (titled := next((block for block in self._blocks if block.is_title_at(x, y)), None)) is not None:
            self.post_message(self.TitleClicked(titled.part.path))
