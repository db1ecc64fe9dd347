"""A few signals at random moments (rows G1 and G2); `python -m tests.signals` sends as many as one likes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from attn_explore.explorer.system.signals import held_back
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


LEAVING = """
import atexit, ctypes, signal, sys, threading, time
from attn_explore.explorer.system.signals import leave_at_signals, leave_behind

never = ctypes.CFUNCTYPE(None)(lambda: time.sleep(60))
ctypes.CDLL(None).__getattr__("__cxa_atexit")(never, None, None)
atexit.register(print, "put away")
leave_at_signals(lambda status: None, lambda: True)
threading.Thread(target=time.sleep, args=(0.1,)).start()
threading.Thread(target=time.sleep, args=(60,), name="cores_0").start()
if sys.argv[1:]:
    threading.Timer(0.05, signal.raise_signal, (signal.SIGHUP,)).start()
leave_behind(3)
"""
"""A program that is left while it computes, with a library that does not come to its end, and a helper that waits."""


@pytest.mark.parametrize(("arguments", "status"), [([], 3), (["hangup"], 128 + signal.SIGHUP)])
def test_a_program_that_is_left_while_it_computes_waits_for_no_library(arguments: list[str], status: int) -> None:
    line = [sys.executable, "-c", LEAVING, *arguments]
    found = subprocess.run(line, capture_output=True, text=True, timeout=20, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (status, "put away\n", "")


def test_a_signal_waits_while_it_is_held_back_and_is_heeded_then() -> None:
    heeded: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heeded.append(number))
    try:
        with held_back():
            signal.raise_signal(signal.SIGTERM)
            assert heeded == []
        assert heeded == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)
