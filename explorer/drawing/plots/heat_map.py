"""A tensor as a heat map: where the cells of every plane stand in a picture, and what is written beside them.

Lengths are in the picture's own units, of which a letter is about 12 high.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

from attn_explore.explorer.drawing.grid_layout import Layout, first_is_shown, shown_of_block
from attn_explore.explorer.drawing.numbers import most_cells, numbers_for, short_power, shortened
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.drawing.plots.svg import FONT, LETTER, LINE, MARGIN, SMALL_FONT, width_of
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.naming import shown_short
from attn_explore.model.text import visible

BESIDE = 40.0
"""Between two planes."""

PANEL = 900.0
"""Width that the cells of one plane take at most."""
ACROSS = 1500.0
"""Width of all planes side by side, before the next ones stand under them."""

WIDEST, NARROWEST = 64.0, 6.0
HIGHEST = 32.0
"""Sizes of a cell."""

MOST_CELLS = 128
"""Rows and columns of a plane; of more, each cell stands for a block."""
MOST_PLANES = 32

LONGEST_LABEL, LONGEST_TEXT = 20, 14
"""Letters of a label, and of a text in a cell."""


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A tensor to be drawn as a heat map, with its title and where it stands in the run.

    `texts` stand in the cells of a single plane in the place of its numbers, which are `coloured_by`, then. The name
    of a row has at most `longest_row` letters.
    """

    title: str
    path: str
    picture: Picture
    texts: tuple[tuple[str, ...], ...] | None = None
    coloured_by: str = ""
    longest_row: int = LONGEST_LABEL


@dataclass(frozen=True, slots=True)
class Place:
    """A label along an axis: which drawn row or column, and the text."""

    at: int
    text: str


@dataclass(frozen=True, eq=False)
class Panels:
    """Every plane of a heat map as it is laid out; all have the same size and share their labels.

    `room` is the width, and the height, that the cells of a plane take at most, `most` how many of them there are in a
    row or a column.
    """

    heat_map: HeatMap
    room: float = PANEL
    most: int = MOST_CELLS

    @property
    def picture(self) -> Picture:
        """What is drawn."""
        return self.heat_map.picture

    @cached_property
    def planes(self) -> list[Index]:
        """The leading indices of the planes that are drawn."""
        return self.picture.planes[:MOST_PLANES]

    @cached_property
    def layout(self) -> Layout:
        """Which rows and columns a drawn cell stands for."""
        picture = self.picture
        rows, columns = (max(1, math.ceil(axis.size / self.most)) for axis in (picture.rows, picture.columns))
        first = first_is_shown(picture, next(iter(picture.planes), ()), (rows, columns))
        numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, 7)
        return Layout(picture, 0, 1, numbers, tuple(self.planes), (rows, columns), shows_first=first)

    def said(self, drawn: tuple[int, int], number: float) -> str:
        """What stands in a drawn cell: its number, or its text where the heat map has texts."""
        if self._texts is not None:
            return self._texts[drawn[0]][drawn[1]]
        return "" if self.layout.numbers is None else self.layout.numbers(number).strip()

    @cached_property
    def _texts(self) -> list[list[str]] | None:
        """The texts of the cells, none longer than there is room for; None where a cell stands for several."""
        texts = None if self.layout.is_pooled else self.heat_map.texts
        return None if texts is None else [[shortened(visible(text), LONGEST_TEXT) for text in row] for row in texts]

    @cached_property
    def font(self) -> float:
        """The height of what stands in the cells; 0 where there is no room for it."""
        sizes = (font for font in (FONT, SMALL_FONT) if self._letters * font * LETTER + 4 <= self._widest)
        return next(sizes, 0.0)

    @cached_property
    def _letters(self) -> int:
        """How wide the cells are, in letters, at least."""
        if self._texts is not None:
            return max((most_cells(text) for row in self._texts for text in row), default=0)
        return 0 if self.layout.numbers is None else self.layout.numbers.width

    @property
    def _widest(self) -> float:
        wanted = WIDEST if self._texts is None else max(WIDEST, self._letters * FONT * LETTER + 8)
        return min(wanted, self.room / max(1, self.layout.drawn[1]))

    @cached_property
    def cell(self) -> tuple[float, float]:
        """Width and height of a cell."""
        rows = max(1, self.layout.drawn[0])
        width = max(NARROWEST, math.floor(self._widest))
        return width, max(NARROWEST, math.floor(min(HIGHEST, width, self.room / rows)))

    @property
    def plane_size(self) -> tuple[float, float]:
        """Width and height of the cells of a plane."""
        rows, columns = self.layout.drawn
        return columns * self.cell[0], rows * self.cell[1]

    @cached_property
    def row_labels(self) -> list[Place]:
        """What stands beside the rows, thinned out where there is no room for all."""
        longest, apart = self.heat_map.longest_row, FONT / self.cell[1]
        return list(_labels(self.picture.rows, self.layout.blocks[0], self.layout.drawn[0], apart, longest))

    @cached_property
    def column_labels(self) -> list[Place]:
        """What stands over the columns."""
        return list(
            _labels(
                self.picture.columns, self.layout.blocks[1], self.layout.drawn[1], FONT / self.cell[0], LONGEST_LABEL
            )
        )

    @cached_property
    def are_turned(self) -> bool:
        """Whether the labels of the columns are turned, since they are wider than these."""
        return any(width_of(place.text) + 4 > self.cell[0] for place in self.column_labels)

    @property
    def above(self) -> float:
        """Height of what stands over the cells of a plane: its name, the word of the columns, and their labels."""
        names = max((width_of(place.text) for place in self.column_labels), default=0.0) + 6
        return (LINE if len(self.picture.planes) > 1 else 0) + LINE + (names if self.are_turned else LINE)

    @property
    def before(self) -> float:
        """Width of what stands before them: the word of the rows, and their labels."""
        names = max((width_of(place.text) for place in self.row_labels), default=0.0)
        return names + 12 + (LINE if self.picture.rows.name else 0)

    @property
    def across(self) -> int:
        """How many planes stand side by side."""
        each = self.before + self.plane_size[0] + BESIDE
        return max(1, min(len(self.planes), int(ACROSS // each)))

    def corner(self, place: int) -> tuple[float, float]:
        """Where the first cell of a plane stands."""
        down, right = divmod(place, self.across)
        width, height = self.plane_size
        x = MARGIN + right * (self.before + width + BESIDE) + self.before
        return x, MARGIN + 2 * LINE + down * (self.above + height + BESIDE) + self.above

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all planes, with the margin at the left and what stands over them."""
        width, height = self.plane_size
        lines = math.ceil(len(self.planes) / self.across)
        x, _ = self.corner(self.across - 1)
        _, y = self.corner((lines - 1) * self.across)
        return x + width, y + height

    @property
    def notes(self) -> list[str]:
        """What has to be said of what is not drawn one to one."""
        hides = self.picture.hidden is not None and bool(self.picture.hidden.any())
        found = ["grey cells are masked"] if hides else []
        found += [f"coloured by {self.heat_map.coloured_by}"] if self._texts is not None else []
        found += [f"each cell is the {shown_of_block(self.layout)}"] if self.layout.is_pooled else []
        found += ["the colours are those of a sample"] if self.picture.sample is not None else []
        left = len(self.picture.planes) - len(self.planes)
        found += [f"{left} more {self.picture.axes[0].name}s are not drawn"] if left else []
        if self.picture.largest > self.picture.end:
            numbers = numbers_for(self.picture.largest, False, self.picture.is_whole, 7)
            found.append(f"colours end at {_written(self.picture.end)}; the largest is {numbers(self.picture.largest)}")
        return found


def _written(number: float) -> str:
    return short_power(f"{number:.4g}")


def _labels(axis: Axis, block: int, drawn: int, needed: float, longest: int) -> Iterator[Place]:
    """A label for as many of the drawn rows or columns as there is room for; each needs so many of them."""
    if not axis.name:
        return
    for at in range(0, drawn, max(1, math.ceil(needed))):
        yield Place(at, shortened(shown_short(axis, at * block), longest))
