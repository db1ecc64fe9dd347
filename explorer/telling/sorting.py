"""The columns of a tensor sorted by one of its rows, and its rows by one of its columns: by which, and which way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from operator import lt

import numpy as np

from attn_explore.explorer.drawing.order import OWN, Order, places_by
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.naming import shown_short


class Sorted(StrEnum):
    """What is sorted."""

    rows = "rows"
    columns = "columns"


@dataclass(frozen=True)
class Sorting:
    """By the row, or the column, of which `cell` of which value; the largest number is first, unless `is_rising`."""

    path: str
    cell: Index
    is_rising: bool = False


_SIGNS = {Sorted.rows: ("▼", "▲"), Sorted.columns: ("▶", "◀")}
"""Where to the numbers fall, of falling and of rising ones."""

Sortings = Mapping[Sorted, Sorting]


def next_sorting(what: Sorted, now: Sorting | None, path: str, cell: Index) -> Sorting | None:
    """What the key leads to: the largest number first, then the smallest, then the order of the tensor.

    In another row, or column, it begins again with that one.
    """
    if now is None or now.path != path or not is_by_same(what, now.cell, cell):
        return Sorting(path, cell)
    return None if now.is_rising else Sorting(path, now.cell, is_rising=True)


def why_not(what: Sorted, picture: Picture) -> str:
    """Why something cannot be sorted; nothing where it can."""
    size = (picture.rows if what is Sorted.rows else picture.columns).size
    if size < 2:
        return f"There is nothing to sort: one {what.value.removesuffix('s')} stands here."
    if what is Sorted.rows and picture.sample is not None and not picture.is_by_columns:
        return "Rows are not sorted here: one column of this tensor takes all of it, and it is too large for that."
    return ""


def sortings_of(path: str, axes: Sequence[Axis], sortings: Sortings) -> Sortings:
    """Those of a value with such axes. What another run or moment lacks sorts nothing in it."""
    sizes = [axis.size for axis in axes]
    return {
        what: sorting
        for what, sorting in sortings.items()
        if sorting.path == path and len(sorting.cell) == len(sizes) and all(map(lt, sorting.cell, sizes))
    }


def order_of(picture: Picture, path: str, sortings: Sortings) -> Order:
    """In which order rows and columns of a value are drawn."""
    here = sortings_of(path, picture.axes, sortings)
    if not here:
        return OWN
    said = zip(*(_said(picture, what, sorting) for what, sorting in here.items()), strict=True)
    rows, columns = (_places(picture, what, here.get(what)) for what in Sorted)
    return Order(rows, columns, tuple(map(" · ".join, said)))


def _places(picture: Picture, what: Sorted, sorting: Sorting | None) -> Array | None:
    if sorting is None:
        return None
    *lead, row, column = (0, 0, *sorting.cell)[-max(2, len(picture.axes)) :]
    if what is Sorted.rows:
        numbers = picture.array[(*lead, slice(None), slice(column, column + 1))][:, 0]
    else:
        numbers = picture.array[(*lead, row) if len(picture.axes) > 1 else ()]
    return places_by(np.asarray(numbers), sorting.is_rising)


def _said(picture: Picture, what: Sorted, sorting: Sorting) -> tuple[str, str]:
    """`columns by love, largest first`; `by love ▶`, towards the smaller ones."""
    _, place = _by(what, sorting.cell)
    along = picture.rows if what is Sorted.columns else picture.columns
    name = shown_short(along, place) if len(picture.axes) > 1 else "size"
    planes = picture.plane_name(sorting.cell[:-2]) if len(picture.axes) > 2 else ""
    by = f"by {f'{planes}, ' if planes else ''}{name}"
    first = "smallest" if sorting.is_rising else "largest"
    return f"{what.value} {by}, {first} first", f"{by} {_SIGNS[what][sorting.is_rising]}"


def is_by_same(what: Sorted, cell: Index, other: Index) -> bool:
    """Whether two cells mean the same row, of columns that are sorted, or the same column."""
    return _by(what, cell) == _by(what, other)


def _by(what: Sorted, cell: Index) -> tuple[Index, int]:
    """Under which leading indices, and by the numbers at which place."""
    row, column = (0, 0, *cell)[-2:]
    return cell[:-2], row if what is Sorted.columns else column
