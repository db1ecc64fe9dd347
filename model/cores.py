"""Work in pieces, on every core: each takes the next piece when it is done with one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Piece = TypeVar("Piece")


def share(compute: Callable[[Piece], object], pieces: Iterable[Piece]) -> None:
    """Compute every piece. What one of them raises is raised here, when nobody computes any more."""
    every = list(pieces)
    waiting = iter(every)

    def some() -> None:
        try:
            with np.errstate(all="ignore"):  # each thread has a state of its own
                for piece in waiting:
                    compute(piece)
        finally:
            deque(waiting, maxlen=0)  # after a fault, or a signal, nobody begins another piece

    others = [_threads().submit(some) for _ in range(1, min(cores(), len(every)))]
    try:
        some()
    finally:
        begun = [other for other in others if not other.cancel()]  # the threads may be busy: with who waits for this
        faults = [other.exception() for other in begun]
    for fault in filter(None, faults):
        raise fault


@lru_cache(maxsize=1)
def cores() -> int:
    """How many there are for this process."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(max(1, cores() - 1), "cores")
