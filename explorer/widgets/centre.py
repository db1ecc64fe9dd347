"""The column of a grid, or two, and the arithmetic under it: they share its lines."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.widget import Widget

from attn_explore.explorer.drawing.room import lines_of_grid
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.tensor_grid import TensorGrid


class Unscrolled(Widget):
    """Holds panels and never scrolls: Textual would lay everything out a second time to see whether it has to."""

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class Row(Horizontal, Unscrolled):
    """Panels side by side."""


class Centre(Vertical, Unscrolled):
    """Gives each panel the lines that it needs, the grid first."""

    def on_resize(self) -> None:
        """Share anew."""
        self.share()

    def share(self) -> None:
        """Set the height of the row of grids; what is left is for the arithmetic."""
        row, heading = self.query_one("#grids", Row), self.query_one("#headings", Row)
        grids = [grid.lines_wanted for grid in self.query(TensorGrid) if grid.display]
        free = self.size.height - heading.outer_size.height
        if not grids or free <= 0:
            return
        above = row.styles.margin.height
        lines = lines_of_grid(free - above, max(grids), self.query_one(ArithmeticPanel).lines_wanted)
        if row.styles.height is None or row.styles.height.value != lines:
            row.styles.height = lines
