"""A figure as a file: a picture (SVG, PNG), a page (PDF), or its numbers with every digit (CSV, JSON)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from attn_explore.explorer.drawing.pdf import pdf_of
from attn_explore.explorer.drawing.plots.attention_lines import AttentionLines
from attn_explore.explorer.drawing.plots.curve_files import plot_csv, plot_json, plot_svg
from attn_explore.explorer.drawing.plots.figure import Figure, titled
from attn_explore.explorer.drawing.plots.heat_files import heat_csv, heat_json
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.heat_svg import heat_svg
from attn_explore.explorer.drawing.plots.lines_svg import lines_svg
from attn_explore.explorer.drawing.plots.looks import AS_IT_IS, Looks, Size, own_size, units_of, with_height
from attn_explore.explorer.drawing.plots.map_figure import MapFigure, map_csv, map_json, map_svg
from attn_explore.explorer.drawing.plots.sheet import Sheet
from attn_explore.explorer.drawing.plots.sheet_files import sheet_csv, sheet_json
from attn_explore.explorer.drawing.plots.sheet_svg import sheet_svg
from attn_explore.explorer.drawing.plots.svg import sized
from attn_explore.explorer.drawing.png import png_of
from attn_explore.explorer.system.file_formats import PICTURES, PLOTS, format_of
from attn_explore.explorer.system.where_files_go import ON_DISK, Files
from attn_explore.model.plots import Plot
from attn_explore.model.text import visible

Write = Callable[[Any], bytes]

DRAWN: Mapping[type, Write] = MappingProxyType(
    {Plot: plot_svg, HeatMap: heat_svg, AttentionLines: lines_svg, Sheet: sheet_svg, MapFigure: map_svg}
)
"""How each kind of figure is drawn."""

_CSV: Mapping[type, Write] = MappingProxyType({
    Plot: plot_csv,
    HeatMap: heat_csv,
    AttentionLines: lambda lines: heat_csv(lines.heat_map),
    Sheet: sheet_csv,
    MapFigure: map_csv,
})  # fmt: skip
_JSON: Mapping[type, Write] = MappingProxyType({
    Plot: plot_json,
    HeatMap: heat_json,
    AttentionLines: lambda lines: heat_json(lines.heat_map),
    Sheet: sheet_json,
    MapFigure: map_json,
})  # fmt: skip
NUMBERS: Mapping[str, Mapping[type, Write]] = MappingProxyType({".csv": _CSV, ".json": _JSON})
"""How its numbers are written, by the ending of the file."""


def _svg(svg: bytes, _: str, size: Size | None) -> bytes:
    return sized(svg, size.width_text, size.height_text) if size else svg


def _png(svg: bytes, _: str, size: Size | None) -> bytes:
    return png_of(sized(svg, *(f"{side}px" for side in size.pixels)), 1) if size else png_of(svg)


def _pdf(svg: bytes, title: str, size: Size | None) -> bytes:
    return pdf_of(svg, title, *(units_of(size) if size else own_size(svg)))


PICTURED: Mapping[str, Callable[[bytes, str, Size | None], bytes]] = MappingProxyType(
    {".svg": _svg, ".png": _png, ".pdf": _pdf}
)
"""What becomes of the picture, with its title and its size, by the ending of the file."""


def figure_bytes(figure: Figure, ending: str, looks: Looks = AS_IT_IS) -> bytes:
    """A figure in the format of files with this ending."""
    figure = titled(figure, looks.title)
    if ending in NUMBERS:
        return NUMBERS[ending][type(figure)](figure)
    svg = DRAWN[type(figure)](figure)
    return PICTURED[ending](svg, visible(figure.title), with_height(looks.size, svg) if looks.size else None)


def write_plot(
    plot: Figure,
    target: Path,
    *,
    force: bool = False,
    inputs: Sequence[Path] = (),
    looks: Looks = AS_IT_IS,
    files: Files = ON_DISK,
) -> Path:
    """Write a figure to a file, whole or not at all, and give its path. Raises Problem when that cannot be."""
    written = figure_bytes(plot, format_of(target, PLOTS, "a plot"), looks)
    return files.write(target, [written], force=force, inputs=inputs)


def write_picture(svg: bytes, target: Path, *, force: bool, files: Files) -> Path:
    """Write a picture to a file, in lines or in pixels, as its ending says. Raises Problem when that cannot be."""
    written = png_of(svg) if format_of(target, PICTURES, "a picture") == ".png" else svg
    return files.write(target, [written], force=force)
