"""Whether a visitor stands at the end of its memory: seen from outside, as it may not be able to say so any more."""

from __future__ import annotations

import sys

import psutil

NEARLY = 2**16
"""Bytes that are left to a process which gets no more: what Python asks the system for is larger."""


def memory_is_used_up(pid: int) -> bool:
    """Whether a process has all the memory that it may have. False where it is gone, and anywhere but on Linux."""
    if sys.platform != "linux":
        return False
    try:
        process = psutil.Process(pid)
        most, _ = process.rlimit(psutil.RLIMIT_DATA)
        return most != psutil.RLIM_INFINITY and process.memory_info().data > most - NEARLY
    except psutil.Error:
        return False  # it has ended meanwhile
