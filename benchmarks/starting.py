"""From the start of a process to what it shows first."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from benchmarks.figures import Figure, Measured
from benchmarks.terminal import Terminal

PYTHON = sys.executable
RUN = [PYTHON, "-m", "attn_explore", "run"]
COUNT = 15


def start() -> Measured:
    """The first frame, and the first tensor, against the first frame of a Textual app with one Static."""
    plain, first, tensor = [], [], []
    for _ in range(COUNT):  # in turn, so that a slow moment hits all of them
        plain.append(seconds_until([PYTHON, "-m", "benchmarks.plain_textual"], "one static"))
        first.append(seconds_until([*RUN, "i-love-my-dog"], "running the model"))
        tensor.append(seconds_until([*RUN, "i-love-my-dog"], "Token embeddings"))
    base = median(plain)
    yield Figure("a Textual app with one Static, first frame", base)
    yield Figure("run i-love-my-dog, first frame", median(first), median(first) / base, most=1.4)
    yield Figure("run i-love-my-dog, first tensor", median(tensor), median(tensor) / base, most=2.5)


def seconds_until(command: list[str], text: str) -> float:
    """Seconds from the start of a process until a text was written."""
    terminal = Terminal(command)
    try:
        return terminal.wait_for(text)
    finally:
        terminal.close()


def help() -> Measured:
    """`--help` against importing Typer."""
    base, ours = [], []
    for _ in range(COUNT):
        base.append(_process([PYTHON, "-c", "import typer"]))
        ours.append(_process([PYTHON, "-m", "attn_explore", "--help"]))
    yield Figure("python -c 'import typer'", median(base))
    yield Figure("attn-explore --help", median(ours), median(ours) / median(base), most=2)


def _process(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
