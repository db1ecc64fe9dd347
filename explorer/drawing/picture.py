"""A tensor as it is to be drawn: its numbers, what is marked in them, and its planes.

A tensor is drawn a plane at a time: the last axis runs along the columns, the one before down the rows, and the others
(the heads) pick the plane.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import cached_property

import numpy as np

from attn_explore.explorer.drawing.colours import scale_end
from attn_explore.explorer.drawing.histogram import Histogram, histogram
from attn_explore.explorer.drawing.order import OWN, Order
from attn_explore.model.axes import Array, Axis
from attn_explore.model.cells import Cells
from attn_explore.model.dataclass import dataclass
from attn_explore.model.naming import shown, shown_short

Index = tuple[int, ...]

NO_AXIS = Axis("", 1, ("",))

FEW = 64
"""Numbers that are looked at first, where a single one decides."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A tensor to draw. `hidden` says which (query, key) cells are masked, `changed` which cells an edit changed,
    `veiled` whose numbers are not shown yet, `scale` where the colours end, when two pictures share a scale.

    `order` is the one in which rows and columns stand here.

    Of a tensor that is too large to be held, `sample` are some numbers from all over it, and `is_by_columns` says that
    a column of it is sooner made than a row.

    `largest` is the largest finite number by size; `end`, where the scale of the colours ends, is most often the same.
    What is said of all numbers is said of the sample where there is one.
    """

    array: Cells
    axes: tuple[Axis, ...]
    hidden: Array | None = None
    changed: Cells | None = None
    veiled: Cells | None = None
    scale: tuple[float, bool] | None = None
    sample: Array | None = None
    is_by_columns: bool = False
    order: Order = OWN
    largest: float = field(init=False)
    end: float = field(init=False)
    is_signed: bool = field(init=False)
    is_whole: bool = field(init=False)
    bad: int = field(init=False)

    def __post_init__(self) -> None:
        """Look at every number once, here, or at those of the sample; a frame looks only at those in sight."""
        seen = self.seen
        finite = np.isfinite(seen)
        is_finite = bool(finite.all())
        numbers = seen if is_finite else np.where(finite, seen, 0)
        least = numbers.min(initial=0)
        object.__setattr__(self, "largest", float(max(numbers.max(initial=0), -least)))
        object.__setattr__(self, "is_signed", bool(least < 0))
        object.__setattr__(self, "end", scale_end(numbers) if self.is_signed else self.largest)
        if self.scale is not None:
            object.__setattr__(self, "end", self.scale[0])
            object.__setattr__(self, "is_signed", self.scale[1])
        object.__setattr__(self, "is_whole", _are_whole(numbers.ravel()[:FEW]) and _are_whole(numbers))
        object.__setattr__(self, "bad", 0 if is_finite else int((~finite & ~np.isneginf(seen)).sum()))

    def together(self, other: Picture) -> tuple[Picture, Picture]:
        """Two pictures on one scale of colours: the wider one."""
        scale = (max(self.end, other.end), self.is_signed or other.is_signed)
        return replace(self, scale=scale), replace(other, scale=scale)

    def ordered(self, order: Order) -> Picture:
        """The picture with its rows and columns in another order."""
        if order.is_own:
            return self
        array = order.arranged(self.array, self.is_by_columns)
        hidden = None if self.hidden is None else np.asarray(order.arranged(self.hidden, self.is_by_columns))
        changed, veiled = (
            None if marks is None else order.arranged(marks, self.is_by_columns)
            for marks in (self.changed, self.veiled)
        )
        scale = (self.end, self.is_signed)
        return replace(self, array=array, hidden=hidden, changed=changed, veiled=veiled, scale=scale, order=order)

    @property
    def seen(self) -> Array:
        """The numbers that the scale is made for: all, or a sample."""
        return np.asarray(self.array[()]) if self.sample is None else self.sample

    @cached_property
    def histogram(self) -> Histogram | None:
        """How all numbers but the hidden ones are spread: the same for every cell, and long to count."""
        return histogram(self.seen if self.hidden is None else self.seen[..., ~self.hidden])

    @property
    def rows(self) -> Axis:
        """The axis down the rows; a vector is a single row."""
        return self.axes[-2] if len(self.axes) > 1 else NO_AXIS

    @property
    def columns(self) -> Axis:
        """The axis along the columns."""
        return self.axes[-1] if self.axes else NO_AXIS

    def row_name(self, row: int) -> str:
        """What the row is called that stands at a place."""
        return shown_short(self.rows, self.order.row(row))

    def column_name(self, column: int) -> str:
        """What the column is called that stands at a place."""
        return shown_short(self.columns, self.order.column(column))

    @property
    def planes(self) -> list[Index]:
        """The leading indices of every plane."""
        return list(np.ndindex(*self.array.shape[:-2]))

    def part(self, cells: Cells, lead: Index, rows: slice, columns: slice) -> Array:
        """What stands at some rows and columns under some leading indices: numbers, or what is marked in them."""
        whole: tuple[int | slice, ...] = (*lead, rows, columns)
        places = whole[-len(self.axes) :] if self.axes else ()
        return np.atleast_2d(np.asarray(cells[places]))

    def plane_name(self, lead: Index) -> str:
        """`head 1`, or nothing when there is a single plane."""
        return " · ".join(shown(axis, place) for axis, place in zip(self.axes, lead, strict=False) if axis.size > 1)

    def plane_place(self, lead: Index) -> str:
        """`head 1 of 4`, `a = 10 (2 of 3)`, or nothing when there is a single plane."""
        places = zip(self.axes, lead, strict=False)
        return " · ".join(_place(axis, place) for axis, place in places if axis.size > 1)


def _are_whole(numbers: Array) -> bool:
    return bool((numbers == np.rint(numbers)).all())


def _place(axis: Axis, index: int) -> str:
    """Where a plane stands along an axis: a label of its own needs the number as well."""
    own = shown(axis, index)
    return f"{own} of {axis.size}" if axis.labels is None else f"{own} ({index + 1} of {axis.size})"
