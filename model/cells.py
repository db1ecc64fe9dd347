"""Numbers by their place: those of an array, or of a value that is too large to be held, made as they are looked at.

Who shows a large value asks for what is in sight. What has to be known of all its numbers, such as where a scale of
colours ends, is taken from a sample.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import product
from typing import Protocol

import numpy as np

from attn_explore.model.axes import Array, Index, as_slice
from attn_explore.model.dataclass import dataclass
from attn_explore.model.sources import runs
from attn_explore.model.values import Value

SAMPLE = 2**16
"""About so many numbers are a sample."""

LEAST = 4
"""However long rows are that have to be made whole, a sample has so many of them along each other axis."""

RUNS = 8
"""Along an axis they are taken from so many groups of neighbours, from its beginning to its end."""


class Cells(Protocol):
    """What gives the numbers at an index: places and slices of places along the axes from the first on."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        ...

    def __getitem__(self, index: Index) -> Array:
        """The numbers at an index."""
        ...


@dataclass(frozen=True, eq=False)
class Made:
    """Numbers that are made when they are asked for, of what stands at the same places elsewhere.

    `make` is given a place or a slice for each axis.
    """

    shape: tuple[int, ...]
    make: Callable[[tuple[int | slice, ...]], Array]

    def __getitem__(self, index: Index) -> Array:
        """The numbers at an index."""
        return self.make(whole_index(index, len(self.shape)))


class InBlocks:
    """The cells of others, of which the rows around those in sight are made together: a screen asks row by row.

    `by_columns`: some columns are made without the others; else whole rows are made.
    """

    ROWS = 64

    def __init__(self, others: Cells, by_columns: bool) -> None:
        self.shape = others.shape
        self._others = others
        self._by_columns = by_columns
        self._place: tuple[int | slice, ...] = ()
        self._block: Array = np.zeros(0)

    def __getitem__(self, index: Index) -> Array:
        """The numbers at an index: out of the block, where it is of some rows of one matrix."""
        *lead, rows, columns = (0, *whole_index(index, len(self.shape)))
        if len(self.shape) < 2 or not isinstance(rows, slice) or any(isinstance(place, slice) for place in lead):
            return self._others[index]
        start, stop, _ = rows.indices(self.shape[-2])
        first = start - start % self.ROWS
        if stop > first + self.ROWS:
            return self._others[index]
        wanted = columns if self._by_columns else slice(None)
        place = (*lead[1:], slice(first, min(first + self.ROWS, self.shape[-2])), wanted)
        if place != self._place:
            self._block, self._place = self._others[place], place
        found: Array = self._block[start - first : stop - first, slice(None) if self._by_columns else columns]
        return found


def cells_of(value: Value) -> Cells:
    """The numbers of a value: its array, unless it is too large to be held."""
    return value if value.is_large else value.array


def whole_index(index: Index, count: int) -> tuple[int | slice, ...]:
    """An index with a place or a slice for each of so many axes.

    >>> whole_index(2, 2)
    (2, slice(None, None, None))
    """
    places = index if isinstance(index, tuple) else (index,)
    return (*places, *[slice(None)] * (count - len(places)))


def along_axes(others: Cells, places: tuple[Array, ...]) -> Cells:
    """The cells of others at some places along each axis, as `np.ix_` picks them, read window by window."""

    def make(index: tuple[int | slice, ...]) -> Array:
        asked = [own[as_slice(here, own.size)] for own, here in zip(places, index, strict=True)]
        inner = [slice(int(wanted.min()), int(wanted.max()) + 1) for wanted in asked[1:]]
        rows, back = np.unique(asked[0], return_inverse=True)
        within = np.ix_(*(wanted - wanted.min() for wanted in asked[1:]))
        read = [others[(slice(start, last + 1), *inner)][(slice(None), *within)] for start, last in runs(rows)]
        found = np.concatenate(read)[back.reshape(-1)]
        return found[tuple(slice(None) if isinstance(here, slice) else 0 for here in index)]

    return Made(tuple(own.size for own in places), make)


def places_hidden(shape: tuple[int, ...], hidden: tuple[int | slice, ...]) -> Cells:
    """Whether each cell of a shape is one at `hidden`."""
    each = [np.zeros(size, bool) for size in shape]
    for own, here in zip(each, hidden, strict=True):
        own[here] = True

    def make(index: tuple[int | slice, ...]) -> Array:
        parts = [np.asarray(own[here]) for own, here in zip(each, index, strict=True)]
        found: Array = reduce(np.logical_and.outer, parts, np.array(True))
        return found

    return Made(shape, make)


def is_by_columns(value: Value) -> bool:
    """Whether a column of a value can be made without the others; a row always can, or costs as much as all."""
    return not value.is_leaf and bool(value.axes) and value.names[-1] in value.made_by.each(value)


def picked(cells: Cells, lead: tuple[int, ...], rows: Sequence[int], columns: Sequence[int], by_columns: bool) -> Array:
    """The numbers at some rows and columns under some leading indices, made column by column or row by row.

    Rows that follow each other are made several at once.
    """
    every = slice(None)
    if by_columns:
        return np.stack([cells[(*lead, every, slice(at, at + 1))][rows, 0] for at in columns], axis=1)
    is_block = isinstance(rows, range) and rows.step == 1
    made = InBlocks(cells, by_columns) if is_block else cells
    return np.stack([made[(*lead, slice(at, at + 1), every)][0, columns] for at in rows])


# --- a sample


def sample(value: Value, cells: Cells | None = None, leave: int = 0) -> Array:
    """Numbers from places all over a large value, or of other `cells` of its shape.

    Those at the first places of the last axis are left out if `leave` says how many.
    """
    asked = value if cells is None else cells
    return np.concatenate([np.ravel(asked[where]) for where in _windows(value, leave)])


def _windows(value: Value, leave: int) -> Iterator[tuple[slice, ...]]:
    """Windows all over a value."""
    counts, last = _counts(value), len(value.axes) - 1
    groups = (
        _groups(leave if place == last else 0, axis.size, counts[axis.name]) for place, axis in enumerate(value.axes)
    )
    yield from product(*groups)


def _counts(value: Value) -> dict[str, int]:
    """From how many places along each axis a sample is taken: where cells know each other, they are made anyway."""
    free = value.names if value.is_leaf else value.made_by.each(value)
    counts = {axis.name: axis.size for axis in value.axes if axis.name not in free}
    room = SAMPLE // math.prod(counts.values())
    shortest_first = sorted((axis for axis in value.axes if axis.name in free), key=lambda axis: axis.size)
    for place, axis in enumerate(shortest_first):
        share = round(room ** (1 / (len(shortest_first) - place)))
        counts[axis.name] = min(axis.size, max(LEAST, share))
        room //= counts[axis.name]
    return counts


def _groups(begin: int, size: int, many: int) -> list[slice]:
    """So many places along an axis in groups of neighbours, the first at its beginning and the last at its end.

    >>> [(group.start, group.stop) for group in _groups(0, 100, 16)]
    [(0, 2), (14, 16), (28, 30), (42, 44), (56, 58), (70, 72), (84, 86), (98, 100)]
    """
    if many >= size - begin:
        return [slice(begin, size)]
    groups = min(RUNS, many)
    width = many // groups
    starts = np.linspace(begin, size - width, groups).astype(int)
    return [slice(int(start), int(start) + width) for start in starts]
