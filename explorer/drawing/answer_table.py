"""An answer as a table: where its rows and columns stand, and the lines that draw those in sight.

A number is never cut, nor is the head of a row out of sight; other texts end with … where a column has no room, and are
told whole under the table. What colour says of a word, a glyph at its end says too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import LEVELS, RAMP, Ground, cursor_style, level, mark_style, style_of
from attn_explore.explorer.drawing.lines import BOLD, DIM
from attn_explore.explorer.drawing.numbers import bar, fitted, most_cells, pad, shortened
from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import visible

GAP = 2
"""Cells between two columns."""
MOST, ROOMY = 20, 40
"""Cells that a word takes at most, without what stands beside it; where all columns fit, it may take more."""
LEAST_BAR, LONGEST_BAR = 12, 60
"""Cells of a bar behind a row that is drawn whole: fewer tell little."""
MANY = 12
"""Rows of a list that are too many for upright bars with their names under it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell: what stands there, how strongly it is coloured from −1 to 1, if at all, and whether it is a number.

    `beside` stands behind a text, at the right edge.
    """

    text: str
    strength: float | None = None
    is_number: bool = False
    beside: str = ""

    @property
    def ends_with(self) -> str:
        """What stands at the right edge: what is beside it, or a glyph where the colour says what the text does not."""
        is_told = self.strength is None or self.is_number
        return self.beside or ("" if is_told else _glyph(self.strength or 0.0))

    def cells(self, most: int) -> int:
        """Cells that it wants, `most` of them for a word; a number needs what it takes."""
        if self.is_number:
            return most_cells(self.text)
        end = self.ends_with
        return min(most, most_cells(self.text)) + (1 + len(end) if end else 0)


@dataclass(frozen=True, eq=False)
class Table:
    """What runs down and across, the heads of the rows and columns, and the entries of each row."""

    down: str
    across: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    entries: tuple[tuple[Entry, ...], ...]

    @property
    def heads(self) -> int:
        """Lines over the rows: what runs across, where that has a name, and the heads of the columns."""
        return 1 + bool(self.across)

    @property
    def lines(self) -> int:
        """Lines of all of it, and one to say what is out of sight."""
        return self.heads + len(self.rows) + 1

    @cached_property
    def roomy_widths(self) -> list[int]:
        """Cells of each column, without the gap, with words as they are."""
        return self._widths(ROOMY)

    @cached_property
    def short_widths(self) -> list[int]:
        """The same where there is less room."""
        return self._widths(MOST)

    def _widths(self, most: int) -> list[int]:
        heads = (min(most, most_cells(head)) for head in self.columns)
        columns = zip(*self.entries, strict=True) if self.entries else ((),) * len(self.columns)
        return [
            max((head, *(entry.cells(most) for entry in column))) for head, column in zip(heads, columns, strict=True)
        ]

    @cached_property
    def are_numbers(self) -> list[bool]:
        """Whether all that stands in a column are numbers: then its head ends where they end."""
        return [all(entry.is_number for entry in column if entry.text) for column in zip(*self.entries, strict=True)]

    @cached_property
    def label_width(self) -> int:
        """Cells that the longest head of a row wants."""
        return max((most_cells(text) for text in (f"{self.down} ↓", *self.rows)), default=0)


@dataclass(frozen=True)
class Spot:
    """A row and a column."""

    row: int = 0
    column: int = 0


@dataclass(frozen=True)
class Layout:
    """A table in so many cells and lines, with the first row and column that are in sight."""

    table: Table
    width: int
    height: int
    top: int = 0
    left: int = 0

    @cached_property
    def label(self) -> int:
        """Cells of the heads of the rows: at most half of the room."""
        return min(self.table.label_width, max(1, self.width // 2))

    @cached_property
    def widths(self) -> list[int]:
        """Cells of each column: with words as they are where all columns have room, else shorter ones."""
        roomy = self.table.roomy_widths
        fits = self.label + sum(roomy) + GAP * len(roomy) <= self.width
        return roomy if fits else self.table.short_widths

    @cached_property
    def columns(self) -> range:
        """The columns in sight, at least one."""
        return _fitting(self.widths[self.left :], self.width - self.label, self.left)

    @property
    def body(self) -> int:
        """Lines for rows: one is left to say what is out of sight, where anything is."""
        free = max(1, self.height - self.table.heads)
        return free if self._is_whole(free) else max(1, free - 1)

    @property
    def rows(self) -> range:
        """The rows in sight."""
        return range(self.top, min(len(self.table.rows), self.top + self.body))

    def showing(self, spot: Spot) -> Layout:
        """The same, scrolled no further than brings a cell into sight."""
        body = self.body
        top = min(max(self.top, spot.row - body + 1), spot.row, max(0, len(self.table.rows) - body))
        left = min(self.left, spot.column)
        while spot.column not in _fitting(self.widths[left:], self.width - self.label, left):
            left += 1
        return Layout(self.table, self.width, self.height, max(0, top), left)

    def at(self, x: int, y: int) -> Spot | None:
        """The cell that is drawn at a place; that of the first column for the head of a row."""
        row, at = self.top + y - self.table.heads, self.label
        if y < self.table.heads or row not in self.rows:
            return None
        if x < at:
            return Spot(row, self.left)
        for column in self.columns:
            at += GAP + self.widths[column]
            if x < at:
                return Spot(row, column)
        return None

    @property
    def bars(self) -> int:
        """Cells for a bar behind each row of a list that is long, or longer than its room: it has no curve."""
        count = len(self.table.rows)
        is_long_list = not self.table.across and (count > MANY or len(self.rows) < count)
        taken = self.label + sum(GAP + self.widths[column] for column in self.columns) + GAP
        room = min(LONGEST_BAR, self.width - taken)
        return room if is_long_list and room >= LEAST_BAR else 0

    @property
    def out_of_sight(self) -> str:
        """`rows 3 to 20 of 61 · columns 1 to 6 of 12`; nothing where all are in sight."""
        ways = (("row", self.rows, self.table.rows), ("column", self.columns, self.table.columns))
        return " · ".join(
            f"{_part(name, seen)} of {len(every)}" for name, seen, every in ways if len(seen) < len(every)
        )

    def _is_whole(self, free: int) -> bool:
        has_columns = len(_fitting(self.widths, self.width - self.label, 0)) == len(self.table.columns)
        return has_columns and len(self.table.rows) <= free


def _part(name: str, seen: range) -> str:
    first, last = seen.start + 1, seen.stop
    return f"{name}s {first} to {last}" if first < last else f"{name} {last}"


def _fitting(widths: list[int], room: int, first: int) -> range:
    """As many columns from one on as there is room for, at least one."""
    taken, count = 0, 0
    for width in widths:
        taken += GAP + width
        if taken > room and count:
            break
        count += 1
    return range(first, first + count)


def table_line(layout: Layout, spot: Spot, y: int, ground: Ground) -> list[Segment]:
    """A line of the table: what runs across, the heads of the columns, a row, or what is out of sight."""
    table = layout.table
    if y < table.heads - 1:
        return [Segment(" " * (layout.label + GAP)), Segment(f"{table.across} →", DIM)]
    if y < table.heads:
        return list(_heads(layout, spot))
    place = layout.top + y - table.heads
    if place in layout.rows:
        return list(_row(layout, spot, place, ground))
    said = layout.out_of_sight
    return [Segment(fitted(said, layout.width), DIM)] if said and y == layout.height - 1 else []


def _heads(layout: Layout, spot: Spot) -> Iterator[Segment]:
    table = layout.table
    yield Segment(fitted(f"{table.down} ↓" if table.down else "", layout.label), DIM)
    for column in layout.columns:
        text = fitted(table.columns[column], layout.widths[column], right=table.are_numbers[column])
        yield Segment(" " * GAP)
        yield Segment(text, BOLD if column == spot.column else DIM)


def _row(layout: Layout, spot: Spot, row: int, ground: Ground) -> Iterator[Segment]:
    table = layout.table
    yield Segment(_row_head(table.rows[row], layout.label), BOLD if row == spot.row else None)
    for column in layout.columns:
        entry, width = table.entries[row][column], min(layout.widths[column], max(1, layout.width - layout.label - GAP))
        yield Segment(" " * GAP)
        yield Segment(_written(entry, width), _style(entry, Spot(row, column) == spot, ground))
    strength = table.entries[row][spot.column].strength
    if layout.bars and strength:
        yield Segment(" " * GAP)
        yield Segment(bar(abs(strength), layout.bars), mark_style(strength, ground))


def _row_head(text: str, width: int) -> str:
    """The head of a row; of a path that is too long the end stays, which tells it from others."""
    is_path = "." in text and " " not in text
    return pad(shortened(visible(text)[::-1], width)[::-1], width) if is_path else fitted(text, width)


def _written(entry: Entry, width: int) -> str:
    if entry.is_number:
        return pad(entry.text, width, right=True)
    end = entry.ends_with
    return f"{fitted(entry.text, max(0, width - len(end) - 1))} {end}" if end else fitted(entry.text, width)


def _glyph(strength: float) -> str:
    """How strong a colour is, as a glyph."""
    step = abs(level(strength, 1.0))
    return RAMP[-(-step * (len(RAMP) - 1) // LEVELS)]


def _style(entry: Entry, is_here: bool, ground: Ground) -> Style | None:
    if is_here:
        return cursor_style(ground)
    return None if entry.strength is None else style_of(level(entry.strength, 1.0), ground)
