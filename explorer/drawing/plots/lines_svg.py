"""Attention as lines between words, as a picture that stands by itself (SVG)."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from attn_explore.explorer.drawing.colours import paint_of
from attn_explore.explorer.drawing.picture import Index
from attn_explore.explorer.drawing.plots.attention_lines import APART, ROW, WIDEST, AttentionLines, Columns
from attn_explore.explorer.drawing.plots.svg import (
    GREY,
    GROUND,
    LINE,
    MARGIN,
    Point,
    heading,
    heading_width,
    line,
    page,
    text,
    width_of,
    written,
)
from attn_explore.model.text import visible

_SAMPLES = (1.0, 0.5, 0.1)
"""Weights whose lines the legend shows."""
_LEGEND = 400.0
_STROKE, _ = paint_of(15, GROUND)
_FAINTEST = 0.35
"""How much of the colour the smallest weight has: its line has to be seen in print."""


def lines_svg(lines: AttentionLines) -> bytes:
    """The picture. The same weights, the same bytes."""
    columns = Columns(lines)
    right, bottom = columns.size
    notes = "; ".join(columns.notes)
    width = max(right + MARGIN, heading_width(lines.title, lines.heat_map.path), 2 * MARGIN + width_of(notes), _LEGEND)
    height = bottom + 3 * LINE + MARGIN
    root = page(lines.title, width, height, is_crisp=False)
    heading(root, lines.title, lines.heat_map.path)
    for place, head in enumerate(columns.heads):
        _draw_head(root, columns, head, columns.corner(place))
    _draw_legend(root, bottom + LINE)
    text(root, MARGIN, bottom + 2.2 * LINE, notes, fill=GREY)
    return written(root)


def _draw_head(root: Element, columns: Columns, head: Index, corner: Point) -> None:
    """The name of a head, its lines, and the words at both sides."""
    (x, y), picture = corner, columns.picture
    left = x + columns.widths[0]
    if len(picture.planes) > 1:
        text(root, left, y + LINE / 2, visible(picture.plane_name(head)), weight="bold")
    names = y + columns.above - LINE / 2
    text(root, left, names, picture.rows.name, anchor="end", fill=GREY)
    text(root, left + APART, names, picture.columns.name, fill=GREY)
    for found in columns.drawn(head):
        start, end = columns.ends(corner, found)
        strength = _FAINTEST + (1 - _FAINTEST) * min(1.0, found.weight)
        line(root, start, end, width=WIDEST * found.weight, stroke=_STROKE, opacity=strength)
    for at, words, anchor in ((left, columns.words[0], "end"), (left + APART, columns.words[1], "start")):
        for place, word in enumerate(words):
            text(root, at, y + columns.above + ROW * (place + 0.5), word, anchor=anchor)


def _draw_legend(root: Element, y: float) -> None:
    """How wide the lines of some weights are."""
    text(root, MARGIN, y, "weight", fill=GREY)
    for place, weight in enumerate(_SAMPLES):
        x = MARGIN + 70 + place * 100
        strength = _FAINTEST + (1 - _FAINTEST) * weight
        line(root, (x, y), (x + 40, y), width=WIDEST * weight, stroke=_STROKE, opacity=strength)
        text(root, x + 48, y, f"{weight:g}")
