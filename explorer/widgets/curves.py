"""The curves of a plot inside their frame, drawn by textual-plot: imported when the first plot is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.containers import Grid
from textual.strip import Strip
from textual_hires_canvas import Canvas
from textual_hires_canvas.hires import hires_sizes
from textual_plot import HiResMode, PlotWidget
from textual_plot.axis_formatter import AxisFormatter
from textual_plot.plot_widget import Legend

from attn_explore.explorer.drawing.plots.layout import Drawing, Tick, mark, marked_places, shown, thinned, unbroken
from attn_explore.model.axes import Array

COLOURS = 6
"""Styles of curves; further ones begin again, with other marks."""


class _Ticks(AxisFormatter):
    """Ticks that were chosen elsewhere."""

    def __init__(self, ticks: Sequence[Tick]) -> None:
        self._ticks = ticks

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        return [tick.at for tick in self._ticks]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        return [tick.label for tick in self._ticks]


class Cells(Canvas):
    """A canvas with lines of its own width and a style throughout, without which NO_COLOR ends the program."""

    def render_line(self, y: int) -> Strip:
        """A line as wide as the canvas."""
        strip, width = super().render_line(y), self.size.width
        if strip.cell_length >= width:
            return strip
        own = self.rich_style
        return Strip(Segment.apply_style(strip, own)).adjust_cell_length(width, own)

    def draw_filled_hires_rectangle(
        self, x0: float, y0: float, x1: float, y1: float, hires_mode: HiResMode | None = None, style: str = "white"
    ) -> None:
        """Fill a rectangle. One in which no cell is full would be drawn a pixel too far to the right and down."""
        mode = hires_mode or self.default_hires_mode
        across, down = hires_sizes[mode]
        columns, rows = _pixels(x0, x1, across), _pixels(y0, y1, down)
        if _has_full_cell(columns, across) and _has_full_cell(rows, down):
            super().draw_filled_hires_rectangle(x0, y0, x1, y1, mode, style)
        else:
            middles = [((column + 0.5) / across, (row + 0.5) / down) for column in columns for row in rows]
            self.set_hires_pixels(middles, mode, style)


def _pixels(at: float, to: float, in_a_cell: int) -> range:
    """The pixels between two places along an axis, which are in cells."""
    first, end = sorted((round(at * in_a_cell), round(to * in_a_cell)))
    return range(first, end)


def _has_full_cell(pixels: range, in_a_cell: int) -> bool:
    """Whether all pixels of any cell are among these."""
    return -(-pixels.start // in_a_cell) < pixels.stop // in_a_cell


class Curves(PlotWidget):
    """Draws a plot in the space that was laid out for it, with a line where the cursor is."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"curves--{place}" for place in range(COLOURS)),
        "curves--here",
        "curves--rule",
    }

    def __init__(self) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self.can_focus = False
        self._drawing: Drawing | None = None
        self._stands = False

    def compose(self) -> ComposeResult:
        """The parts of the plot widget, with lines that are whole."""
        with Grid():
            yield from (Cells(1, 1, id=part) for part in ("margin-top", "margin-left", "plot", "margin-bottom"))
        yield Legend(id="legend")

    def on_mount(self, event: events.Mount) -> None:  # type: ignore[override]
        """Draw what was to be shown before the widget stood."""
        event.prevent_default()  # it would clear the plot
        super().on_mount()
        self._stands = True
        self._draw()

    def show(self, drawing: Drawing) -> None:
        """Draw another plot, or the same one with the cursor elsewhere."""
        self._drawing = drawing
        self._draw()

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        super().notify_style_update()
        self._draw()

    def _draw(self) -> None:
        drawing = self._drawing
        if drawing is None or not self._stands:
            return
        x_scale, y_scale = drawing.places.scale, drawing.y_scale
        self.margin_top = self.margin_bottom = 0
        has_moved, self.margin_left = self.margin_left != drawing.margin, drawing.margin
        self.clear()
        self.set_xlimits(x_scale.low, x_scale.high)
        self.set_ylimits(y_scale.low, y_scale.high)
        self.set_x_formatter(_Ticks([Tick(tick.at, "") for tick in drawing.x_ticks]))  # labels are written below
        self.set_y_formatter(_Ticks(drawing.y_ticks))
        self._draw_rules(drawing)
        order = sorted(shown(drawing.plot), key=lambda curve: curve == drawing.plot.chosen)  # the chosen one on top
        numbers = {curve: y_scale.at(drawing.plot.curves[curve].y) for curve in order}
        for curve, ys in numbers.items():
            self._draw_bars(drawing, curve, ys) if drawing.has_bars else self._draw_line(drawing, curve, ys)
        for curve, ys in numbers.items():
            self._draw_marks(drawing, curve, ys)
        if not self._needs_canvas_resize:
            self.render()  # now: drawn while a frame is made, the canvases would ask for another one
            if has_moved:
                self.call_after_refresh(self._draw_in_other_room)

    def _draw_in_other_room(self) -> None:
        """Draw once more when the labels of the y axis have the room that they take now."""
        self._needs_canvas_resize = True
        self._rerender()

    def _draw_rules(self, drawing: Drawing) -> None:
        """The cursor's line from top to bottom, and for bars the line at zero, both behind the curves."""
        x_scale, y_scale = drawing.places.scale, drawing.y_scale
        if drawing.plot.kind == "bars" and y_scale.low < 0:
            xs = x_scale.middles(drawing.columns)
            self.scatter(xs, np.zeros(xs.size), marker="─", marker_style=self._style("curves--rule"))
        ys = y_scale.middles(drawing.lines)
        at = np.full(ys.size, drawing.places.at[drawing.plot.marked])
        self.scatter(at, ys, marker="│", marker_style=self._style("curves--rule"))

    def _draw_line(self, drawing: Drawing, curve: int, ys: Array) -> None:
        xs, kept = drawing.places.at, thinned(ys, 4 * drawing.columns)
        for x, y in unbroken(xs[kept], ys[kept]):
            if y.size > 1:
                self.plot(x, y, line_style=self._style_of(drawing, curve), hires_mode=HiResMode.BRAILLE)
            else:
                self.scatter(x, y, marker=mark(curve), marker_style=self._style_of(drawing, curve))

    def _draw_bars(self, drawing: Drawing, curve: int, ys: Array) -> None:
        there, style, here = (
            np.flatnonzero(np.isfinite(ys)),
            self._style_of(drawing, curve),
            self._style("curves--here"),
        )
        styles = [here if place == drawing.plot.marked else style for place in there]
        left, right = (edges[there] for edges in drawing.bars(curve))
        self.bar((left + right) / 2, ys[there], right - left, styles, HiResMode.QUADRANT)

    def _draw_marks(self, drawing: Drawing, curve: int, ys: Array) -> None:
        """A curve's own glyph now and then, and where the cursor is."""
        plot, xs, style = drawing.plot, drawing.places.at, self._style_of(drawing, curve)
        if drawing.has_bars:
            if len(plot.curves) == 1:
                return
            xs = np.mean(drawing.bars(curve), axis=0)
        at, here = marked_places(plot, curve, drawing.columns), [plot.marked]
        self.scatter(xs[at], ys[at], marker=mark(curve), marker_style=style)
        self.scatter(xs[here], ys[here], marker=mark(curve), marker_style=f"{style} bold reverse")

    def _style_of(self, drawing: Drawing, curve: int) -> str:
        style = self._style(f"curves--{curve % COLOURS}")
        is_one_of_several = len(drawing.plot.curves) > 1
        return f"{style} bold" if is_one_of_several and curve == drawing.plot.chosen else style

    def _style(self, name: str) -> str:
        return str(self.get_component_rich_style(name, partial=True))
