"""A few signals at random moments (rows G1 and G2); `python -m tests.signals` sends as many as one likes."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from tests.signals import kinds, send

TO = {
    signal.SIGTERM: ("first frames and steps", "long computation", "export", "training"),
    signal.SIGHUP: ("library",),
    signal.SIGINT: ("first frames and steps", "training"),
    signal.SIGQUIT: ("export",),
    signal.SIGTSTP: ("first frames and steps", "long computation", "training"),
}
"""Which programs each signal is sent to, where time is short."""


@pytest.mark.parametrize("number", TO, ids=lambda number: number.name)
def test_g1_g2_a_signal_at_any_moment_leaves_everything_in_order(number: signal.Signals, tmp_path: Path) -> None:
    programs = kinds(tmp_path)
    for name in TO[number]:
        assert send(programs[name], number, random.Random(f"{name} {number}"), tmp_path) == "", name  # noqa: S311
