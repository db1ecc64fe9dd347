"""A class of forty in their browsers, on this machine: how long each waits for a step, and what they take.

They come within half a minute and follow a lesson as a class does: each presses → every two to six seconds. Then all
press at once, as when a teacher says so.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import psutil

from attn_explore.model.dataclass import dataclass
from benchmarks.figures import Claim, Figure, Measured
from benchmarks.starting import PYTHON

LESSON = "i-love-my-dog"
VISITORS = 40
LIMIT = 0.25
"""Seconds that a step takes, in the median."""
MEMORY = 300 * 10**6
"""Bytes that the server lets each have."""


def serving() -> Measured:
    """Forty visitors follow a lesson."""
    if find_spec("textual_serve") is None:
        print("textual-serve is not there: pip install '.[serve]'")
        return
    from benchmarks.visitors import follow_lesson

    with server() as (process, address):
        memory = Memory([], [])
        waited = asyncio.run(follow_lesson(address, VISITORS, lambda: memory.look_at(process)))
    step = median(waited.steps)
    yield Figure(f"{VISITORS} visitors: a step of the lesson, in times of 250 ms", step, step / LIMIT, most=1)
    yield Figure("  one of twenty takes longer than", sorted(waited.steps)[-len(waited.steps) // 20])
    yield Figure("  all at once", median(waited.at_once))
    yield Figure("  the last of them", max(waited.at_once))
    yield Figure("  address to first stop", median(waited.arrivals))
    own = median(memory.own)
    yield Claim("  memory of each, not shared, at most 300 MB", max(memory.own) <= MEMORY, f"{own / 1e6:.0f} MB")
    yield Claim("  of all, with the server", True, f"{sum(memory.parts) / 1e9:.2f} GB")


@dataclass(frozen=True)
class Memory:
    """Bytes: of each visitor what nobody shares, and of every process its part of what is shared, and its own."""

    own: list[int]
    parts: list[int]

    def look_at(self, server: psutil.Process) -> None:
        """See how much there is now. Visitors are the processes that are forked from one that the server has."""
        for process in (server, *server.children(recursive=True)):
            found = pages_of(process.pid)
            self.parts.append(found["Pss"])
            if server.pid not in (process.pid, process.ppid()):
                self.own.append(found["Private_Clean"] + found["Private_Dirty"])


@contextmanager
def server() -> Iterator[tuple[psutil.Process, str]]:
    """A server of the lesson for the class, and its address."""
    command = [PYTHON, "-m", "attn_explore", "serve", LESSON, "--port", "0", "--visitors", str(VISITORS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None  # noqa: S101 (it is a pipe)
        try:
            yield psutil.Process(process.pid), process.stdout.readline().strip()
        finally:
            process.terminate()  # Ctrl+C is ignored by what a shell runs behind others


def pages_of(pid: int) -> dict[str, int]:
    """Bytes of the memory of a process, by their kind."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()[1:]
    return {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
