"""Any figure as plain lines."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from attn_explore.explorer.drawing.maps.towers import draw_map
from attn_explore.explorer.drawing.plots.attention_lines import AttentionLines
from attn_explore.explorer.drawing.plots.figure import Figure
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.heat_text import heat_lines
from attn_explore.explorer.drawing.plots.map_figure import MapFigure
from attn_explore.explorer.drawing.plots.sheet import Sheet, shape_of
from attn_explore.explorer.drawing.plots.text import plot_lines
from attn_explore.model.text import visible


def figure_lines(figure: Figure, width: int) -> Iterator[str]:
    """A figure in lines of at most `width` cells; lines between words as the glyphs of their weights."""
    if isinstance(figure, HeatMap):
        return heat_lines(figure, width)
    if isinstance(figure, AttentionLines):
        return heat_lines(figure.heat_map, width)
    if isinstance(figure, MapFigure):
        return _map_lines(figure, width)
    if isinstance(figure, Sheet):
        return _sheet_lines(figure, width)
    return plot_lines(figure, width)


def _sheet_lines(sheet: Sheet, width: int) -> Iterator[str]:
    """The tensors of a sheet, each under its symbol, its shape, and its formula."""
    yield visible(sheet.title)
    for part in sheet.parts:
        yield ""
        yield f"{part.symbol}  {shape_of(part)}  {part.formula}"
        yield from islice(heat_lines(part.heat_map, width), 1, None)


def _map_lines(figure: MapFigure, width: int) -> Iterator[str]:
    """The map in the width that there is."""
    yield visible(figure.title)
    for line in draw_map(figure.diagram, figure.present, width).lines:
        yield "".join(stroke.text for stroke in line)
