"""Which cells on the sheet of a head each of its cells is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from attn_explore.explorer.drawing.plots.sheet import Sheet
from attn_explore.explorer.drawing.sheet_lines import Cell
from attn_explore.explorer.telling.head_sheet import HEAD, begins
from attn_explore.explorer.telling.operands import beside
from attn_explore.model.explain import Index
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


def made_of(trace: Trace, sheet: Sheet, head: int) -> Mapping[Cell, frozenset[Cell]]:
    """The cells of the sheet that each of its cells is computed from, directly or by a step that is not on it."""
    on_sheet, heads = {part.path for part in sheet.parts}, heads_of(trace, sheet)
    found: dict[Cell, frozenset[Cell]] = {}
    for part in sheet.parts:
        value = trace[part.path]
        for place in np.ndindex(*(axis.size for axis in part.heat_map.picture.axes)):
            row, column = (0, *map(int, place))[-2:]
            operands = _cells(value, index_of(value, place, head, heads), on_sheet)
            found[part.path, row, column] = frozenset(cell_of(source, there, head, heads) for source, there in operands)
    return found


def heads_of(trace: Trace, sheet: Sheet) -> int:
    """How many heads the attention has of which one is on the sheet."""
    return trace[f"{sheet.path}.head_output"].axis(HEAD).size


def index_of(value: Value, place: Index, head: int, heads: int) -> Index:
    """Where a cell of the part of one of so many heads stands in the value."""
    along = iter(place[len(place) + sum(axis.name == HEAD for axis in value.axes) - len(value.axes) :])
    return tuple(begins(axis, head, heads) + (0 if axis.name == HEAD else int(next(along))) for axis in value.axes)


def cell_of(value: Value, index: Index, head: int, heads: int) -> Cell:
    """The cell of a head's part of a value, in which a vector is a single row."""
    plain = [
        place - begins(axis, head, heads) for axis, place in zip(value.axes, index, strict=True) if axis.name != HEAD
    ]
    row, column = (0, *plain)[-2:]
    return value.path, row, column


def _cells(value: Value, index: Index, on_sheet: set[str]) -> Iterator[tuple[Value, Index]]:
    for each in beside(value, index):
        source = each.view.value
        for row in each.lit[0]:
            for column in each.lit[1]:
                there = each.cell_at(row, column)
                if source.path in on_sheet:
                    yield source, there
                elif not source.is_leaf:
                    yield from _cells(source, there, on_sheet)
