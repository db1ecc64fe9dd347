"""A class of forty in real browsers, on this machine: forty windows of Chromium follow a lesson to its end.

They come within two minutes, and go from stop to stop as a class does; each question is answered rightly, as the lesson
itself judges it. Chromium draws forty terminals on the cores that the server has: `serving` says what is the server's.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psutil

from attn_explore.model.dataclass import dataclass
from benchmarks.figures import Claim, Figure, Measured
from benchmarks.serving import VISITORS, pages_of, server

PATIENCE = 10
"""Seconds that the processes are given to be gone when all is over."""


def browsers() -> Measured:
    """Forty windows of a browser follow a lesson to its end."""
    from tests.chromium import chromium

    program = chromium()
    if program is None or find_spec("textual_serve") is None:
        print("Chromium or textual-serve is not there: apt install chromium, pip install '.[serve]'")
        return
    from benchmarks.windows import follow_to_end

    taken: list[Taken] = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, server() as (serving, address):

        def look(browser: psutil.Process) -> None:
            taken.extend(map(taken_by, (serving, browser)))

        followed = asyncio.run(follow_to_end(program, Path(folder), address, VISITORS, look))
    by_server, by_browser = taken
    yield Claim(
        f"{VISITORS} windows: at the end of the lesson", len(followed.ended) == VISITORS, str(len(followed.ended))
    )
    for why, count in Counter(followed.lost).items():
        yield Claim(f"  lost: {why}", False, str(count))
    if not followed.keys:
        return
    yield Figure("  from a key that leads on to its frame on the page", median(followed.keys))
    yield Figure("  one of twenty takes longer than", sorted(followed.keys)[-len(followed.keys) // 20])
    yield Figure("  the slowest", max(followed.keys))
    yield Figure("  address to first stop", median(followed.arrivals))
    yield Figure("  the slowest", max(followed.arrivals))
    for whose, found in (("the server and its visitors", by_server), ("Chromium", by_browser)):
        yield Claim(f"  taken by {whose}: memory", True, f"{found.nbytes / 1e9:.2f} GB")
        yield Claim("    and processor time", True, f"{found.seconds:.0f} s")
    yield Claim("  no process is left", _are_gone((*by_server.processes, *by_browser.processes)))


@dataclass(frozen=True)
class Taken:
    """What a program and all that it started have taken: processor time, and memory, its part of what is shared."""

    processes: tuple[psutil.Process, ...]
    seconds: float
    nbytes: int


def taken_by(program: psutil.Process) -> Taken:
    """What a program has taken so far."""
    processes = (program, *program.children(recursive=True))
    times = [process.cpu_times() for process in processes]
    pages = [pages_of(process.pid)["Pss"] for process in processes]
    return Taken(processes, sum(time.user + time.system for time in times), sum(pages))


def _are_gone(processes: tuple[psutil.Process, ...]) -> bool:
    _, left = psutil.wait_procs(processes, PATIENCE)
    return not left
