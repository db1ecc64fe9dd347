"""A few signals at random moments (rows G1 and G2); `python -m tests.signals` sends as many as one likes."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.signals import SIGNALS, kinds, send


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_g1_g2_a_signal_at_any_moment_leaves_everything_in_order(number: signal.Signals, tmp_path: Path) -> None:
    for name, kind in kinds(tmp_path).items():
        assert send(kind, number, random.Random(f"{name} {number}"), tmp_path) == "", name  # noqa: S311
