"""What-if edits of numbers: what is put into an array, or multiplied there, after it was computed or read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True, eq=False)
class Change:
    """What a what-if edit does to numbers of one value: `put` numbers there, or multiply those there by `factor`.

    `index` has a place or a whole slice for each axis from the first on.
    """

    index: tuple[int | slice, ...]
    put: float | Array | None = None
    factor: float = 1.0

    def apply(self, array: Array) -> None:
        """Change the numbers of `array` in place."""
        array[self.index] = self._put_at() if self.put is not None else array[self.index] * self.factor

    def within(self, window: tuple[slice, ...], shape: tuple[int, ...]) -> Change | None:
        """The same edit of a part of an array of this shape: of `window`; None where it does not reach that."""
        bounds = [part.indices(size) for part, size in zip(window, shape, strict=True)]
        index: list[int | slice] = []
        for where, (start, stop, _) in zip(self.index, bounds, strict=False):
            if isinstance(where, int) and not start <= where < stop:
                return None
            index.append(where - start if isinstance(where, int) else where)
        put = self.put[window] if isinstance(self.put, np.ndarray) else self.put
        return replace(self, index=tuple(index), put=put)

    @property
    def in_each(self) -> Change:
        """The same edit in each run of a batch, whose axis comes first."""
        put = self.put[None] if isinstance(self.put, np.ndarray) else self.put
        return replace(self, index=(slice(None), *self.index), put=put)

    def pull(self, gradient: Array) -> None:
        """Change a gradient after the edit in place to the one before it: what was put there depends on nothing."""
        passed = self.factor if self.put is None else 0
        gradient[self.index] = gradient[self.index] * passed if passed else 0  # 0 of what is infinite or NaN is 0

    def is_like(self, other: Change) -> bool:
        """Whether another change does the same."""
        is_same_put = other.put is self.put or _have_same_bits(self.put, other.put)
        return is_same_put and self.index == other.index and _have_same_bits(self.factor, other.factor)

    def _put_at(self) -> float | Array:
        """Where a whole array of numbers is put, each goes to where it stands."""
        return self.put[self.index] if isinstance(self.put, np.ndarray) else self.put or 0.0


def changed(array: Array, changes: Sequence[Change]) -> Array:
    """An array after some edits; a copy where there are any."""
    if not changes:
        return array
    array = np.array(array)
    with np.errstate(all="ignore"):
        for change in changes:
            change.apply(array)
    return array


def are_alike(some: Sequence[Change], others: Sequence[Change]) -> bool:
    """Whether two rows of edits do the same."""
    return len(some) == len(others) and all(one.is_like(other) for one, other in zip(some, others, strict=True))


def have_same_bits(one: Array, other: Array) -> bool:
    """Whether two arrays have the very same numbers, NaN and the sign of 0 too."""
    return (one.dtype, one.shape) == (other.dtype, other.shape) and one.tobytes() == other.tobytes()


def _have_same_bits(one: float | Array | None, other: float | Array | None) -> bool:
    return (one is None) == (other is None) and have_same_bits(np.asarray(one), np.asarray(other))
