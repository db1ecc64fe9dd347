"""What a run may take and read, and how people write it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem


@dataclass(frozen=True)
class Limits:
    """What a run may take and read: bytes of memory (None: half of what is free), folders beside the scenario's."""

    memory: int | None = None
    allowed: Sequence[Path] = ()

    @property
    def nbytes(self) -> int:
        """The limit in bytes."""
        if self.memory is not None:
            return self.memory
        from attn_explore.explorer.system.free_memory import free_memory  # asked only when the person has not said

        return free_memory() // 2


_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}


def parse_size(text: str) -> int:
    """Bytes from what people write. Raises Problem for anything else.

    >>> parse_size("1.5 GiB"), parse_size("500MB")
    (1610612736, 500000000)
    """
    found = re.fullmatch(r"(\d{1,15})(?:\.(\d{1,9}))?\s*([a-zA-Z]*)", text.strip(), re.ASCII)
    if found is None or found[3].lower() not in _UNITS:
        raise Problem(f"{text} is no size", hint="write it like 500MB or 2GiB")
    decimals = found[2] or ""
    scale: int = 10 ** len(decimals)
    return int(found[1] + decimals) * _UNITS[found[3].lower()] // scale


_SECONDS = {"s": 1, "sec": 1, "min": 60, "h": 3600}


def parse_time(text: str) -> float:
    """Seconds from what people write. Raises Problem for anything else, and for no time at all.

    >>> parse_time("30min"), parse_time("1.5 h")
    (1800.0, 5400.0)
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]*)", text.strip(), re.ASCII)
    seconds = float(found[1]) * _SECONDS.get(found[2], 0) if found else 0.0
    if not seconds:
        raise Problem(f"{text} is no time", hint="write it like 90s, 30min or 2h")
    return seconds
