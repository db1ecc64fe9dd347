"""The matrices that stand on a sheet: each a part of a value, and where its cells stand in that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from attn_explore.explorer.drawing.picture import NO_AXIS
from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.naming import shown
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

HEAD = "head"


@dataclass(frozen=True, eq=False)
class Plane:
    """A part of a value with at most two axes: one place along some of its axes, or a run of places.

    `where`: the place, or the run, along each axis of the value; `axes`: those along which there is a run.
    """

    value: Value
    where: tuple[int | slice, ...]
    axes: tuple[Axis, ...]

    @property
    def path(self) -> str:
        """Where the value stands in the run."""
        return self.value.path

    @property
    def rows(self) -> Axis:
        """The axis down the rows; a vector is a single row."""
        return self.axes[-2] if len(self.axes) > 1 else NO_AXIS

    @property
    def columns(self) -> Axis:
        """The axis along the columns."""
        return self.axes[-1] if self.axes else NO_AXIS

    @property
    def name(self) -> str:
        """Which one it is, of a value that has several: `head 1`."""
        pairs = zip(self.value.axes, self.where, strict=True)
        return " · ".join(shown(axis, place) for axis, place in pairs if isinstance(place, int) and axis.size > 1)

    @property
    def array(self) -> Array:
        """All of its numbers."""
        return self.value[self.where]

    def window(self, rows: range, columns: range) -> Array:
        """The numbers at some rows and columns."""
        spans = dict(zip(self._along, (rows, columns)[-len(self._along) :], strict=True)) if self._along else {}
        where = tuple(
            slice(start + spans[number].start, start + spans[number].stop) if number in spans else start
            for number, start in enumerate(self._starts)
        )
        return self.value[where]

    def index_of(self, row: int, column: int) -> Index:
        """Where a cell of it stands in the value."""
        places = dict(zip(self._along, (row, column)[-len(self._along) :], strict=True)) if self._along else {}
        return tuple(start + places.get(number, 0) for number, start in enumerate(self._starts))

    def cell_of(self, index: Index) -> tuple[int, int]:
        """The row and the column of a cell of the value."""
        row, column = (0, 0, *(index[number] - self._starts[number] for number in self._along))[-2:]
        return row, column

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple((place.start or 0) if isinstance(place, slice) else place for place in self.where)

    @cached_property
    def _along(self) -> tuple[int, ...]:
        """Which axes of the value run along the rows and the columns."""
        return tuple(number for number, place in enumerate(self.where) if isinstance(place, slice))


@dataclass(frozen=True, eq=False)
class Outline:
    """What stands on a sheet, band by band, before any number of it is looked at.

    `path`: the block that it is of. `steps`: those of the block, each after what it is made of. `is_of_head`: all that
    stands on it is of the one head that the title names. `heading`: what it is called where it follows another one.
    """

    title: str
    path: str
    trace: Trace
    bands: tuple[tuple[Plane, ...], ...]
    steps: tuple[Value, ...]
    is_of_head: bool = False
    heading: str = ""

    @cached_property
    def planes(self) -> dict[str, Plane]:
        """All matrices by the paths of their values."""
        return {plane.path: plane for band in self.bands for plane in band}


def plane_at(value: Value, index: Index) -> Plane:
    """The matrix of a value in which a cell of it stands."""
    leading = len(value.axes) - 2
    where = tuple(place if number < leading else slice(None) for number, place in enumerate(index))
    return Plane(value, where, value.axes[max(0, leading) :])


def plane_of_head(value: Value, head: int, heads: int) -> Plane:
    """What one of so many heads has of a value, of which several may share its keys and values.

    A matrix that holds those of every head side by side is cut to this one's.
    """
    where: list[int | slice] = []
    axes: list[Axis] = []
    for axis in value.axes:
        first = _begins(axis, head, heads)
        if axis.name == HEAD:
            where.append(first)
        else:
            own = axis.parts[1] if holds_heads(axis) else axis
            where.append(slice(first, first + own.size))
            axes.append(own)
    return Plane(value, tuple(where), tuple(axes))


def _begins(axis: Axis, head: int, heads: int) -> int:
    """Where along an axis the part of one of so many heads begins."""
    if axis.name == HEAD:
        return head * axis.size // heads
    return head * axis.parts[0].size // heads * axis.parts[1].size if holds_heads(axis) else 0


def head_along(axes: Sequence[Axis], index: Index, heads: int) -> int:
    """Which of so many heads a cell belongs to, the first of those that share it."""
    for axis, place in zip(axes, index, strict=True):
        if axis.name == HEAD or holds_heads(axis):
            parts, own = (axis.size, place) if axis.name == HEAD else (axis.parts[0].size, axis.places(place)[0])
            return -(-own * heads // parts)
    return 0


def holds_heads(axis: Axis) -> bool:
    """Whether an axis holds the numbers of every head side by side."""
    return len(axis.parts) == 2 and axis.parts[0].name == HEAD
