"""A plot with its axes, their units, and what its curves come to where the cursor is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.strip import Strip

from attn_explore.explorer.widgets.drawn import Drawn
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.unscrolled import Unscrolled
from attn_explore.model.explain import Index
from attn_explore.model.plots import Plot, cell_further
from attn_explore.model.values import Value

if TYPE_CHECKING:  # what draws plots is imported when there is one
    from attn_explore.explorer.drawing.plots.labels import Line
    from attn_explore.explorer.drawing.plots.layout import Drawing
    from attn_explore.explorer.widgets.curves import Curves

_GROUP = Binding.Group("In a plot")

_MOVES = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
_FAR = 10**9

LEAST = 6
"""Lines below which there is only what the curves come to."""
HIGH = 14
"""Lines from which on there is one for what the x axis is, and more for what the curves come to."""

Draw = Callable[[Index], Plot]
"""What is plotted while the cursor is at a cell."""


class _Lines(Drawn):
    """Some lines of text above or below the curves."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"plot--label", "plot--here", "plot--chosen", "plot--note"}

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()

    def show(self, lines: Sequence[Line]) -> None:
        """Show other lines, and be as high as they are."""
        if len(lines) != len(self._lines):
            self.styles.height = len(lines)
        self._lines = lines
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One of the lines."""
        pieces = self._lines[y] if y < len(self._lines) else ()
        return self.line([Segment(text, self.style_of(f"plot--{role}" if role else "")) for text, role in pieces])


class PlotPanel(Vertical, Unscrolled, can_focus=True, inherit_bindings=False):
    """Shows a plot of a value. The cursor goes along x, and up and down to other curves or rows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move('left')", "Move left", id="plot.left", group=_GROUP),
        Binding("right", "move('right')", "Move right", id="plot.right", group=_GROUP),
        Binding("up", "move('up')", "To the curve or row before", id="plot.up", group=_GROUP),
        Binding("down", "move('down')", "To the next curve or row", id="plot.down", group=_GROUP),
        Binding("0", "side(-1)", "To the first place along x", id="plot.first", group=_GROUP),
        Binding("dollar_sign", "side(1)", "To the last place along x", id="plot.last", group=_GROUP),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._above, self._below = _Lines("above"), _Lines("below")
        self._curves: Curves | None = None
        self._value: Value | None = None
        self._draw: Draw | None = None
        self._cursor: Index = ()
        self._drawing: Drawing | None = None

    def show(self, value: Value | None, index: Index, draw: Draw) -> None:
        """Show what `draw` makes of a value, with the cursor at `index`; of none, the cursor is moved from outside."""
        self._value, self._draw = value, draw
        if self._curves is None:
            self._fill()
        self.show_cell(index)

    def show_cell(self, index: Index) -> None:
        """Put the cursor on another cell: another place along x, another curve, or another row."""
        self._cursor = index
        self._lay_out()

    def on_resize(self) -> None:
        """Another size has room for other ticks and more points."""
        self._lay_out()

    def further(self, direction: str) -> TensorGrid.CellChosen | None:
        """The next place along x, or another curve or row."""
        return self._chosen(*_MOVES[direction])

    def action_move(self, direction: str) -> None:
        """The arrows, while the plot has the focus."""
        self._choose(*_MOVES[direction])

    def action_side(self, direction: int) -> None:
        """Go to the first place along x, or to the last."""
        self._choose(direction * _FAR, 0)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the mouse is along x."""
        at = event.get_content_offset(self)
        if at is not None and self._drawing is not None:
            self._choose(self._drawing.nearest(at.x) - self._drawing.plot.marked, 0)

    def _fill(self) -> None:
        """Make what the panel holds, when it is first wanted."""
        from attn_explore.explorer.widgets.curves import Curves  # textual-plot is needed for this alone

        self._curves = Curves()
        self.mount(self._above, self._curves, self._below)

    def _choose(self, right: int, down: int) -> None:
        if (chosen := self._chosen(right, down)) is not None:
            self.post_message(chosen)

    def _chosen(self, right: int, down: int) -> TensorGrid.CellChosen | None:
        if self._value is None:
            return None
        index = cell_further(self._value, self._cursor, right, down)
        return TensorGrid.CellChosen(self._value, index) if index != self._cursor else None

    def _lay_out(self) -> None:
        width, height = self.size
        if self._draw is None or self._curves is None or not width:
            return
        from attn_explore.explorer.drawing.plots.labels import above, axis_labels, readings, x_label
        from attn_explore.explorer.drawing.plots.layout import lay_out

        plot, is_high = self._draw(self._cursor), height >= HIGH
        read = readings(plot, width, 3 if is_high else 2)
        self._above.display = self._curves.display = height >= LEAST
        if height < LEAST:
            self._below.show(read)
            return
        self._drawing = drawing = lay_out(plot, width, height - 2 - is_high - len(read))
        self._above.show([above(plot, width)])
        self._below.show([axis_labels(drawing, width), *([x_label(drawing)] if is_high else []), *read])
        self._curves.show(drawing)
