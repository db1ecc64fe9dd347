"""What runs in the process of one visitor."""

from __future__ import annotations

import gc
import os
import resource
import socket
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

from attn_explore.explorer.app import READING, RUNNING, ExplorerApp
from attn_explore.explorer.library.entries import seen_first
from attn_explore.explorer.library.home import visiting
from attn_explore.explorer.serving.rules import Rules
from attn_explore.explorer.serving.web_driver import BrowserDriver
from attn_explore.explorer.serving.words import OUT_OF_MEMORY
from attn_explore.explorer.system.exits import guarded
from attn_explore.explorer.system.fence import fence_in
from attn_explore.explorer.system.served import Served
from attn_explore.explorer.widgets.last_gate import guard_terminal

_STDIN, _STDOUT, _STDERR = 0, 1, 2

_LATER = 1
"""Seconds of processor time after which a process is killed that does not end when it is told that it has no more."""

_STANDS_BACK = 5
"""How much nicer than the server a visitor is: all wait for the server."""


def visit(served: Served, rules: Rules, page: socket.socket, size: tuple[int, int]) -> NoReturn:
    """Show the app on a page, as long as the visitor stays and takes no more than the rules let them have."""
    _talk_with(page)
    _obey(rules)
    gc.freeze()  # what was imported stays shared as long as no collection looks at it
    gc.disable()  # until the app stands
    guard_terminal()
    os._exit(guarded(partial(_shown, served, size)))


def _talk_with(page: socket.socket) -> None:
    """Let the page be what Textual reads and writes; what is printed by mistake goes where errors go."""
    for fileno in (_STDIN, _STDOUT):
        os.dup2(page.fileno(), fileno)
    page.close()
    sys.__stdin__ = open(_STDIN, encoding="utf-8", closefd=False)  # type: ignore[misc] # noqa: SIM115
    sys.stdout = sys.stderr


def _obey(rules: Rules) -> None:
    """Let the system hold the process to the rules, whatever it comes to. It writes no file at all.

    RLIMIT_DATA counts all memory that could be written and is not shared (on Linux), what came with the fork too. So no
    visitor has more of their own than that, and what cannot be had is refused there and then, as a MemoryError.
    """
    os.nice(_STANDS_BACK)
    for what, most, at_last in (
        (resource.RLIMIT_DATA, rules.memory, rules.memory),
        (resource.RLIMIT_CPU, rules.seconds, rules.seconds + _LATER),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, resource.RLIM_INFINITY),
    ):
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most, at_last = min(most, hard), min(at_last, hard) if at_last >= 0 else hard
        resource.setrlimit(what, (most, at_last))


def _tell_the_server(message: str) -> None:
    """Say something where the server says it: while the app runs, what is printed is Textual's."""
    with suppress(OSError):
        os.write(_STDERR, f"{message}\n".encode(errors="replace"))


def _shown(served: Served, size: tuple[int, int]) -> int:
    """Run the app behind a fence, and give the status of its end. Raises what is wrong with what it opens, or a bug."""
    home = visiting(served)
    fence_in(home.offer.readable(), _tell_the_server)
    is_one = len(served.allowed) == 1
    title, doing = (Path(served.allowed[0]).name, RUNNING) if is_one else ("the library", READING)
    app = ExplorerApp(partial(seen_first, home), title, home=home, doing=doing, driver_class=BrowserDriver)
    try:
        app.run(size=size)
        if app.failure is not None:
            raise app.failure
    except MemoryError:
        return OUT_OF_MEMORY
    return app.return_code or 0
