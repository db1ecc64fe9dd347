"""Memory that is used again: fresh memory is what computing a large array costs most.

An array in a buffer may be passed on, viewed and kept as any other. Its memory comes back when the last array that lies
in it is gone, and never before.
"""

from __future__ import annotations

import math
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_explore.model.axes import Array

if TYPE_CHECKING:
    import mmap

SMALLEST = 2**16
"""Bytes below which memory is as quickly had from NumPy."""

HUGE = 2**24
"""Bytes up to which memory is in huge pages. They help what is multiplied again and again; what is larger is gone
through in order, and a virtual machine may wait seven times as long for new huge pages as for as many small ones."""


class Buffers:
    """Gives memory for arrays, and gets it back. Arrays may be dropped by any thread; one at a time asks for memory."""

    def __init__(self) -> None:
        self._returned: deque[Array] = deque()  # the only thing that another thread touches
        self._free: list[Array] = []

    @property
    def nbytes(self) -> int:
        """The bytes that wait to be used again."""
        self._collect()
        return sum(memory.nbytes for memory in self._free)

    def has(self, nbytes: int) -> bool:
        """Whether memory of this very size waits."""
        self._collect()
        return any(memory.nbytes == nbytes for memory in self._free)

    @staticmethod
    def serve(nbytes: int) -> bool:
        """Whether memory of so many bytes is used again."""
        return nbytes >= SMALLEST

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """An array whose numbers are whatever they are, in memory that was given back where some is as large."""
        nbytes = math.prod(shape) * dtype.itemsize
        if not self.serve(nbytes):
            return np.empty(shape, dtype)
        return np.asarray(_Lease(self._taken(nbytes), shape, dtype, self._returned))

    def shrink(self, nbytes: int) -> None:
        """Let go of memory that waits, the longest waiting first, until no more than `nbytes` are left."""
        waiting = self.nbytes
        while waiting > max(nbytes, 0):
            waiting -= self._free.pop(0).nbytes

    def _taken(self, nbytes: int) -> Array:
        self._collect()
        for place in reversed(range(len(self._free))):
            if self._free[place].nbytes == nbytes:
                return self._free.pop(place)
        return np.frombuffer(_mapped(nbytes), np.uint8)

    def _collect(self) -> None:
        while self._returned:
            self._free.append(self._returned.popleft())


def _mapped(nbytes: int) -> mmap.mmap:
    """Memory that the system has back as soon as it is let go: an allocator would keep some of it for later."""
    import mmap  # only a run that forgets needs it

    private = {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
    memory = mmap.mmap(-1, nbytes, **private)  # what is shared has no huge pages
    if nbytes <= HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel may not know them
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


class _Lease:
    """What an array says its memory belongs to, and so do all views of it: when it is gone, all of them are."""

    def __init__(self, memory: Array, shape: tuple[int, ...], dtype: np.dtype[Any], returned: deque[Array]) -> None:
        self._memory, self._returned = memory, returned
        self.__array_interface__ = {
            "version": 3, "shape": shape, "typestr": dtype.str, "data": (memory.ctypes.data, False)
        }  # fmt: skip

    def __del__(self) -> None:
        self._returned.append(self._memory)
