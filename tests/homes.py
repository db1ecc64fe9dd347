"""Folders for a person who is at home in a test: a new one only after a test that wrote into the last."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

Seen = list[tuple[str, int, int]]


class Homes:
    """Makes homes in `folder` in which the first start is over. One costs more to remove than a short test takes."""

    def __init__(self, folder: Path) -> None:
        self._next = (folder / str(number) for number in count())
        self._last: Path | None = None
        self._as_made: Seen = []

    def untouched(self) -> Path:
        """The last home while nothing in it was changed, else another."""
        if self._last is None or _seen(self._last) != self._as_made:
            self._last = next(self._next)
            data = self._last / "data" / "attn-explore"
            data.mkdir(parents=True)
            (data / "lessons.json").write_text("{}", "utf-8")
            self._as_made = _seen(self._last)
        return self._last


def _seen(home: Path) -> Seen:
    """Everything in a home, with what changes when it is written; before each test, hence without paths as objects."""
    paths = (os.path.join(folder, name) for folder, *inside in os.walk(home) for names in inside for name in names)
    return sorted((path, found.st_mtime_ns, found.st_ino) for path in paths for found in (os.lstat(path),))
