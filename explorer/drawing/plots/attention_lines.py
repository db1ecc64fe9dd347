"""Attention as lines between words: those that look at the left, those that are looked at on the right.

A line is as wide as the weight is large. Many words are cut to those around one of them, and many heads to the first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.drawing.plots.heat_map import BESIDE, LONGEST_LABEL, HeatMap
from attn_explore.explorer.drawing.plots.svg import LINE, MARGIN, Point, width_of
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.naming import shown_short

MOST_WORDS = 40
"""Words of a column."""
MOST_HEADS = 16
LEAST = 0.01
"""A weight that is smaller has no line."""
WIDEST = 9.0
"""Width of the line of a weight of 1."""

ROW, APART = 24.0, 170.0
"""From one word to the next, and from one column to the other."""
_ACROSS = 1200.0


@dataclass(frozen=True, eq=False)
class AttentionLines:
    """The weights to draw, and a word (its place as a query, and as a key) that is drawn where not all are."""

    heat_map: HeatMap
    around: tuple[int, int] = (0, 0)

    @property
    def title(self) -> str:
        """What is drawn."""
        return self.heat_map.title


@dataclass(frozen=True)
class Line:
    """From which drawn word to which, and its weight."""

    query: int
    key: int
    weight: float


@dataclass(frozen=True, eq=False)
class Columns:
    """Where words and lines stand, head by head."""

    lines: AttentionLines

    @property
    def picture(self) -> Picture:
        """The weights."""
        return self.lines.heat_map.picture

    @property
    def heads(self) -> list[Index]:
        """The leading indices of the heads that are drawn."""
        return self.picture.planes[:MOST_HEADS]

    @cached_property
    def queries(self) -> range:
        """The words that look, by their places."""
        return _around(self.picture.rows, self.lines.around[0])

    @cached_property
    def keys(self) -> range:
        """The words that are looked at."""
        return _around(self.picture.columns, self.lines.around[1])

    @cached_property
    def words(self) -> tuple[list[str], list[str]]:
        """What stands in both columns."""
        sides = ((self.picture.rows, self.queries), (self.picture.columns, self.keys))
        left, right = ([shortened(shown_short(axis, at), LONGEST_LABEL) for at in places] for axis, places in sides)
        return left, right

    def drawn(self, head: Index) -> Iterator[Line]:
        """The lines of a head, thin ones first: the others are drawn over them."""
        queries, keys = (slice(places.start, places.stop) for places in (self.queries, self.keys))
        weights = self.picture.part(self.picture.array, head, queries, keys)
        found = [
            Line(query, key, float(weight))
            for query, row in enumerate(weights)
            for key, weight in enumerate(row)
            if math.isfinite(weight) and weight >= LEAST
        ]
        return iter(sorted(found, key=lambda line: line.weight))

    @property
    def widths(self) -> tuple[float, float]:
        """The widths of both columns."""
        left, right = (max(map(width_of, words)) for words in self.words)
        return left, right

    @property
    def above(self) -> float:
        """What stands over the words: the head's name, and what the columns are."""
        return LINE * (2 if len(self.picture.planes) > 1 else 1)

    @property
    def head_size(self) -> tuple[float, float]:
        """Width and height of one head."""
        left, right = self.widths
        return left + APART + right, self.above + ROW * max(len(self.queries), len(self.keys))

    @property
    def across(self) -> int:
        """How many heads stand side by side."""
        each = self.head_size[0] + BESIDE
        return max(1, min(len(self.heads), int(_ACROSS // each)))

    def corner(self, place: int) -> Point:
        """Where the left upper corner of a head is."""
        down, right = divmod(place, self.across)
        width, height = self.head_size
        return MARGIN + right * (width + BESIDE), MARGIN + 2 * LINE + down * (height + BESIDE)

    def ends(self, corner: Point, line: Line) -> tuple[Point, Point]:
        """Where a line begins and ends."""
        left, top = corner[0] + self.widths[0] + 6, corner[1] + self.above + ROW / 2
        return (left, top + line.query * ROW), (left + APART - 12, top + line.key * ROW)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of all heads, with the margin at the left and what stands over them."""
        lines = math.ceil(len(self.heads) / self.across)
        (x, _), (_, y) = self.corner(self.across - 1), self.corner((lines - 1) * self.across)
        return x + self.head_size[0], y + self.head_size[1]

    @property
    def notes(self) -> list[str]:
        """What has to be said of what is not drawn."""
        found = [f"weights below {LEAST} have no line"]
        for axis, places in ((self.picture.rows, self.queries), (self.picture.columns, self.keys)):
            if len(places) < axis.size:
                found.append(f"{len(places)} of {axis.size} along {axis.name} are drawn")
        left = len(self.picture.planes) - len(self.heads)
        return found + ([f"{left} more heads are not drawn"] if left else [])


def _around(axis: Axis, place: int) -> range:
    """As many places along an axis as are drawn, one of them in their middle where it can be."""
    first = max(0, min(place - MOST_WORDS // 2, axis.size - MOST_WORDS))
    return range(first, min(axis.size, first + MOST_WORDS))
