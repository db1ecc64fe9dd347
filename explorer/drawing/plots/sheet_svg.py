"""One head of attention on one sheet, as a picture that stands by itself (SVG)."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from attn_explore.explorer.drawing.colours import LEVELS, paint_of
from attn_explore.explorer.drawing.plots.heat_svg import draw_plane
from attn_explore.explorer.drawing.plots.sheet import Arrangement, Placed, Sheet, shape_of, under
from attn_explore.explorer.drawing.plots.svg import (
    GREY,
    GROUND,
    LINE,
    MARGIN,
    SMALL_FONT,
    arrow,
    heading,
    heading_width,
    page,
    rectangle,
    text,
    width_of,
    written,
)

_LEGEND = "the colours of each tensor end at its own number farthest from 0: blue below 0, orange above"
_STEP = 8.0


def sheet_svg(sheet: Sheet) -> bytes:
    """The picture. The same tensors, the same bytes."""
    arranged = Arrangement(sheet)
    right, bottom = arranged.size
    bar = (2 * LEVELS + 1) * _STEP
    width = max(right + MARGIN, heading_width(sheet.title, sheet.path), 2 * MARGIN + bar + 12 + width_of(_LEGEND))
    root = page(sheet.title, width, bottom + 2 * LINE + MARGIN)
    heading(root, sheet.title, sheet.path)
    for route in arranged.arrows:
        arrow(root, route)
    for placed in arranged.placed:
        _draw(root, placed)
    y = bottom + 1.5 * LINE
    for place, step in enumerate(range(-LEVELS, LEVELS + 1)):
        rectangle(root, MARGIN + place * _STEP, y - LINE / 3, _STEP, 0.66 * LINE, paint_of(step, GROUND)[0])
    text(root, MARGIN + bar + 12, y, _LEGEND, fill=GREY)
    return written(root)


def _draw(root: Element, placed: Placed) -> None:
    """A tensor: its symbol and shape, its formula, its cells, and what has to be said under them."""
    part, left = placed.part, placed.corner[0] - placed.panels.before
    text(root, left, placed.top + LINE / 2, part.symbol, weight="bold")
    text(root, left + width_of(f"{part.symbol}  "), placed.top + LINE / 2, shape_of(part), fill=GREY)
    text(root, left, placed.top + 1.5 * LINE, part.formula, fill=GREY)
    draw_plane(root, placed.panels, (), placed.corner)
    for line, said in enumerate(under(placed.panels)):
        text(root, placed.corner[0], placed.cells[3] + LINE * (line + 0.6), said, fill=GREY, size=SMALL_FONT)
