"""Whether a visitor stands at the end of its memory: seen from outside, as it may not be able to say so any more."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

NEARLY = 2**16
"""Bytes that are left to a process which gets no more: what Python asks the system for is larger."""


def memory_is_used_up(pid: int) -> bool:
    """Whether a process has all the memory that it may have. False where it is gone, and anywhere but on Linux."""
    if sys.platform == "linux":
        import resource

        with suppress(OSError, ValueError):  # ended meanwhile
            most, _ = resource.prlimit(pid, resource.RLIMIT_DATA)
            return most != resource.RLIM_INFINITY and _data(pid) > most - NEARLY
    return False


def _data(pid: int) -> int:
    """Bytes that RLIMIT_DATA counts, now."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:")), 0)
