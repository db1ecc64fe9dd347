"""How much memory there is: of the machine, of the container that it may be, and of this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def free_memory() -> int:
    """Bytes that this process could still take before anything is swapped or killed."""
    return max(0, min([_of_machine(), *_in_container(), *_in_process()]))


def _of_machine() -> int:
    """What the machine could give; on Linux it is one line of a file, which is read sooner than psutil is imported."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        import psutil

        return int(psutil.virtual_memory().available)


def _in_container() -> Iterator[int]:
    """What is left under the limit of the control group, on Linux."""
    try:
        most, taken = (int((_CGROUP / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no control group, or no limit: "max"
        return
    yield most - taken


def _in_process() -> Iterator[int]:
    """What is left under `ulimit -v` and `ulimit -d`, where there are such things."""
    if sys.platform == "win32":
        return
    import resource

    for limit, counted in ((resource.RLIMIT_AS, "vms"), (resource.RLIMIT_DATA, "data")):
        most, _ = resource.getrlimit(limit)
        if most != resource.RLIM_INFINITY:
            import psutil

            yield most - getattr(psutil.Process().memory_info(), counted, 0)
