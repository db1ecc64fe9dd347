"""Some random keys over a few screens (row G7); `python -m tests.keys` presses as many as one likes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.keys import SCREENS, drive


@pytest.mark.parametrize("name", ["library", "two runs"])
def test_g7_random_keys_do_what_they_say_or_nothing(name: str, tmp_path: Path) -> None:
    assert drive(SCREENS[name], random.Random(7), 200, tmp_path) == ""  # noqa: S311
