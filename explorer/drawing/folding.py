"""Arithmetic in the width of a panel: what is too long goes on in the next line, so that no number is ever cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich.cells import cell_len

from attn_explore.explorer.drawing.blocks import Block, Piece, Row, padded
from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.drawing.wrapping import wrapped

INDENT = 4
"""Cells before what goes on from the line above."""
LEAST = 16
"""Cells that a line has at least: a number and a sign."""

_Columns = Sequence[tuple[int, int]]
"""Columns of a block that stand in one line: each with its width."""


def folded(block: Block, room: int) -> list[Block]:
    """A block in lines of at most `room` cells.

    The columns go on below: of an equation all of its names, then all of its numbers; of a table each row by itself.
    """
    room = max(room, LEAST)
    if block.width <= room:
        return [block]
    lines = list(_lines_of_columns(block.column_widths, block.rows, room))
    is_equation = len(block.rows) == 2
    places = (
        [(row, line) for line in lines for row in block.rows]
        if is_equation
        else [(row, line) for row in block.rows for line in lines]
    )
    rows = [part for row, line in places for part in _parts(row, line, room)]
    return [Block((row,)) for row in rows]


def _lines_of_columns(widths: Sequence[int], rows: Sequence[Row], room: int) -> Iterator[_Columns]:
    """The columns that stand in each line. A line ends before a sign, where it can."""
    most = [min(width, room - INDENT) for width in widths]
    first = 0
    while first < len(most):
        left = room - (INDENT if first else 0)
        last = first + 1
        while last < len(most) and sum(most[first : last + 1]) <= left:
            last += 1
        if last < len(most):
            last = next((place for place in range(last, first, -1) if _begins_anew(rows, place)), last)
        yield [(place, most[place]) for place in range(first, last)]
        first = last


def _begins_anew(rows: Sequence[Row], place: int) -> bool:
    """Whether a column holds signs with a space before them, such as ` + `."""
    row = max(rows, key=len)
    return row[place].role == "sign" and row[place].text.startswith(" ")


def _parts(row: Row, line: _Columns, room: int) -> Iterator[Row]:
    """What a row has in some columns: nothing where it ends before them; a note alone is wrapped as text is."""
    if len(row) == 1:
        if line[0][0] == 0:
            yield from ((replace(row[0], text=text, link=None),) for text in _note_lines(row[0].text, room))
        return
    pieces = [_fitted(row[place], width) for place, width in line if place < len(row)]
    if pieces:
        yield (Piece(" " * INDENT, "sign"), *pieces) if line[0][0] else tuple(pieces)


def _note_lines(text: str, room: int) -> list[str]:
    lead = " " * (len(text) - len(text.lstrip()))
    return [lead + line for line in wrapped(text.strip(), room - len(lead))]


def _fitted(piece: Piece, width: int) -> Piece:
    """A piece in its column: only what is no number is ever shortened."""
    short = piece if cell_len(piece.text) <= width else replace(piece, text=shortened(piece.text, width))
    return replace(short, text=padded(short, width))
