"""The column of a grid, or two, with what stands around it, and the arithmetic under it: they share its lines."""

from __future__ import annotations

from functools import partial

from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.message import Message

from attn_explore.explorer.drawing.room import LEAST_BELOW, lines_of_grid
from attn_explore.explorer.drawing.surround import Around, Surround, above_lines, left_lines, place_above, place_left
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.drawn import Kept
from attn_explore.explorer.widgets.operands_panel import OperandsPanel
from attn_explore.explorer.widgets.statistics_panel import Statistics
from attn_explore.explorer.widgets.tensor_grid import TensorGrid

FREE = 1
"""Lines between what stands above a grid and what stands over that."""


class Unscrolled(Kept):
    """Holds panels and never scrolls: Textual would lay everything out a second time to see whether it has to."""

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class Row(Horizontal, Unscrolled):
    """Panels side by side."""


class Column(Vertical, Unscrolled):
    """Panels one below the other. It says when there is more room for them, or less."""

    class Resized(Message):
        """There is another size for the panels."""

    def on_resize(self) -> None:
        """Say so."""
        self.post_message(self.Resized())


class Centre(Vertical, Unscrolled):
    """Gives each panel the lines that it needs, the grid first, then what stands around it."""

    around: Around | None = None
    """What may stand around the grid."""

    def on_resize(self) -> None:
        """Share anew."""
        self.share()

    def share(self) -> None:
        """Set the height of the row of grids and of what stands above; what is left is for the arithmetic.

        A line that is free is for the statistics of a row.
        """
        row, heading = self.query_one("#grids", Row), self.query_one("#headings", Row)
        grids = [grid.lines_wanted for grid in self.query(TensorGrid) if grid.display]
        free, statistics = self.size.height - heading.outer_size.height, self.query_one(Statistics)
        if not grids or free <= 0:
            self._surround(None)
            statistics.display = False
            return
        free -= row.styles.margin.height
        below = self.query_one(ArithmeticPanel).lines_wanted
        found = self._placed(free - max(grids), below)
        above = self._surround(found)
        lines = lines_of_grid(free - above, max(grids), below)
        statistics.display = lines > max(grids)
        lines -= statistics.display
        if row.styles.height is None or row.styles.height.value != lines:
            row.styles.height = lines

    def _placed(self, free: int, below: int) -> Surround | None:
        """What stands around the grid in `free` lines, if it leaves the arithmetic enough of them."""
        if self.around is None or free < 0:
            return None
        least = min(below, max(LEAST_BELOW, self.size.height // 4))
        return self.around.placed(
            self.query_one("#grids").content_size.width - 2, free - least - FREE, free - below - FREE
        )

    def _surround(self, found: Surround | None) -> int:
        """Show what stands around the grid, or nothing; how many lines it takes above."""
        above, left = self.query_one("#above", OperandsPanel), self.query_one("#left", OperandsPanel)
        row = self.query_one("#grids", Row)
        self.query_one("#grid", TensorGrid).stand_under(found.fit if found is not None else None)
        above.display = found is not None and bool(found.above)
        left.display = found is not None and bool(found.left)
        if found is None:
            return 0
        if found.left:
            left.styles.width = found.left_width
            left.show(lambda ground, _: left_lines(found.left, ground), partial(place_left, found.left))
        above.styles.height = found.lines_above
        above.styles.margin = (row.styles.margin.top, 0, 0, found.left_width)
        above.show(partial(above_lines, found), partial(place_above, found.above if found.fit is not None else ()))
        return found.lines_above
