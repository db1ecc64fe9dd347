"""What a measurement gives: a time, what it is compared with, and the limit that the comparison has to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """So many seconds, `ratio` times what it is compared with: at most `most`, at least `least`."""

    what: str
    seconds: float
    ratio: float | None = None
    most: float | None = None
    least: float | None = None

    @property
    def falls(self) -> bool:
        """Whether a limit is not kept, or nothing was measured."""
        if self.ratio is None:
            return self.seconds <= 0
        is_over = self.most is not None and self.ratio > self.most
        return self.seconds <= 0 or is_over or (self.least is not None and self.ratio < self.least)

    def __str__(self) -> str:
        """One line: what, how long, how many times, and the limit."""
        ratio = " " * 8 if self.ratio is None else f"{self.ratio:6.2f} ×"
        return f"{self.what:<58}{self.seconds * 1000:8.1f} ms {ratio}  {self._limit()}".rstrip()

    def _limit(self) -> str:
        if self.most is not None:
            return f"at most {self.most:g}"
        return f"at least {self.least:g}" if self.least is not None else ""


@dataclass(frozen=True)
class Claim:
    """Something that holds or does not, with what was seen."""

    what: str
    holds: bool
    seen: str = ""

    @property
    def falls(self) -> bool:
        """Whether it does not hold."""
        return not self.holds

    def __str__(self) -> str:
        """One line: what, and whether it holds."""
        return f"{self.what:<58}{self.seen or ('yes' if self.holds else 'no'):>11}"


Measured = Iterator[Figure | Claim]


def peak_of(pid: int) -> int:
    """The most memory that a running program has had since it began, in bytes. Raises OSError but on Linux."""
    told = Path(f"/proc/{pid}/status").read_text("utf-8", errors="replace")
    return int(told.partition("VmHWM:")[2].split()[0]) * 1024
