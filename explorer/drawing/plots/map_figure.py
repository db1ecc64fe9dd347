"""The map of a model as a figure: its boxes and arrows as a picture (SVG), and its boxes as a list (CSV, JSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement

from rich.cells import cell_len

from attn_explore.explorer.drawing.maps.canvas import Line, Stroke
from attn_explore.explorer.drawing.maps.towers import draw_map
from attn_explore.explorer.drawing.numbers import shape_text
from attn_explore.explorer.drawing.plots.heat_files import csv_line
from attn_explore.explorer.drawing.plots.svg import (
    GREY,
    LINE,
    MARGIN,
    Point,
    arrow,
    heading,
    heading_width,
    length,
    line,
    page,
    rectangle,
    text,
    written,
)
from attn_explore.explorer.drawing.png import EVEN_LETTERS
from attn_explore.model.dataclass import dataclass
from attn_explore.model.diagram.boxes import Box, Diagram
from attn_explore.model.text import visible

COLUMNS = 112
"""Cells of the map that is drawn: two towers stand beside each other in it."""
CELL, ROW = 7.25, 22.0
"""Width and height of a cell: a letter of 12 in a font of one width."""

_PLUS, _FRAME = "⊕", ("┴", "┬")
"""A sum, and where a line goes into a frame and out of it."""
_BEGINS = ("[", "▐")
"""Before the name of a box, and of the one that is lit."""
_LIT, _PLAIN = "#f6cfa4", "#f2f2f2"
_BOX = 16.0
_SUM = 6.0

UP, DOWN, LEFT, RIGHT = (0, -1), (0, 1), (-1, 0), (1, 0)
_WAYS: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType({
    "│": (UP, DOWN), "─": (LEFT, RIGHT), "┌": (DOWN, RIGHT), "┐": (DOWN, LEFT), "└": (UP, RIGHT), "┘": (UP, LEFT),
    "╭": (DOWN, RIGHT), "╮": (DOWN, LEFT), "╰": (UP, RIGHT), "╯": (UP, LEFT), "├": (UP, DOWN, RIGHT),
    "┤": (UP, DOWN, LEFT), "┬": (LEFT, RIGHT, DOWN), "┴": (LEFT, RIGHT, UP), "┼": (UP, DOWN, LEFT, RIGHT),
})  # fmt: skip
"""To which sides of its cell a line goes."""
_HEADS: Mapping[str, tuple[int, int]] = MappingProxyType({"▶": RIGHT, "◀": LEFT, "▼": DOWN, "▲": UP})


@dataclass(frozen=True, eq=False)
class MapFigure:
    """The map of a run, with the box of one step lit, where there is one."""

    title: str
    diagram: Diagram
    present: str = ""

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its lines of cells."""
        return draw_map(self.diagram, self.present, COLUMNS).lines

    @property
    def boxes(self) -> Iterator[tuple[str, Box]]:
        """Every box with the stack that it is in."""
        return ((tower.stack, box) for tower in self.diagram.towers for box in tower.boxes)


def map_svg(figure: MapFigure) -> bytes:
    """The picture. The same run, the same bytes."""
    columns = max((sum(cell_len(stroke.text) for stroke in row) for row in figure.lines), default=0)
    width = max(2 * MARGIN + columns * CELL, heading_width(figure.title, ""))
    top = MARGIN + 1.5 * LINE
    root = page(figure.title, width, top + len(figure.lines) * ROW + MARGIN)
    heading(root, figure.title, "")
    group = SubElement(root, "g", {"font-family": EVEN_LETTERS})
    grid = [_cells(row) for row in figure.lines]
    for y, row in enumerate(grid):
        for x, (sign, stroke) in row.items():
            _draw_line(group, grid, (x, y), sign, stroke, top)
    for y, strokes in enumerate(figure.lines):
        x = 0
        for stroke in strokes:
            _draw_text(group, stroke, (MARGIN + x * CELL, top + (y + 0.5) * ROW))
            x += cell_len(stroke.text)
    return written(root)


Cells = dict[int, tuple[str, Stroke]]


def _cells(row: Line) -> Cells:
    """The signs of a row by their columns."""
    found: Cells = {}
    x = 0
    for stroke in row:
        for sign in stroke.text:
            if sign != " ":
                found[x] = (sign, stroke)
            x += cell_len(sign)
    return found


def _draw_line(root: Element, grid: list[Cells], at: tuple[int, int], sign: str, stroke: Stroke, top: float) -> None:
    """What stands for a line in a cell; under the beginning of a box, the line that goes through it."""
    x, y = (at[0] + 1, at[1]) if _begins_box(grid, at) else at
    middle = (MARGIN + (x + 0.5) * CELL, top + (y + 0.5) * ROW)
    for way in _ways(grid, (x, y), sign, stroke):
        line(root, middle, _from(middle, way, 0.5), width=1.2, stroke=GREY)
    if sign == _PLUS:
        _draw_sum(root, middle)
    if sign in _HEADS and stroke.ink == "line":
        arrow(root, (_from(middle, _HEADS[sign], -0.5), _from(middle, _HEADS[sign], 0.5)))


def _from(middle: Point, way: tuple[int, int], share: float) -> Point:
    return middle[0] + way[0] * CELL * share, middle[1] + way[1] * ROW * share


def _ways(grid: list[Cells], at: tuple[int, int], sign: str, stroke: Stroke) -> set[tuple[int, int]]:
    """The sides to which a line goes: those of its sign, and up and down where it is met, also through a frame."""
    x, y = at
    is_passed = sign in (*_FRAME, _PLUS) or (stroke.ink != "line" and sign in _BEGINS)
    met = {way for way in (UP, DOWN) if is_passed and _is_met(grid, (x, y + way[1]), way)}
    return met | (set(_WAYS.get(sign, ())) if stroke.ink == "line" else set())


def _is_met(grid: list[Cells], at: tuple[int, int], way: tuple[int, int]) -> bool:
    """Whether a line that goes up or down to a cell goes on there: as a line, an arrow, a sum or a box."""
    x, y = at
    sign, stroke = grid[y].get(x, ("", None)) if 0 <= y < len(grid) else ("", None)
    if stroke is None or sign == _PLUS or _begins_box(grid, (x - 1, y)):
        return stroke is not None
    return stroke.ink == "line" and (sign in _HEADS or sign in _FRAME or (-way[0], -way[1]) in _WAYS.get(sign, ()))


def _begins_box(grid: list[Cells], at: tuple[int, int]) -> bool:
    sign, stroke = grid[at[1]].get(at[0], ("", None))
    return stroke is not None and stroke.ink in ("box", "present") and sign in _BEGINS


def _draw_sum(root: Element, middle: Point) -> None:
    x, y = middle
    SubElement(root, "circle", {
        "cx": length(x), "cy": length(y), "r": length(_SUM), "fill": "#ffffff", "stroke": GREY, "stroke-width": "1.2",
        "shape-rendering": "auto",
    })  # fmt: skip
    for way in (LEFT, RIGHT, UP, DOWN):
        line(root, middle, (x + way[0] * _SUM, y + way[1] * _SUM), width=1.2, stroke=GREY)


def _draw_text(root: Element, stroke: Stroke, at: Point) -> None:
    """A box with its name, or what is said beside it."""
    x, y = at
    if stroke.ink in ("box", "present") and stroke.text != _PLUS:
        wide = cell_len(stroke.text) * CELL
        rectangle(root, x, y - _BOX / 2, wide, _BOX, _LIT if stroke.ink == "present" else _PLAIN, GREY)
        text(root, x + wide / 2, y, stroke.text[1:-1], anchor="middle")
    elif stroke.ink not in ("line", "box", "present") and stroke.text.strip():
        before = cell_len(stroke.text) - cell_len(stroke.text.lstrip())
        weight = "bold" if stroke.ink == "title" else ""
        text(root, x + before * CELL, y, stroke.text.strip(), fill=GREY if not weight else "#000000", weight=weight)


def map_csv(figure: MapFigure) -> bytes:
    """A line for each box: its stack, the step that it is about, its name, its shape, what it reads."""
    lines = (
        csv_line([stack, box.path, box.name, shape_text(box.shape), " ".join(box.reads)]) for stack, box in figure.boxes
    )
    return "".join(f"{line}\n" for line in ("stack,step,name,shape,reads", *lines)).encode()


def map_json(figure: MapFigure) -> bytes:
    """Strict JSON with every box."""
    boxes = [
        {"stack": stack, "step": box.path, "name": box.name, "notes": list(box.notes), "shape": list(box.shape),
         "reads": list(box.reads), "steps": list(box.steps), "parameters": list(box.parameters)}
        for stack, box in figure.boxes
    ]  # fmt: skip
    plain = {"format": "attn-explore-plot", "version": 1, "title": visible(figure.title), "kind": "map", "boxes": boxes}
    return f"{json.dumps(plain, ensure_ascii=False, allow_nan=False)}\n".encode()
