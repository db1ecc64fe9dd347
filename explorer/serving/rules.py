"""How much the visitors of a server may take."""

from __future__ import annotations

from attn_explore.model.dataclass import dataclass

WIDEST, HIGHEST = 500, 200
"""Cells of the largest screen that is drawn. The time and the memory that a frame takes follow from it."""


@dataclass(frozen=True)
class Rules:
    """What the visitors may take.

    visitors   so many at once
    memory     bytes of memory for each that is not shared with the others
    seconds    processor time of each
    idle       seconds without a key or a click after which one ends
    """

    visitors: int
    memory: int
    seconds: int
    idle: float


def bounded(width: int, height: int) -> tuple[int, int]:
    """The size of a screen as it is drawn, whatever a page asks for.

    >>> bounded(80, 24), bounded(10**9, -1)
    ((80, 24), (500, 1))
    """
    return min(max(width, 1), WIDEST), min(max(height, 1), HIGHEST)
