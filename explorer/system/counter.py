"""How far something has come: how many values a run has computed, and of how many, or what is said instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_explore.model.values import Value  # NumPy: the first frame does not wait for it


def _nothing(_: Counter) -> None:
    return None


class Counter:
    """Counts the values of a run, as its `on_step`; of `steps`, as far as that is known. `tell` hears of each."""

    def __init__(self, steps: int = 0, tell: Callable[[Counter], object] = _nothing) -> None:
        self.count = 0
        self.steps = steps
        self.path = ""
        self._said, self._within = "", ""
        self._tell = tell

    def __call__(self, value: Value) -> None:
        """Another value was computed; or one that takes long says behind its path how far it is."""
        self.path = value.path
        _, _, self._within = value.path.partition(": ")
        self.count += not self._within
        self._tell(self)

    def expect(self, steps: int) -> None:
        """So many more values will be computed."""
        self.steps += steps

    def say(self, how_far: str) -> None:
        """Say in words how far it has come, where no values are computed."""
        self._said = how_far
        self._tell(self)

    def __str__(self) -> str:
        """`12 of 27`, or `12` where nobody knows of how many; or what is said instead."""
        if said := self._said or self._within:
            return said
        return f"{min(self.count, self.steps)} of {self.steps}" if self.steps else f"{self.count or ''}"
