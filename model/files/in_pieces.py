"""Large arrays in pieces, so that writing one takes little memory beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from attn_explore.model.axes import Array

PIECE = 4 * 2**20
"""Bytes of an array that are written at once."""


class Described(NamedTuple):
    """What a file says of an array that is written."""

    key: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]


def pieces_of(arrays: Iterable[Array]) -> Iterator[bytes]:
    """The numbers of arrays in C order and little-endian, a few rows at a time."""
    for array in arrays:
        yield from _pieces(array)


def _pieces(array: Array) -> Iterator[bytes]:
    if array.nbytes <= PIECE or array.ndim == 0:
        yield np.asarray(array, array.dtype.newbyteorder("<"), order="C").tobytes()
        return
    rows = PIECE // (array.nbytes // len(array))
    if rows == 0:
        yield from pieces_of(array)
        return
    for start in range(0, len(array), rows):
        yield from _pieces(array[start : start + rows])
