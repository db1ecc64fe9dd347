"""A file that stays open and is read by position: what is read is what was opened, or there is a message.

Large files are not mapped into memory: one that shrinks under a mapping kills the process.
"""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

from attn_explore.model.files.regular import open_regular
from attn_explore.model.problems import Problem

LARGEST_FILE = 10**12
"""Bytes of a file that is opened: a larger model is in several files, and a larger sparse file was made to do harm."""

_PIECE = 2**20
"""Bytes that are read at once where all of them are."""

_TURN = threading.Lock()


class PositionedFile:
    """A regular file, open for as long as this object lives. Several threads may read it at once.

    Two are equal where they are the same file, in the same state.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = open_regular(path)
        weakref.finalize(self, os.close, self._descriptor)
        state = os.fstat(self._descriptor)
        self.size = state.st_size
        self._modified = state.st_mtime_ns
        self._which = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
        self._sha256 = ""
        if self.size > LARGEST_FILE:
            raise Problem(f"this file has {self.size:,} bytes, and at most {LARGEST_FILE:,} are read", path=path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PositionedFile) and self._which == other._which

    def __hash__(self) -> int:
        return hash(self._which)

    def read(self, start: int, length: int) -> bytes:
        """Read `length` bytes from `start` on; the file must have them. Raises Problem where it changed meanwhile."""
        try:
            content = _read(self._descriptor, start, length)
        except OSError as error:
            raise self._unreadable(error) from error
        self._check_read(start + length, is_whole=len(content) == length)
        return content

    def read_into(self, start: int, memory: memoryview) -> None:
        """Fill `memory`, which counts in bytes, with what stands from `start` on; the rest is as in `read`."""
        if _read_at_into is None:
            memory[:] = self.read(start, len(memory))
            return
        filled = 0
        try:
            while read := _read_at_into(self._descriptor, [memory[filled:]], start + filled):
                filled += read
        except OSError as error:
            raise self._unreadable(error) from error
        self._check_read(start + len(memory), is_whole=filled == len(memory))

    def sha256(self, tell: Callable[[int], object] = lambda _: None) -> str:
        """The SHA-256 of all that it holds, in hexadecimal. Raises Problem where it changed meanwhile.

        It is read through once; `tell` hears of the bytes of each piece.
        """
        self.check()
        if not self._sha256:
            digest = hashlib.sha256()
            for start in range(0, self.size, _PIECE):
                piece = self.read(start, min(_PIECE, self.size - start))
                digest.update(piece)
                tell(len(piece))
            self._sha256 = digest.hexdigest()
        return self._sha256

    def check(self) -> None:
        """Raise Problem where the file is no longer what was opened."""
        state = os.fstat(self._descriptor)
        if (state.st_size, state.st_mtime_ns) != (self.size, self._modified):
            raise Problem("this file changed after it was opened", hint="open it again", path=self.path)

    def _unreadable(self, error: OSError) -> Problem:
        return Problem(f"this file could not be read: {error.strerror}", path=self.path)

    def _check_read(self, end: int, *, is_whole: bool) -> None:
        """Raise Problem where the file changed while it was read, or did not have all that was wanted."""
        self.check()
        if not is_whole:
            raise Problem(f"this file ends before its byte {end:,}", path=self.path)


def _read(descriptor: int, start: int, length: int) -> bytes:
    """The bytes from `start` on, as many as there are: the system may give them in pieces."""
    pieces = []
    while length > 0:
        piece = _read_at(descriptor, length, start)
        if not piece:
            break
        pieces.append(piece)
        start, length = start + len(piece), length - len(piece)
    return b"".join(pieces)


def _read_in_turn(descriptor: int, length: int, start: int) -> bytes:
    """What `os.pread` does, where there is none (Windows)."""
    with _TURN:
        os.lseek(descriptor, start, os.SEEK_SET)
        return os.read(descriptor, length)


_read_at = getattr(os, "pread", _read_in_turn)
_read_at_into = getattr(os, "preadv", None)
