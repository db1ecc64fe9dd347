"""A few programs killed while they write (row F3); `python -m tests.kills` kills as many as one likes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.kills import kill, writers


@pytest.mark.parametrize("name", ["export", "train", "save"])
def test_f3_whatever_is_killed_leaves_the_old_file_or_a_whole_new_one(name: str, tmp_path: Path) -> None:
    found = kill(writers(tmp_path)[name], tmp_path, random.Random(3), 3)  # noqa: S311
    assert found.old + found.new == 3
    assert found.killed >= 1  # one may have written everything before it is killed
    assert (found.torn, found.lost) == (0, 0)
    assert found.left_beside <= 1
