"""The tables of a handout: the part of a step that is printed, and which tables stand on the paper already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from attn_explore.explorer.drawing.handouts.page import Cell, Row, Table
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.model.axes import Axis
from attn_explore.model.cells import Cells
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.formulas import letter
from attn_explore.model.naming import shown, shown_short
from attn_explore.model.text import clip, visible
from attn_explore.model.values import Value

ROWS, COLUMNS = 12, 8
"""Rows and columns of a tensor that are printed; of more, those around the cell."""
HEADS = 4
"""Heads that are printed; of more, that of the cell alone."""
_LONGEST = 24


@dataclass(frozen=True)
class Printed:
    """The tables of a stop, or of its answer: the number of that, and the path of the step."""

    number: int
    path: str
    tables: tuple[Table, ...]

    def holds(self, later: Printed, own: str) -> bool:
        """Whether it has all tables of a later one, which may mark another cell. `own`: the name of the first run."""
        return self.path == later.path and {*_plain(later.tables, own)} <= {*_plain(self.tables, own)}


def places_of_tables(groups: Sequence[Printed], own: str) -> list[int]:
    """The number of the first group before each one that has its tables; 0 where it prints them itself."""
    found: list[int] = []
    for group in groups:
        holding = (each.number for each, at in zip(groups, found, strict=False) if not at and each.holds(group, own))
        found.append(next(holding, 0) if group.tables else 0)
    return found


def _plain(found: Sequence[Table], own: str) -> Iterator[Table]:
    """Tables in which no cell is marked, and which do not say that they are of the first run."""
    for table in found:
        rows = (replace(row, cells=tuple(Cell(cell.text) for cell in row.cells)) for row in table.rows)
        yield replace(table, rows=tuple(rows), run="" if table.run == own else table.run)


def tables(value: Value, around: Index, hidden: Cells | None, marked: Index | None) -> Iterator[Table]:
    """A value as tables, one for each head; of many rows, columns and heads those around a cell.

    `hidden` says which cells are left empty, and `marked` which one is worked out.
    """
    if not value.axes:
        text = "" if hidden is not None else short_number(float(value.array))
        yield Table("", "", "number", (visible(letter(value)),), (Row("", (Cell(text),)),))
        return
    leading = len(value.axes[:-2])
    heads = (size if size <= HEADS else 1 for size in value.shape[:leading])
    most = (*heads, ROWS, COLUMNS)[-len(value.shape) :]
    places = [_around(size, at, some) for size, at, some in zip(value.shape, around, most, strict=True)]
    left = "; ".join(_left_out(value.axes[:leading], places[:leading]))
    for lead in product(*places[:leading]):
        table = _table(value, lead, places[leading:], hidden, marked)
        yield replace(table, left_out="; ".join(filter(None, (table.left_out, left))))


def _left_out(axes: Sequence[Axis], places: Sequence[range]) -> Iterator[str]:
    """What is said of axes of which not all places are printed."""
    for axis, each in zip(axes, places, strict=True):
        if len(each) < axis.size:
            yield f"printed: {len(each)} of {axis.size} along {axis.name}"


def _table(value: Value, lead: Index, places: Sequence[range], hidden: Cells | None, marked: Index | None) -> Table:
    """The matrix under some leading indices, at some places along its rows and columns."""
    where: tuple[int | slice, ...] = (*lead, *(slice(each.start, each.stop) for each in places))
    numbers = np.atleast_2d(value[where])
    texts = np.vectorize(lambda number: short_number(float(number)), otypes=[object])(numbers)
    if hidden is not None:
        texts[np.atleast_2d(hidden[where])] = ""
    *rows, columns = value.axes[len(lead) :]
    row_places, column_places = places if rows else (range(1), *places)
    body = (
        Row(
            label(rows[0], at) if rows else "",
            tuple(Cell(text, (*lead, *([at] if rows else []), column) == marked)
                  for text, column in zip(line, column_places, strict=True)),
        )
        for line, at in zip(texts, row_places, strict=True)
    )  # fmt: skip
    left = _left_out((*rows, columns), places)
    caption = " · ".join(shown(axis, place) for axis, place in zip(value.axes, lead, strict=False) if axis.size > 1)
    heads = tuple(label(columns, place) for place in column_places)
    return Table(visible(caption), rows[0].name if rows else "", columns.name, heads, tuple(body), "; ".join(left))


def _around(size: int, place: int, most: int) -> range:
    first = max(0, min(place - most // 2, size - most))
    return range(first, min(size, first + most))


def label(axis: Axis, place: int) -> str:
    """The word of a row, a column or a choice."""
    return clip(shown_short(axis, place), _LONGEST)
