"""Rows and columns in another order than the tensor has them: each keeps its name, which is that of its place there."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from attn_explore.model.axes import Array, Index
from attn_explore.model.cells import Cells, whole_index
from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True, eq=False)
class Order:
    """At each drawn place, the place in the tensor; None along an axis that is drawn as it is.

    `said` is by what they are sorted, in full and, where there is less room, in short.
    """

    rows: Array | None = None
    columns: Array | None = None
    said: tuple[str, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether everything stands where it does in the tensor."""
        return self.rows is None and self.columns is None

    def cell(self, drawn: tuple[int, ...]) -> tuple[int, ...]:
        """Which cell of the tensor is drawn at an index."""
        return _through(drawn, self.rows, self.columns)

    def drawn(self, cell: tuple[int, ...]) -> tuple[int, ...]:
        """At which index a cell of the tensor is drawn."""
        return _through(cell, *self._back)

    def row(self, drawn: int) -> int:
        """Which row of the tensor is drawn at a place."""
        return drawn if self.rows is None else int(self.rows[drawn])

    def column(self, drawn: int) -> int:
        """Which column of the tensor is drawn at a place."""
        return drawn if self.columns is None else int(self.columns[drawn])

    def arranged(self, cells: Cells, by_columns: bool) -> Cells:
        """Numbers, or marks, in this order; of what is not an array only the parts that are asked for are made."""
        if not isinstance(cells, np.ndarray):
            return _Arranged(cells, self, by_columns)
        found: Array = cells if self.columns is None else cells[..., self.columns]
        return found if self.rows is None else found[..., self.rows, :]

    @property
    def drawn_along(self) -> tuple[Callable[[int], int], Callable[[int], int]]:
        """Where a row of the tensor is drawn, and a column."""
        rows, columns = (None if back is None else back.tolist().__getitem__ for back in self._back)
        return rows or int, columns or int

    @cached_property
    def _back(self) -> tuple[Array | None, Array | None]:
        return _inverse(self.rows), _inverse(self.columns)


OWN = Order()
"""The order of the tensor itself."""


def places_by(numbers: Array, is_rising: bool) -> Array:
    """The places of numbers from the largest to the smallest, or the other way; alike ones as they are, NaN last.

    >>> places_by(np.array([0.2, np.nan, 0.7, 0.2]), is_rising=False)
    array([2, 0, 3, 1])
    """
    keys = np.asarray(numbers, np.float64)
    return np.argsort(keys if is_rising else -keys, kind="stable")


def _through(index: tuple[int, ...], rows: Array | None, columns: Array | None) -> tuple[int, ...]:
    found = list(index)
    for back, places in ((1, columns), (2, rows)):
        if places is not None and len(found) >= back:
            found[-back] = int(places[found[-back]])
    return tuple(found)


def _inverse(places: Array | None) -> Array | None:
    return None if places is None else np.argsort(places)


class _Arranged:
    """The cells of a tensor that is too large to be held, in an order: rows or columns are made one by one.

    Columns that are in sight are kept until others are asked for: a screen asks row by row.
    """

    def __init__(self, others: Cells, order: Order, by_columns: bool) -> None:
        self.shape = others.shape
        self._others, self._order, self._by_columns = others, order, by_columns
        self._place: tuple[int | slice, ...] = ()
        self._columns: Array = np.zeros(0)

    def __getitem__(self, index: Index) -> Array:
        """The numbers at some rows and columns of one matrix, or at some places of a vector."""
        *lead, columns = whole_index(index, len(self.shape))
        along = _places(self._order.columns, self.shape[-1], columns)
        if not lead:
            return np.asarray(self._others[()])[along]
        *lead, rows = lead
        down = _places(self._order.rows, self.shape[-2], rows)
        if not self._by_columns:
            return np.stack([self._others[(*lead, int(row))][along] for row in down])
        if self._place != (*lead, columns):
            each = [self._others[(*lead, slice(None), slice(int(at), int(at) + 1))] for at in along]
            self._columns, self._place = np.concatenate(each, axis=1), (*lead, columns)
        return self._columns[down]


def _places(order: Array | None, size: int, wanted: int | slice) -> Array:
    return np.atleast_1d((np.arange(size) if order is None else order)[wanted])
