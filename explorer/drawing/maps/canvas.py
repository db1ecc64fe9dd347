"""Cells that lines and text are put into, and the strokes that the rows of cells become."""

from __future__ import annotations

from dataclasses import field
from itertools import groupby
from typing import Literal

from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import ELLIPSIS
from attn_explore.model.dataclass import dataclass

Ink = Literal["line", "box", "edge", "note", "shape", "title", "present", "lit"]
"""What a stroke is.

line            between boxes, and around a layer
box, present    what stands in a box, in the present one
edge, lit       the frame of a box, of the present one
note            what is said beside a box
shape           of what flows along an arrow
title           what a tower or a layer is called
"""


@dataclass(frozen=True, slots=True)
class Stroke:
    """Text in one line of the map; `path` is that of the box which it belongs to, where it belongs to one."""

    text: str
    ink: Ink
    path: str = ""


Line = tuple[Stroke, ...]

_BLANK = Stroke(" ", "line")


@dataclass
class Canvas:
    """Cells by row and column. A wide character takes two: the second one is empty."""

    cells: dict[tuple[int, int], Stroke] = field(default_factory=dict)

    def put(self, x: int, y: int, text: str, ink: Ink = "line", path: str = "") -> int:
        """Write text from a cell on; returns the column behind it."""
        for character in text:
            width = cell_len(character)
            if width == 0 and (y, x - 1) in self.cells:  # it is drawn over the one before
                before = self.cells[y, x - 1]
                self.cells[y, x - 1] = Stroke(before.text + character, before.ink, before.path)
            for place in range(width):
                self.cells[y, x + place] = Stroke("" if place else character, ink, path)
            x += width
        return x

    def down(self, x: int, top: int, bottom: int) -> None:
        """Draw a line from row `top` to the row before `bottom`."""
        for y in range(top, bottom):
            self.put(x, y, "│")

    def across(self, y: int, left: int, right: int, text: str = "─") -> None:
        """Draw a line from column `left` to the column before `right`."""
        for x in range(left, right):
            self.put(x, y, text)

    def put_canvas(self, other: Canvas, x: int, y: int = 0) -> None:
        """Put all cells of another canvas."""
        for (row, column), stroke in other.cells.items():
            self.cells[row + y, column + x] = stroke

    @property
    def width(self) -> int:
        """Columns up to the last cell that is written."""
        return max((column for _, column in self.cells), default=-1) + 1

    @property
    def height(self) -> int:
        """Rows up to the last one that is written."""
        return max((row for row, _ in self.cells), default=-1) + 1

    def right_edge(self, top: int, bottom: int) -> int:
        """The column behind the last cell that is written in some rows."""
        return max((column for row, column in self.cells if top <= row < bottom), default=-1) + 1

    def lines(self, width: int) -> tuple[Line, ...]:
        """The rows, cells that belong together as one stroke; what is beyond `width` is left out, with a sign."""
        by_row: dict[int, dict[int, Stroke]] = {}
        for (row, column), stroke in self.cells.items():
            by_row.setdefault(row, {})[column] = stroke
        return tuple(_line(by_row.get(row, {}), width) for row in range(self.height))


def _line(row: dict[int, Stroke], width: int) -> Line:
    end = max(row, default=-1) + 1
    cells = [row.get(column, _BLANK) for column in range(end)]
    if end > width:
        kept = width - 1
        while kept and not cells[kept].text:  # no wide character is cut in two
            kept -= 1
        cells = [*cells[:kept], Stroke(ELLIPSIS, cells[kept].ink, cells[kept].path)]
    grouped = groupby(cells, lambda stroke: (stroke.ink, stroke.path))
    return tuple(Stroke("".join(stroke.text for stroke in run), *look) for look, run in grouped)
