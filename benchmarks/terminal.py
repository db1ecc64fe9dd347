"""A program on a real pseudo-terminal: when it shows something, and when it has finished a frame after a key."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import peak_of

SYNCHRONISED = b"\x1b[?2026;2$y"
"""The answer of a terminal that shows whole frames only; with it, Textual marks where each frame ends."""

FRAME_END = b"\x1b[?2026l"
QUIET = 0.15
"""Seconds without output after which a key is taken to be answered."""


REST = 2
"""Seconds without output after which a program is taken to have nothing more to do."""

PATIENCE = 5
"""Seconds after which a key that no frame answered is taken to do nothing."""


class NothingShownError(Exception):
    """Nothing was shown in time, so that there is nothing to measure."""


class Terminal:
    """Runs `command` on a pseudo-terminal of some size, and answers the question for synchronised output."""

    def __init__(self, command: Sequence[str], columns: int = 120, rows: int = 40) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "", "LINES": ""}
        environment = {key: value for key, value in environment.items() if value}
        self._home = TemporaryDirectory()  # nothing of the person's own is read or written
        kept = Path(self._home.name) / "attn-explore"
        kept.mkdir()
        (kept / "lessons.json").write_text("{}", "utf-8")
        environment |= {"XDG_DATA_HOME": self._home.name, "XDG_CONFIG_HOME": self._home.name}
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self._seen = b""

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait_for(self, text: str, seconds: float = 20) -> float:
        """Seconds from the start until `text` was written."""
        wanted = text.encode()
        while wanted not in self._seen:
            if time.perf_counter() - self.started > seconds:
                raise NothingShownError(f"{text!r} was not written within {seconds} s")
            self._read(0.5)
        return time.perf_counter() - self.started

    def wait_for_rest(self, seconds: float = 120) -> float:
        """Seconds from the start until the last thing was written: nothing follows for two seconds."""
        last = time.perf_counter()
        while self._read(REST):
            last = time.perf_counter()
            if last - self.started > seconds:
                raise NothingShownError(f"there was no rest within {seconds} s")
        return last - self.started

    @property
    def peak(self) -> int:
        """The most memory that the program has had, in bytes. Raises NothingShownError where nobody tells."""
        try:
            return peak_of(self._process.pid)
        except OSError as error:
            raise NothingShownError(f"the system does not tell how much memory was used: {error}") from error

    def press(self, key: bytes) -> float:
        """Seconds from a key until the last frame that it led to was written in full. Raises NothingShownError."""
        self.settle()
        pressed, finished, seen = time.perf_counter(), None, b""
        os.write(self._master, key)
        while data := self._read(PATIENCE if finished is None else QUIET):
            seen = seen[1 - len(FRAME_END) :] + data  # an end may come in two pieces
            if FRAME_END in seen:
                finished = time.perf_counter()
        if finished is None:
            raise NothingShownError(f"{key!r} led to no frame")
        return finished - pressed

    def settle(self) -> None:
        """Read until nothing more is written."""
        while self._read(QUIET):
            pass

    def close(self) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._master)
        self._home.cleanup()

    def _read(self, seconds: float) -> bytes:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return b""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # the program has ended
            return b""
        if b"\x1b[?2026$p" in data:
            os.write(self._master, SYNCHRONISED)
        self._seen = self._seen[-4096:] + data
        return data
