"""A heat map as a picture that stands by itself (SVG), on white, as it is printed.

Every text has a place of its own and no font but the machine's, so that it stands there in every program that reads it.
"""

from __future__ import annotations

import math
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np

from attn_explore.explorer.drawing.colours import ALARM, LEVELS, Ground, level, paint_of, quiet_paint
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.picture import Index
from attn_explore.explorer.drawing.plots.heat_map import FONT, LINE, MARGIN, HeatMap, Panels, width_of
from attn_explore.explorer.drawing.png import LETTERS
from attn_explore.model.text import visible

GROUND = Ground((255, 255, 255), (0, 0, 0))

_BAR = (16.0, 124.0)
"""Width and least height of the bar of colours."""
_BESIDE = 28.0
_BASELINE = 0.35
"""How far below its middle a text's baseline is, as a share of its height."""
_GREY = "#555555"


def heat_svg(heat_map: HeatMap) -> bytes:
    """The picture. The same tensor, the same bytes."""
    panels = Panels(heat_map)
    right, bottom = panels.size
    labels = [short_number(number) for number in _ends(panels)]
    width = right + _BESIDE + _BAR[0] + 8 + max(map(width_of, labels)) + MARGIN
    notes = "; ".join(panels.notes)
    width = max(
        width,
        2 * MARGIN + max(width_of(visible(heat_map.title), 15), width_of(visible(heat_map.path)), width_of(notes)),
    )
    height = max(bottom, MARGIN + 2 * LINE + panels.above + _BAR[1]) + MARGIN + (LINE if notes else 0)
    root = Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "width": _number(width), "height": _number(height),
        "viewBox": f"0 0 {_number(width)} {_number(height)}", "font-family": LETTERS, "font-size": _number(FONT),
        "shape-rendering": "crispEdges",
    })  # fmt: skip
    SubElement(root, "title").text = visible(heat_map.title)
    _rectangle(root, 0, 0, width, height, "#ffffff")
    _text(root, MARGIN, MARGIN, visible(heat_map.title), size=15, weight="bold")
    _text(root, MARGIN, MARGIN + LINE, visible(heat_map.path), fill=_GREY)
    for place, lead in enumerate(panels.planes):
        _plane(root, panels, place, lead)
    _bar(root, panels, right + _BESIDE)
    if notes:
        _text(root, MARGIN, height - MARGIN / 2 - LINE / 2, notes, fill=_GREY)
    svg: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return svg + b"\n"


def _plane(root: Element, panels: Panels, place: int, lead: Index) -> None:
    """One plane: its name, the words of its axes, their labels, and its cells."""
    x, y = panels.corner(place)
    (width, height), (wide, high), picture = panels.plane_size, panels.cell, panels.picture
    if len(picture.planes) > 1:
        _text(root, x, y - panels.above + LINE / 2, visible(picture.plane_name(lead)), weight="bold")
    _text(root, x + width / 2, y - panels.above + LINE * (1.5 if len(picture.planes) > 1 else 0.5),
          f"{picture.columns.name} →" if picture.columns.name else "", anchor="middle", fill=_GREY)  # fmt: skip
    for label in panels.column_labels:
        middle = x + (label.at + 0.5) * wide
        if panels.are_turned:
            _text(root, middle, y - 6, label.text, turned=True)
        else:
            _text(root, middle, y - LINE / 2, label.text, anchor="middle")
    for label in panels.row_labels:
        _text(root, x - 8, y + (label.at + 0.5) * high, label.text, anchor="end")
    if picture.rows.name:
        name = f"← {picture.rows.name}"
        _text(root, x - panels.before + FONT / 2, y + height / 2, name, anchor="middle", turned=True, fill=_GREY)
    rows, columns = panels.layout.drawn
    for row in range(rows):
        for column in range(columns):
            _cell(root, panels, lead, row, column, (x + column * wide, y + row * high))


def _cell(root: Element, panels: Panels, lead: Index, row: int, column: int, at: tuple[float, float]) -> None:
    picture, (width, height), (x, y) = panels.picture, panels.cell, at
    peak = panels.layout.peak(lead, row, column)
    number = float(picture.plane(lead)[peak])
    is_hidden = picture.hidden is not None and bool(picture.hidden[peak])
    if is_hidden:
        back, fore = quiet_paint(GROUND)
    elif math.isfinite(number):
        back, fore = paint_of(level(number, picture.end), GROUND)
    else:
        back, fore = ALARM
    _rectangle(root, x, y, width, height, back)
    if panels.font and panels.layout.numbers is not None:
        text = "" if is_hidden else panels.layout.numbers(number).strip()
        _text(root, x + width / 2, y + height / 2, text, anchor="middle", fill=fore, size=panels.font)


def _ends(panels: Panels) -> list[float]:
    """The numbers that stand beside the bar: its ends, and 0 where it is between them."""
    end = panels.picture.end
    return [end, 0.0, -end] if panels.picture.is_signed else [end, 0.0]


def _bar(root: Element, panels: Panels, x: float) -> None:
    """The colours from the largest number down to the smallest."""
    _, y = panels.corner(0)
    height = max(_BAR[1], min(panels.plane_size[1], 2 * _BAR[1]))
    lowest = -LEVELS if panels.picture.is_signed else 0
    steps = range(LEVELS, lowest - 1, -1)
    each = height / len(steps)
    for place, step in enumerate(steps):
        _rectangle(root, x, y + place * each, _BAR[0], each, paint_of(step, GROUND)[0])
    for number, at in zip(_ends(panels), np.linspace(0, height, len(_ends(panels))), strict=True):
        _text(root, x + _BAR[0] + 8, y + float(at), short_number(number))
    SubElement(root, "rect", {
        "x": _number(x), "y": _number(y), "width": _number(_BAR[0]), "height": _number(height), "fill": "none",
        "stroke": "#999999",
    })  # fmt: skip


def _rectangle(root: Element, x: float, y: float, width: float, height: float, fill: str) -> None:
    sides = {"x": x, "y": y, "width": width, "height": height}
    SubElement(root, "rect", {name: _number(side) for name, side in sides.items()} | {"fill": fill})


def _text(
    root: Element,
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    fill: str = "#000000",
    size: float = FONT,
    weight: str = "",
    turned: bool = False,
) -> None:
    """A text whose middle is at the height y; turned, it runs upwards from there."""
    if not text:
        return
    below = size * _BASELINE
    at = (x + below, y) if turned else (x, y + below)
    attributes = {"x": _number(at[0]), "y": _number(at[1])}
    attributes |= {"fill": fill} if fill != "#000000" else {}
    attributes |= {"text-anchor": anchor} if anchor != "start" else {}
    attributes |= {"font-size": _number(size)} if size != FONT else {}
    attributes |= {"font-weight": weight} if weight else {}
    attributes |= {"transform": f"rotate(-90 {_number(at[0])} {_number(at[1])})"} if turned else {}
    SubElement(root, "text", attributes).text = text


def _number(length: float) -> str:
    return f"{length:.2f}".rstrip("0").rstrip(".")
