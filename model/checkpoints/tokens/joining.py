"""Letters that are joined pair by pair, the best pair first, and of equally good ones the leftmost.

Byte-level BPE joins by the ranks of pairs (Sennrich et al. 2016), SentencePiece by the scores of what they make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

Cost = Callable[[str, str], float | None]
"""How late two neighbours are joined; None where they are not."""


class Join(NamedTuple):
    """The two pieces that were joined, and what that cost."""

    left: str
    right: str
    cost: float


def joins(symbols: list[str], cost: Cost) -> Iterator[Join]:
    """Join neighbours while any can be, in `symbols` itself: what was joined to its left neighbour is empty there."""
    after, before = list(range(1, len(symbols) + 1)), list(range(-1, len(symbols) - 1))

    def pair(left: int, right: int) -> tuple[float, int, int, str] | None:
        found = cost(symbols[left], symbols[right])
        return None if found is None else (found, left, right, symbols[left] + symbols[right])

    waiting = [found for left in range(len(symbols) - 1) if (found := pair(left, left + 1))]
    heapify(waiting)
    while waiting:
        paid, left, right, joined = heappop(waiting)
        if not symbols[left] or not symbols[right] or symbols[left] + symbols[right] != joined:
            continue  # one of them was joined with another
        made = Join(symbols[left], symbols[right], paid)
        symbols[left], symbols[right] = joined, ""
        after[left] = after[right]
        if after[left] < len(symbols):
            before[after[left]] = left
        for first, second in ((before[left], left), (left, after[left])):
            if first >= 0 and second < len(symbols) and (found := pair(first, second)):
                heappush(waiting, found)
        yield made
