"""Large arrays in pieces, so that writing one takes little memory beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attn_explore.model.axes import Array

PIECE = 4 * 2**20
"""Bytes of an array that are written at once."""


def pieces_of(array: Array) -> Iterator[bytes]:
    """The numbers in C order and little-endian, a few rows at a time."""
    if array.nbytes <= PIECE or array.ndim == 0:
        yield np.asarray(array, array.dtype.newbyteorder("<"), order="C").tobytes()
        return
    rows = PIECE // (array.nbytes // len(array))
    if rows == 0:
        for row in array:
            yield from pieces_of(row)
        return
    for start in range(0, len(array), rows):
        yield from pieces_of(array[start : start + rows])
