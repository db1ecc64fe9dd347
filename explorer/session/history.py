"""Back and forward, as in a browser: along places, and along runs that edits led to."""

from __future__ import annotations

from dataclasses import field
from typing import Generic, TypeVar

from attn_explore.model.dataclass import dataclass

T = TypeVar("T")


@dataclass
class History(Generic[T]):
    """`behind` is what one came through, the last one last; `ahead` what one went back from."""

    behind: list[T] = field(default_factory=list)
    ahead: list[T] = field(default_factory=list)

    def leave(self, here: T) -> None:
        """Go on from here to something new: what was ahead is forgotten."""
        self.behind.append(here)
        self.ahead.clear()

    def back(self, here: T) -> T | None:
        """Go back from here to the last one; None when there is none."""
        return self._along(self.behind, self.ahead, here)

    def forward(self, here: T) -> T | None:
        """Go again to where the way back began; None when there is nothing ahead."""
        return self._along(self.ahead, self.behind, here)

    @staticmethod
    def _along(these: list[T], those: list[T], here: T) -> T | None:
        if not these:
            return None
        those.append(here)
        return these.pop()
