"""What is going on, said on stderr when it takes more than a second."""

from __future__ import annotations

import sys
from time import monotonic

PATIENCE = 1.0
"""Seconds before anything is said."""


class Progress:
    """Says what it is called with: on a terminal often and on one line, elsewhere now and then on a line of its own."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._next = monotonic() + PATIENCE
        self._width = 0

    def __call__(self, what: str) -> None:
        """Say it, unless something was said a moment ago."""
        if monotonic() < self._next:
            return
        self._next = monotonic() + (0.1 if self._is_terminal else 10)
        self._write(f"\r{what:<{self._width}}" if self._is_terminal else f"{what}\n")
        self._width = len(what)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave an empty line to whatever comes next."""
        if self._is_terminal and self._width:
            self._write(f"\r{'':<{self._width}}\r")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
