"""A terminal that goes away without a word: some end without the signal that says so, and reading then never waits."""

from __future__ import annotations

import os
import select
import signal
from threading import Thread


def end_with_terminal(descriptor: int) -> None:
    """Send this process SIGHUP when the other end of its terminal is closed; where that cannot be known, never."""
    if hasattr(select, "poll") and hasattr(signal, "SIGHUP"):
        Thread(target=_wait, args=(descriptor,), name="hangup", daemon=True).start()


def _wait(descriptor: int) -> None:
    """Wait, at no cost, until nobody is at the other end."""
    poll = select.poll()
    poll.register(descriptor, 0)  # nothing is asked for; that it was hung up is told in any case
    found = poll.poll()
    if any(event & select.POLLHUP for _, event in found):
        os.kill(os.getpid(), signal.SIGHUP)
