"""Processes for visitors, forked from one that has imported everything: they start at once, and share what they can.

Python's own fork server makes them. It has one thread, and ends when the server and all visitors have.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from multiprocessing import forkserver, get_context
from multiprocessing.process import BaseProcess

from attn_explore.explorer.serving.rules import Rules
from attn_explore.explorer.system.served import Served

_SURROUNDINGS = {
    "PYTHONSAFEPATH": "1",  # a module in the folder where the server was started is none of ours
    "OPENBLAS_NUM_THREADS": "1",  # threads do not survive a fork, and the cores are for all visitors
    "OMP_NUM_THREADS": "1",
    "TEXTUAL_COLOR_SYSTEM": "truecolor",
    "TEXTUAL_FPS": "30",
}
"""What the environment of visitors says, whatever that of the server does."""

_OF_A_TERMINAL = ("NO_COLOR", "TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_DRIVER", "TEXTUAL_FILTERS", "TEXTUAL_THEME")
"""What it does not say: how the person who runs the server wants their terminal."""


def start_forking() -> None:
    """Begin to import everything, in a process of its own; nobody needs to wait for it."""
    for name in _OF_A_TERMINAL:
        os.environ.pop(name, None)
    os.environ |= _SURROUNDINGS
    heeded = signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # visitors inherit it: Ctrl+C is for the server, which ends them
    try:
        get_context("forkserver").set_forkserver_preload([f"{__package__}.shared"])
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, heeded)


def fork_visitor(served: Served, rules: Rules, page: socket.socket, size: tuple[int, int]) -> BaseProcess:
    """Start the process of a visitor, which talks through `page`."""
    process = get_context("forkserver").Process(target=_visit, args=(served, rules, page, size), daemon=True)
    process.start()
    return process


def end_forking() -> None:
    """End every process that was started here, at once: one that still imports would not notice for a while."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _visit(served: Served, rules: Rules, page: socket.socket, size: tuple[int, int]) -> None:
    from attn_explore.explorer.serving.visitor import visit  # which imports Textual: nothing for the server

    visit(served, rules, page, size)
