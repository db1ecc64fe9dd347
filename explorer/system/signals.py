"""How a signal ends the program: there and then while nothing is at work yet, later with whatever is at work told."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")

BY_SIGNAL = 128
"""What is added to the number of a signal in the exit status."""

_HELPERS = "cores"
"""Threads that are called so compute a share for others, and have nothing to put away."""

_PATIENCE = 1.0
"""Seconds that a thread is given to put its files away."""


def heed_signals() -> None:
    """End with 128 + n at signal n; temporary files go first. Of a pipe that nobody reads, nothing is said."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for number in ending_signals():
        signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(BY_SIGNAL + number)


def leave_at_signals(leave: Callable[[int], object], is_left: Callable[[], bool]) -> None:
    """At signal n, leave with status 128 + n, or end there and then with it where everything is left already."""

    def end(number: int, _frame: FrameType | None) -> None:
        if is_left():
            raise SystemExit(BY_SIGNAL + number)
        leave(BY_SIGNAL + number)

    for name in _ENDING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def leave_behind(status: int) -> None:
    """End with a status where threads still compute when the screen is gone; else there is nothing to do.

    A thread ends by itself as soon as it counts the next value or the next bytes, and removes what it has half written.
    The libraries' own ends are left out: OpenBLAS was seen to wait for ever for its threads, after a computation was
    left, and whatever was to be written is written.
    """
    import threading  # not before signals are heeded

    last = time.monotonic() + _PATIENCE
    threads = [each for each in threading.enumerate() if each is not threading.current_thread() and not each.daemon]
    if not threads:
        return
    try:
        for thread in threads:
            if not thread.name.startswith(_HELPERS):
                thread.join(max(0.0, last - time.monotonic()))
    except SystemExit as signalled:
        status = signalled.code if isinstance(signalled.code, int) else status
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


def end_at_once(message: str) -> dict[signal.Signals, object]:
    """From now on, end there and then at a signal, with a message. Gives what was done at each until now.

    While modules are imported an exception may come to rest in one of them, or in a traceback.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(2, f"{message}\n".encode())
        os._exit(BY_SIGNAL + number)

    return {number: signal.signal(number, end) for number in ending_signals()}


@contextmanager
def ended_at_once(message: str) -> Iterator[None]:
    """While this lasts, end there and then at a signal, with a message: nothing has begun that could be half done."""
    before = end_at_once(message)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


@contextmanager
def held_back() -> Iterator[None]:
    """While this lasts, let signals wait: what they would leave half made could not even be put away."""
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for each in came[:1]:
        signal.raise_signal(each)


def ending_signals() -> list[signal.Signals]:
    """The signals that end the program, but for those that it was started to ignore, as by `nohup`."""
    there = (getattr(signal, name, None) for name in _ENDING)
    return [number for number in there if number is not None and signal.getsignal(number) is not signal.SIG_IGN]
