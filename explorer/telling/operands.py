"""What a step is made from, as matrices around its own: to the left what has its rows, above what has its columns.

Which cells of them make a cell of the step its arithmetic says, which reads them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from attn_explore.explorer.drawing.picture import NO_AXIS, Index, Picture
from attn_explore.explorer.drawing.surround import MOST, NOTHING, Around, Lit, Named
from attn_explore.explorer.telling.operands_read import Read, operands_read
from attn_explore.model.axes import Axis, merged, names
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import lacking, mask_of
from attn_explore.model.formulas import letter
from attn_explore.model.naming import shown_short
from attn_explore.model.ops import is_gradient
from attn_explore.model.values import Value, View

_SUMS = frozenset({"contract", "gradient"})
"""Operations of which a vector may be made of the columns of a matrix: each is a sum over its rows."""

_REPEATS = frozenset({"merge", "stack"})
"""Operations whose operands have the same numbers again."""


class Stand(StrEnum):
    """Where a matrix stands."""

    left = "left"
    above = "above"


@dataclass(frozen=True, eq=False)
class Beside:
    """An operand of a step as a matrix; its first one has the `number` 0.

    `at`: where it stands along the axes that pick the plane.
    `may_stand_above`: it has the rows and the columns of the step, and may stand on either side.
    """

    number: int
    view: View
    stand: Stand
    rows: tuple[Axis, ...]
    columns: tuple[Axis, ...]
    lit: Lit
    at: Mapping[str, int]
    may_stand_above: bool = False

    @property
    def name(self) -> str:
        """How it is called: `W_Q`, or turned around `Kᵀ`."""
        order = self.view.names
        is_turned = self.rows and self.columns and order.index(self.rows[-1].name) > order.index(self.columns[-1].name)
        return f"{letter(self.view.value)}{'ᵀ' if is_turned else ''}"

    @property
    def is_small(self) -> bool:
        """Whether it may be looked at as a whole."""
        return max(_size(self.rows), _size(self.columns)) <= MOST

    @property
    def picture(self) -> Picture:
        """The matrix to draw."""
        order = tuple(axis.name for axis in (*self.rows, *self.columns))
        return _picture(self.view, order, len(self.rows), tuple(self.at.items()))

    def cell_at(self, row: int, column: int) -> Index:
        """Where a cell of the matrix stands in the value itself."""
        places = {**self.at, **_places_along(self.rows, row), **_places_along(self.columns, column)}
        return self.view.source_index(tuple(places[name] for name in self.view.names))

    def named(self) -> Named:
        """The whole matrix, to draw."""
        return Named(self.name, self.picture, self.lit, self.number)

    def vector(self, along: tuple[Axis, ...], fixed: tuple[Axis, ...]) -> Named:
        """Its numbers along some axes, at the one place along the others that is lit, as a row to draw."""
        place = min(self.lit[0 if fixed == self.rows else 1])
        at = {**self.at, **_places_along(fixed, place)}
        array = self.view.window(**{name: slice(i, i + 1) for name, i in at.items()})
        axis = _together(along)
        row = array.transpose([self.view.names.index(name) for name in (*self._fixed(along), *names(along))])
        called = f"{letter(self.view.value)}[{shown_short(_together(fixed), place)}]"
        return Named(called, Picture(row.reshape(1, axis.size), (Axis("", 1, (called,)), axis)), NOTHING)

    def _fixed(self, along: tuple[Axis, ...]) -> list[str]:
        return [name for name in self.view.names if name not in names(along)]


def around(own: Picture, value: Value, index: Index) -> Around | None:
    """What may stand around a step, for a cell of it; None where there is nothing."""
    found = beside(value, index)
    if not found or own.rows.size > MOST or own.columns.size > MOST:
        return None
    pair = _pair(value, found)
    if not all(each.is_small for each in found):
        return Around(letter(value), own, pair=pair) if pair is not None else None
    left = tuple(each.named() for each in found if each.stand is Stand.left)
    above = tuple(each.named() for each in found if each.stand is Stand.above)
    may_all_be_above = bool(left) and all(each.may_stand_above for each in found if each.stand is Stand.left)
    return Around(letter(value), own, left, above, may_all_be_above, pair)


def _pair(value: Value, found: list[Beside]) -> tuple[Named, Named] | None:
    """Of a product the row of the one factor and the column of the other that make the cell."""
    left, above, *others = [*found, None, None]
    if left is None or above is None or len(value.axes) < 2 or not _is_product(value, others):
        return None
    if left.stand is Stand.above:
        left, above = above, left
    if left.stand is above.stand or left.columns != above.rows or not left.columns:
        return None
    return left.vector(left.columns, left.rows), above.vector(above.rows, above.columns)


def _is_product(value: Value, others: Sequence[Beside | None]) -> bool:
    """Whether a step is one product of matrices: of a gradient, whether nothing but that is carried back."""
    return value.made_by.name == "contract" or (is_gradient(value) and not any(others))


def beside(value: Value, index: Index) -> list[Beside]:
    """The operands that stand around a step, for a cell of it, in the order of its formula, if that says something."""
    if value.is_leaf or not value.axes or value.made_by.name in _REPEATS or lacking(value) is not None:
        return []
    found = [each for read in operands_read(value, index) if (each := _beside(value, read)) is not None]
    alike = [each for each in found if each.may_stand_above]
    if len(alike) == 1 and all(each.stand is Stand.above for each in found):  # what it is made of alone: beside it
        found = [replace(each, stand=Stand.left) if each is alike[0] else each for each in found]
    return found if is_gradient(value) or sum(each.stand is Stand.left for each in found) < 2 else []


def _beside(value: Value, read: Read) -> Beside | None:
    """A vector is a single row: what has not its axis stands to the left, as a row as well."""
    view, own = read.view, read.own
    *leading, row, column = ("", *value.names) if len(value.names) == 1 else value.names
    has_column = column in own
    has_row, is_apart = (row in own, row in read.apart) if row else (not has_column, True)
    at = {there: read.place[there] for name in leading if name in read.apart for there in own.get(name, ())}
    rows, columns = (tuple(map(view.axis, own.get(name, ()))) for name in (row, column))
    free = tuple(axis for axis in view.axes if axis.name not in at and axis not in (*rows, *columns))
    if not row and free and value.made_by.name not in _SUMS:
        return None
    is_alike = has_column and not free and (has_row or not row) and (is_apart or read.picks)
    if is_alike:
        stand = Stand.above
    elif has_row and not has_column and is_apart:
        stand, columns = Stand.left, free
    elif has_column and not has_row:
        stand, rows = Stand.above, free
    else:
        return None
    lit = _places(rows, read.cells), _places(columns, read.cells)
    return Beside(read.number, view, stand, rows, columns, lit, at, is_alike)


def _places(axes: tuple[Axis, ...], cells: Iterable[Mapping[str, int]]) -> frozenset[int]:
    """The places of cells along some axes together; a cell that names no place along one of them is all of that one."""
    sizes = [axis.size for axis in axes]
    every = np.arange(math.prod(sizes)).reshape(sizes)
    found = (every[tuple(cell.get(axis.name, slice(None)) for axis in axes)] for cell in cells)
    return frozenset[int]().union(*(np.ravel(each).tolist() for each in found))


@lru_cache(maxsize=16)
def _picture(view: View, order: tuple[str, ...], rows: int, at: tuple[tuple[str, int], ...]) -> Picture:
    """The matrix of a view at some places, its axes in an order of which the first `rows` run down."""
    where = {name: slice(place, place + 1) for name, place in at}
    array = view.window(**where)
    names = [*(name for name, _ in at), *order]
    array = array.transpose([view.names.index(name) for name in names])
    axes = [view.axis(name) for name in order]
    down, along = _together(axes[:rows]), _together(axes[rows:])
    mask = mask_of(view.value)
    hidden = None
    if mask is not None and set(order) == set(mask.names):
        hidden = np.isneginf(mask.array.transpose([mask.names.index(name) for name in order]))
    return Picture(array.reshape(down.size, along.size), (down, along), hidden)


def _size(axes: tuple[Axis, ...]) -> int:
    return math.prod(axis.size for axis in axes)


def _together(axes: Sequence[Axis]) -> Axis:
    return NO_AXIS if not axes else axes[0] if len(axes) == 1 else merged(axes)


def _places_along(axes: tuple[Axis, ...], place: int) -> dict[str, int]:
    """The place along each of some axes that is so far along all of them together."""
    if not axes:
        return {}
    found = np.unravel_index(place, [axis.size for axis in axes])
    return {axis.name: int(each) for axis, each in zip(axes, found, strict=True)}
