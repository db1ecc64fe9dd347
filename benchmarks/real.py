"""Real models in the explorer: how soon SmolLM2 stands, and a walk through every step of a model of GPT-2's size.

`SMOLLM2` is what the program is given for SmolLM2-135M-Instruct as Q4_1: a file, or a name in a cache.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.run import plan
from benchmarks.figures import Claim, Figure, Measured
from benchmarks.model_run import ids_of
from benchmarks.pressing import LEFT, PLAIN, RIGHT
from benchmarks.random_models import write_gpt2
from benchmarks.starting import PYTHON, RUN, seconds_until
from benchmarks.terminal import Terminal

COUNT = 5
TEXT = "The capital of France is"
WEIGHTS = "decoder.layers.0.self_attention.weights"
TOKENS = 1024
FRAME = 0.016
"""Seconds between two frames of a screen."""
MEMORY = 0.75 * 2**30
"""Bytes that the process may have: what a run holds is bounded, and beside it are the program and what is computed."""


def real() -> Measured:
    """SmolLM2 with a sentence, where it is there; then 1,024 tokens of a model with random weights."""
    yield from _smollm2(os.environ.get("SMOLLM2", "HuggingFaceTB/SmolLM2-135M-Instruct"))
    with TemporaryDirectory(prefix="attn-explore-") as folder:
        yield from _walk(write_gpt2(Path(folder) / "gpt2"))


def _smollm2(what: str) -> Measured:
    command = [*RUN, what, "--text", TEXT]
    if subprocess.run([PYTHON, "-m", "attn_explore", "check", what], check=False, capture_output=True).returncode:
        print(f"{what} is not there: name it in SMOLLM2")
        return
    base, first, layer, everything = [], [], [], []
    for _ in range(COUNT):  # in turn, so that a slow moment hits all of them
        base.append(seconds_until([*RUN, "i-love-my-dog"], "running the model"))
        first.append(seconds_until(command, "running the model"))
        layer.append(seconds_until([*command, "--step", WEIGHTS], "Attention weights"))
        with Terminal(command) as terminal:
            terminal.wait_for("Token embeddings")
            everything.append(terminal.wait_for_rest())
    yield Figure("run i-love-my-dog, first frame", median(base))
    yield Figure("SmolLM2 with a sentence, first frame", median(first), median(first) / median(base), most=1.5)
    yield Figure("  first layer, in times of 2 s", median(layer), median(layer) / 2, most=1)
    yield Figure("  everything, in times of 5 s", median(everything), median(everything) / 5, most=1)


def _walk(folder: Path) -> Measured:
    ids = ids_of(folder, TOKENS)
    steps = len(plan(scenario_of(str(folder), opened(folder), {"ids": ids})).steps)
    base, forward, kept = [], [], []
    with Terminal(PLAIN) as plain, Terminal([*RUN, str(folder), "--ids", ",".join(map(str, ids))]) as terminal:
        plain.wait_for("line 1 0")
        terminal.wait_for("Token embeddings")
        terminal.wait_for_rest()
        for place in range(1, steps):
            forward.append(terminal.press(RIGHT))
            if place % 10 == 0:  # there and back: both are kept
                base.append(plain.press(b"x"))
                kept += [terminal.press(LEFT), terminal.press(RIGHT)]
        peak = terminal.peak
    yield Figure("GPT-2's size, 1,024 tokens: a step that is kept", median(kept), median(kept) / FRAME, most=1)
    yield Figure("  beside a press in the plain screen", median(base), median(kept) / median(base))
    yield Figure(f"  each of its {steps} steps, one after another", median(forward))
    yield Figure("  the slowest of them, which comes back", max(forward))
    yield Claim("  peak memory of the process at most 0.75 GiB", peak <= MEMORY, f"{peak / 2**30:.2f} GiB")
