"""Some random keys over a few screens (row G7); `python -m tests.keys` presses as many as one likes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.hostile.test_terminal import Terminal
from tests.keys import SCREENS, drive
from tests.program import command


@pytest.mark.parametrize("name", ["library", "two runs"])
def test_g7_random_keys_do_what_they_say_or_nothing(name: str, tmp_path: Path) -> None:
    assert drive(SCREENS[name], random.Random(7), 200, tmp_path).wrong == ""  # noqa: S311


def test_g7_bytes_that_are_no_utf8_are_survived(tmp_path: Path) -> None:
    terminal = Terminal(command("run", "i-love-my-dog"), folder=tmp_path)
    try:
        terminal.wait_for("Token embeddings")
        terminal.settle()
        for keys in (b"\x1b[M\xff\xff\xff\xfe\x80", b"\x1b", b"q"):
            terminal.press(keys)
        assert terminal.ended() == 0
        assert b"UnicodeDecodeError" not in terminal.seen
    finally:
        terminal.close()
