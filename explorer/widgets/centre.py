"""The column of a grid, or two, and the arithmetic under it: they share its lines."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical

from attn_explore.explorer.drawing.room import lines_of_grid
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.tensor_grid import TensorGrid


class Centre(Vertical):
    """Gives each panel the lines that it needs, the grid first."""

    def on_resize(self) -> None:
        """Share anew."""
        self.share()

    def share(self) -> None:
        """Set the height of the row of grids; what is left is for the arithmetic."""
        row, heading = self.query_one("#grids", Horizontal), self.query_one("#headings", Horizontal)
        grids = [grid.lines_wanted for grid in self.query(TensorGrid) if grid.display]
        free = self.size.height - heading.outer_size.height
        if not grids or free <= 0:
            return
        above = row.styles.margin.height
        lines = lines_of_grid(free - above, max(grids), self.query_one(ArithmeticPanel).lines_wanted)
        if row.styles.height is None or row.styles.height.value != lines:
            row.styles.height = lines
