"""Products of large matrices, piece by piece on every core.

BLAS divides a product into as many parts as there are cores, and waits for the slowest: where something else runs as
well, that takes twice as long as on one core. Here each core takes the next piece when it is done with one, and BLAS
computes that on one core. A product is always cut in the same places, so that it has the same bits again.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.cores import cores, share
from attn_explore.model.ops.blocks import LARGE

CELLS = 2**20
"""Cells of a piece at most, about: before each, BLAS copies what is multiplied, which costs less the larger it is."""

TOGETHER = 64
"""Rows or columns of which BLAS computes any number as fast."""

_LIBRARIES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads")
"""What the functions are called by which OpenBLAS tells, and is told, how many threads it has."""


class Piece(NamedTuple):
    """Places of the matrices that are multiplied: which of them, rows of the left ones, columns of the right ones."""

    matrix: tuple[int, ...]
    rows: slice
    columns: slice


def multiply(left: Array, right: Array, room: Array) -> Array:
    """`left` @ `right`, in memory of that size and type which is laid out in one piece."""
    out = room.reshape((*left.shape[:-1], right.shape[-1]))
    blas = _blas()
    if blas is None or out.size < LARGE:
        return np.matmul(left, right, out=out)

    def compute(piece: Piece) -> None:
        matrix, rows, columns = piece
        np.matmul(left[matrix][rows], right[matrix][:, columns], out=out[matrix][rows, columns])

    with blas.on_one_core():
        share(compute, _pieces(out.shape))
    return out


@contextmanager
def on_one_core() -> Iterator[None]:
    """While it lasts, BLAS divides no product: small ones take several times as long where it waits for its threads."""
    blas = _blas()
    with nullcontext() if blas is None else blas.on_one_core():
        yield


def _pieces(shape: tuple[int, ...]) -> Iterator[Piece]:
    """As many for each core, of several matrices at least one: each matrix is cut across its longer side."""
    *many, height, width = shape
    wanted = cores() * math.ceil(math.prod(shape) / (cores() * CELLS))
    parts = max(1, wanted // math.prod(many))
    for matrix in np.ndindex(*many):
        if width > height:
            yield from (Piece(matrix, slice(None), columns) for columns in _parts(width, parts))
        else:
            yield from (Piece(matrix, rows, slice(None)) for rows in _parts(height, parts))


def _parts(size: int, count: int) -> Iterator[slice]:
    """Places along a side in so many parts, each a multiple of what BLAS computes at once but for the last."""
    step = math.ceil(size / count / TOGETHER) * TOGETHER
    yield from (slice(start, start + step) for start in range(0, size, step))


class _Blas:
    """How OpenBLAS is told how many threads it has, and how many it had at first."""

    def __init__(self, tell: Callable[[int], object], threads: int) -> None:
        self._tell, self._threads = tell, threads
        self._users, self._books = 0, Lock()

    @contextmanager
    def on_one_core(self) -> Iterator[None]:
        """While it lasts for anybody, each product is computed on one core."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, users: int) -> None:
        with self._books:
            self._users += users
            self._tell(1 if self._users else self._threads)


@lru_cache(maxsize=1)
def _blas() -> _Blas | None:
    """The OpenBLAS that NumPy uses; None where it uses another library, which may share its work otherwise."""
    import ctypes

    try:
        library = ctypes.CDLL(sys.modules["numpy._core._multiarray_umath"].__file__)  # finds what it is linked to, too
    except (KeyError, OSError):
        return None
    name = next((name for name in _LIBRARIES if hasattr(library, name.format("set"))), None)
    if name is None:
        return None
    return _Blas(getattr(library, name.format("set")), int(getattr(library, name.format("get"))()))
