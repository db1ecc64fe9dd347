"""How far an answer is that runs are made for: in words, with the time that is left."""

from __future__ import annotations

from typing import Protocol

from attn_explore.explorer.drawing.numbers import counted
from attn_explore.explorer.system.time_left import TimeLeft


class Runs(Protocol):
    """An answer that is whole when all its runs are made; `go_on` makes some, and is False where there are none."""

    @property
    def runs(self) -> int:
        """How many there are in all."""
        ...

    @property
    def runs_left(self) -> int:
        """How many are still to be made."""
        ...

    @property
    def share_done(self) -> float:
        """How much of the work is done, from 0 to 1."""
        ...

    def go_on(self) -> bool:
        """Make some of them."""
        ...


def how_far(found: Runs) -> str:
    """How many runs are made: `31 of 270 runs`."""
    return f"{found.runs - found.runs_left} of {counted(found.runs, 'run')}"


def progress_of(found: Runs, left: TimeLeft) -> str:
    """The same with the time that is left: `made 31 of 270 runs, about 20 s left`."""
    return ", ".join(filter(None, (f"made {how_far(found)}", left(found.share_done))))
