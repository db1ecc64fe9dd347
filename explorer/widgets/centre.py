"""The column of a grid, or two, with what stands around it, and the arithmetic under it: they share its lines."""

from __future__ import annotations

from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Spacing
from textual.message import Message
from textual.widget import Widget

from attn_explore.explorer.drawing.room import LEAST_BELOW, LEAST_GRID, lines_of_grid
from attn_explore.explorer.drawing.surround import Around, Surround, above_lines, left_lines, place_above, place_left
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.operands_panel import OperandsPanel
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.explorer.widgets.ranking import Ranking
from attn_explore.explorer.widgets.statistics_panel import Statistics
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.unscrolled import Row, Unscrolled

FREE = 1
"""Lines between what stands above a grid and what stands over that."""

LEAST_LEFT, LEAST_HEIGHT = 16, 45
"""With fewer free lines under the arithmetic, or fewer in all, nothing more stands there: each step pays for it."""


class Centre(Vertical, Unscrolled):
    """Gives each panel the lines that it needs, the grid first, then what stands around it."""

    class Resized(Message):
        """There is more room for the panels, or less."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.around: Around | None = None
        """What may stand around the grid."""
        self.lines_below: int | None = None
        """How many lines somebody gave to the arithmetic; None where they are as many as it needs."""
        self.lines_left = 0
        """Lines that neither the grid nor the arithmetic needs, if there are so many that something can stand there."""
        self.under: Widget | None = None
        """What stands in them."""
        self.heading, self.other_heading = Heading(id="heading"), Heading(id="other-heading")
        self.headings = Row(self.heading, self.other_heading, id="headings")
        self.above, self.left = OperandsPanel(id="above"), OperandsPanel(id="left")
        self.grid, self.other = TensorGrid(id="grid"), TensorGrid(id="other")
        self.grids = Row(self.left, self.grid, self.other, id="grids")
        self.statistics, self.ranking = Statistics(id="statistics"), Ranking(id="ranking")
        self.plot, self.arithmetic = PlotPanel(id="plot-panel"), ArithmeticPanel(id="arithmetic")

    def compose(self) -> ComposeResult:
        """The panels from above to below; which are shown is said by the screen."""
        yield from (self.headings, self.above, self.grids, self.statistics, self.ranking, self.plot, self.arithmetic)

    def on_resize(self) -> None:
        """Share anew, and say so."""
        self.share()
        self.post_message(self.Resized())

    def share(self) -> None:
        """Set the height of the row of grids and of what stands above; what is left is for the arithmetic.

        A line that is free is for the statistics of a row.
        """
        row, statistics = self.grids, self.statistics
        grids = [grid.lines_wanted for grid in (self.grid, self.other) if grid.display]
        free = self.size.height - self.headings.outer_size.height
        if not grids or free <= 0:
            self._surround(None)
            statistics.display = False
            self._share_rest(0)
            return
        free -= row.styles.margin.height
        below = self.lines_below or self.arithmetic.lines_wanted
        found = self._placed(free - max(grids), below)
        above = self._surround(found)
        lines = lines_of_grid(free - above, max(grids), below)
        if self.lines_below is not None:
            lines = max(LEAST_GRID, free - above - FREE * bool(above) - max(below, LEAST_BELOW))
        elif statistics.is_silent and free - above - lines < below:
            lines = min(lines, max(grids))  # the line that is free is of use under the grid
        statistics.display = lines > max(grids)
        self._share_rest(free - above - FREE * bool(above) - lines - below)
        lines -= statistics.display
        if row.styles.height is None or row.styles.height.value != lines:
            row.styles.height = lines

    def _share_rest(self, free: int) -> None:
        """Give lines that nothing else needs to long sums, then to what stands under the arithmetic.

        A sum that cannot be whole leaves most of them to that.
        """
        arithmetic, given = self.arithmetic, self.lines_below
        more = free if given is None else given - arithmetic.lines_wanted
        may_stand = self.size.height >= LEAST_HEIGHT and free >= LEAST_LEFT
        taken = arithmetic.unfold_into(more, min(more // 3, more - LEAST_LEFT) if may_stand and given is None else more)
        left = free if given is not None else free - taken - max(0, LEAST_BELOW - arithmetic.lines_wanted - taken)
        if may_stand and left >= LEAST_LEFT:
            left -= arithmetic.lines_of_text
        self.lines_left = left if may_stand and left >= LEAST_LEFT else 0
        if self.under is not None:
            self.under.display = self.under.display and self.lines_left > 0
            self.under.styles.height = self.lines_left

    def _placed(self, free: int, below: int) -> Surround | None:
        """What stands around the grid in `free` lines, if it leaves the arithmetic enough of them."""
        if self.around is None or free < 0:
            return None
        least = self.lines_below or min(below, max(LEAST_BELOW, self.size.height // 4))
        width = self.size.width - self.grids.gutter.width - 2  # the row itself has none yet where it comes back
        return self.around.placed(width, free - least - FREE, free - below - FREE)

    def _surround(self, found: Surround | None) -> int:
        """Show what stands around the grid, or nothing; how many lines it takes above."""
        self.grid.stand_under(found.fit if found is not None else None)
        if found is None or not found.left:
            self.left.display = False
        else:
            self.left.stand(width=found.left_width)
            self.left.show(lambda ground, _: left_lines(found.left, ground), partial(place_left, found.left))
        if found is None or not found.above:
            self.above.display = False
            return 0
        margin = Spacing(self.grids.styles.margin.top, 0, 0, found.left_width)
        self.above.stand(height=found.lines_above, margin=margin)
        self.above.show(partial(above_lines, found), partial(place_above, found.above if found.fit is not None else ()))
        return found.lines_above
