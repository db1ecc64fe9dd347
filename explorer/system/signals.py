"""How a signal ends the program: there and then while nothing is at work yet, later with whatever is at work told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_ENDING = ("SIGINT", "SIGTERM", "SIGHUP")


def heed_signals() -> None:
    """End with 128 + n at signal n; temporary files go first. Of a pipe that nobody reads, nothing is said."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    for number in _heeded():
        signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def end_at_once(message: str) -> dict[signal.Signals, object]:
    """From now on, end there and then at a signal, with a message. Gives what was done at each until now.

    While modules are imported an exception may come to rest in one of them, or in a traceback.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(2, f"{message}\n".encode())
        os._exit(128 + number)

    return {number: signal.signal(number, end) for number in _heeded()}


@contextmanager
def ended_at_once(message: str) -> Iterator[None]:
    """While this lasts, end there and then at a signal, with a message: nothing has begun that could be half done."""
    before = end_at_once(message)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]


def _heeded() -> list[signal.Signals]:
    """The signals that end the program, but for those that it was started to ignore, as by `nohup`."""
    there = (getattr(signal, name, None) for name in _ENDING)
    return [number for number in there if number is not None and signal.getsignal(number) is not signal.SIG_IGN]
