"""What can be drawn into a file."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.explorer.drawing.plots.attention_lines import AttentionLines
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.map_figure import MapFigure
from attn_explore.explorer.drawing.plots.sheet import Sheet
from attn_explore.model.plots import Plot

Figure = Plot | HeatMap | AttentionLines | Sheet | MapFigure
"""Curves or bars, a heat map, lines between words, the sheet of a head, or the map of the model."""


def titled(figure: Figure, title: str | None) -> Figure:
    """The same figure under another title, where there is one."""
    if title is None:
        return figure
    if isinstance(figure, AttentionLines):
        return replace(figure, heat_map=replace(figure.heat_map, title=title))
    return replace(figure, title=title)
