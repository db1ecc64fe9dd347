"""Blocks of rows, whose pieces are lined up in columns: what arithmetic, questions and edits are shown as.

A number may have a link to where it was computed, which can be followed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import most_cells
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.values import Value

Role = Literal[
    "name", "number", "sign", "label", "result", "note", "positive", "negative", "emphasis", "right", "wrong"
]


@dataclass(frozen=True, slots=True)
class Link:
    """Where a number was computed, or which parameter it is."""

    value: Value
    index: Index


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a row: a number (perhaps with a link), a name, a sign."""

    text: str
    role: Role
    link: Link | None = None


Row = tuple[Piece, ...]


@dataclass(frozen=True)
class Block:
    """Rows that are lined up with each other in columns.

    Of a sum with one row for each term: how many are `folded` into the last row, and how many `terms` there are, of
    which more are shown where there is room; 0 where all are wanted. `is_new`: it came with the last key, and has to be
    in sight.
    """

    rows: tuple[Row, ...]
    folded: int = 0
    terms: int = 0
    is_new: bool = False

    @cached_property
    def column_widths(self) -> list[int]:
        """The width of each column in terminal cells. A piece that stands alone in its row does not count."""
        widths = [0] * max(map(len, self.rows))
        for row in self.rows:
            for place, piece in enumerate(row if len(row) > 1 else ()):
                widths[place] = max(widths[place], most_cells(piece.text))
        return widths

    @cached_property
    def width(self) -> int:
        """Cells of the widest row."""
        return max(
            sum(self.column_widths[: len(row)]) if len(row) > 1 else sum(most_cells(piece.text) for piece in row)
            for row in self.rows
        )


def links(found: Sequence[Block]) -> list[Link]:
    """The links of some blocks, in reading order and each place once."""
    seen: dict[tuple[str, Index], Link] = {}
    for piece in (piece for block in found for row in block.rows for piece in row):
        if piece.link is not None:
            seen.setdefault((piece.link.value.path, piece.link.index), piece.link)
    return list(seen.values())


def flowing(parts: Iterable[Row], room: int) -> Iterator[Block]:
    """Parts behind each other, as many to a line of `room` cells as fit; none is broken."""
    line: Row = ()
    for part in parts:
        if line and _cells(line) + _cells(part) > room:
            yield Block((line,))
            line = ()
        line += part
    if line:
        yield Block((line,))


def _cells(row: Row) -> int:
    return sum(most_cells(piece.text) for piece in row)


def as_text(found: Sequence[Block]) -> list[str]:
    """The rows of some blocks as plain lines, lined up."""
    return [_line(row, block.column_widths) for block in found for row in block.rows]


def _line(row: Row, widths: Sequence[int]) -> str:
    return "".join(padded(piece, size) for piece, size in zip(row, widths, strict=False)).rstrip()


def padded(piece: Piece, width: int) -> str:
    """A piece in a column of some width: numbers end at its right edge, all else starts at its left."""
    space = " " * (width - cell_len(piece.text))
    return space + piece.text if piece.role in ("number", "result") else piece.text + space


def without_bars(found: Sequence[Block]) -> list[Block]:
    """Blocks without the bars that show how large a number is: on paper, and read aloud, these say nothing."""
    return [replace(block, rows=tuple(tuple(filter(_is_no_bar, row)) for row in block.rows)) for block in found]


def _is_no_bar(piece: Piece) -> bool:
    return piece.role not in ("positive", "negative")
