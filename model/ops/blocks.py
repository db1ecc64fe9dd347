"""Large arrays, row by row in blocks: what a block needs stays near the processor, and every core computes some.

Each number comes about as it would in one piece, from the same numbers in the same order: the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.values import Value

LARGE = 2**18
"""Cells from which on it is worth while."""

BLOCK = 2**17
"""Cells of a block, about."""

Place = tuple[slice, ...]

Function = Callable[..., Array]
"""Computes an array from others, as NumPy's functions do: in fresh memory, or in that of the keyword `out`."""


def by_rows(value: Value, function: Function, *arrays: Array, room: Array | None = None) -> Array:
    """`function` of some arrays that broadcast to the shape of a value, whose rows do not know each other.

    A row is what stands along the last axis. Each array has as many axes as the value. `room` is where the numbers go,
    which may be one of the arrays; else it is memory that the value has for them, or fresh memory.
    """
    if value.size < LARGE or len(value.shape) < 2 or not _can_be_cut(value, arrays):
        return function(*arrays) if room is None else function(*arrays, out=room)
    from attn_explore.model.cores import share  # small arrays have no need of it

    found = value.room() if room is None else room
    out = np.empty(value.shape, value.dtype) if found is None else found

    def compute(place: Place) -> None:
        function(*(_cut(array, place) for array in arrays), out=out[place])

    share(compute, _blocks(value.shape))
    return out


def _can_be_cut(value: Value, arrays: tuple[Array, ...]) -> bool:
    """Whether NumPy would lay the result out row by row as well, in the type of the value."""
    is_laid_out = any(array.shape == value.shape and array.flags.c_contiguous for array in arrays)
    return is_laid_out and all(array.dtype in (value.dtype, np.bool_) for array in arrays)


def _blocks(shape: tuple[int, ...]) -> Iterator[Place]:
    """Rows of an array of some shape, by places along all axes but the last."""
    first, *rest = shape
    each = math.prod(rest)
    if len(rest) > 1 and each > BLOCK:
        yield from ((slice(place, place + 1), *inner) for place in range(first) for inner in _blocks(tuple(rest)))
        return
    many = max(1, BLOCK // each)
    yield from ((slice(start, start + many),) for start in range(0, first, many))


def _cut(array: Array, place: Place) -> Array:
    """The part of an array that a block is made of: an axis of length 1 is the same for all of them."""
    return array[tuple(part if size > 1 else slice(None) for part, size in zip(place, array.shape, strict=False))]
