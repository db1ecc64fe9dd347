"""A heat map as a picture that stands by itself (SVG), on white, as it is printed."""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element

import numpy as np

from attn_explore.explorer.drawing.colours import ALARM, LEVELS, level, paint_of, quiet_paint
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.drawing.plots.heat_map import HeatMap, Panels
from attn_explore.explorer.drawing.plots.svg import (
    FONT,
    GREY,
    GROUND,
    LINE,
    MARGIN,
    Point,
    heading,
    heading_width,
    page,
    rectangle,
    text,
    width_of,
    written,
)
from attn_explore.model.text import visible

_BAR = (16.0, 124.0)
"""Width and least height of the bar of colours."""
_BESIDE = 28.0
_EDGE = "#999999"


def heat_svg(heat_map: HeatMap) -> bytes:
    """The picture. The same tensor, the same bytes."""
    panels = Panels(heat_map)
    right, bottom = panels.size
    notes = "; ".join(panels.notes)
    width = max(
        right + _BESIDE + bar_width(panels.picture) + MARGIN,
        heading_width(heat_map.title, heat_map.path),
        2 * MARGIN + width_of(notes),
    )
    height = max(bottom, MARGIN + 2 * LINE + panels.above + _BAR[1]) + MARGIN + (LINE if notes else 0)
    root = page(heat_map.title, width, height)
    heading(root, heat_map.title, heat_map.path)
    for place, lead in enumerate(panels.planes):
        draw_plane(root, panels, lead, panels.corner(place))
    _, top = panels.corner(0)
    draw_bar(root, panels.picture, (right + _BESIDE, top), max(_BAR[1], min(panels.plane_size[1], 2 * _BAR[1])))
    text(root, MARGIN, height - MARGIN / 2 - LINE / 2, notes, fill=GREY)
    return written(root)


def draw_plane(root: Element, panels: Panels, lead: Index, corner: Point) -> None:
    """One plane: its name, the words of its axes, their labels, and its cells, of which the first is at the corner."""
    (x, y), picture = corner, panels.picture
    (width, height), (wide, high) = panels.plane_size, panels.cell
    if len(picture.planes) > 1:
        text(root, x, y - panels.above + LINE / 2, visible(picture.plane_name(lead)), weight="bold")
    text(root, x + width / 2, y - panels.above + LINE * (1.5 if len(picture.planes) > 1 else 0.5),
         f"{picture.columns.name} →" if picture.columns.name else "", anchor="middle", fill=GREY)  # fmt: skip
    for label in panels.column_labels:
        middle = x + (label.at + 0.5) * wide
        if panels.are_turned:
            text(root, middle, y - 6, label.text, turned=True)
        else:
            text(root, middle, y - LINE / 2, label.text, anchor="middle")
    for label in panels.row_labels:
        text(root, x - 8, y + (label.at + 0.5) * high, label.text, anchor="end")
    if picture.rows.name:
        name = f"← {picture.rows.name}"
        text(root, x - panels.before + FONT / 2, y + height / 2, name, anchor="middle", turned=True, fill=GREY)
    rows, columns = panels.layout.drawn
    for row in range(rows):
        for column, number in enumerate(panels.layout.row(lead, row, range(columns))):
            _cell(root, panels, lead, (row, column), number, (x + column * wide, y + row * high))
    rectangle(root, x, y, width, height, "none", _EDGE)


def _cell(root: Element, panels: Panels, lead: Index, drawn: tuple[int, int], number: float, at: Point) -> None:
    picture, (width, height), (x, y) = panels.picture, panels.cell, at
    is_hidden = picture.hidden is not None and bool(picture.hidden[panels.layout.peak(lead, *drawn)])
    if is_hidden:
        back, fore = quiet_paint(GROUND)
    elif math.isfinite(number):
        back, fore = paint_of(level(number, picture.end), GROUND)
    else:
        back, fore = ALARM
    rectangle(root, x, y, width, height, back)
    if panels.font:
        said = "" if is_hidden else panels.said(drawn, number)
        text(root, x + width / 2, y + height / 2, said, anchor="middle", fill=fore, size=panels.font)


def bar_width(picture: Picture) -> float:
    """The width of the bar of colours with its numbers."""
    return _BAR[0] + 8 + max(width_of(short_number(number)) for number in _ends(picture))


def _ends(picture: Picture) -> list[float]:
    """The numbers that stand beside the bar: its ends, and 0 where it is between them."""
    return [picture.end, 0.0, -picture.end] if picture.is_signed else [picture.end, 0.0]


def draw_bar(root: Element, picture: Picture, at: Point, height: float) -> None:
    """The colours from the largest number down to the smallest."""
    (x, y), steps = at, range(LEVELS, (-LEVELS if picture.is_signed else 0) - 1, -1)
    each = height / len(steps)
    for place, step in enumerate(steps):
        rectangle(root, x, y + place * each, _BAR[0], each, paint_of(step, GROUND)[0])
    for number, down in zip(_ends(picture), np.linspace(0, height, len(_ends(picture))), strict=True):
        text(root, x + _BAR[0] + 8, y + float(down), short_number(number))
    rectangle(root, x, y, _BAR[0], height, "none", _EDGE)
