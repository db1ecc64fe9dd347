"""Questions about a model of GPT-2's size: the lens and who wrote a logit, beside the same in a notebook with PyTorch.

`TORCH_PYTHON` names the Python that has PyTorch and transformers, where that is another one than this.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.figures import Claim, Figure, Measured
from benchmarks.random_models import write_gpt2

COUNT = 3
TOKENS = 25
PATIENCE = 3.0
"""Seconds that anybody waits for an answer, after the run."""

Found = dict[str, float]


def looking() -> Measured:
    """The lens of 25 tokens at 25 points, and who wrote a logit."""
    with TemporaryDirectory(prefix="attn-explore-") as folder:
        model = write_gpt2(Path(folder) / "gpt2")
        has_torch = _has_torch()
        ours, torch = list[Found](), list[Found]()
        for _ in range(COUNT):  # in turn, so that a slow moment hits all of them
            ours.append(_asked("ours", model))
            torch += [_asked("torch_in_a_notebook", model)] if has_torch else []
    for what, name in (("lens", f"the lens of GPT-2's size, {TOKENS} tokens"), ("attribution", "who wrote a logit")):
        seconds = _median(ours, what)
        yield Figure(f"{name}, in times of 3 s", seconds, seconds / PATIENCE, most=1)
        if torch:
            yield Figure("  the same in PyTorch", _median(torch, what), seconds / _median(torch, what))
    if torch:
        share = _median(ours, "peak") / _median(torch, "peak")
        yield Claim("  peak memory of the process beside PyTorch's: less", share < 1, f"{share:.2f}")
    else:
        print("PyTorch is not installed: nothing to compare with")


def _has_torch() -> bool:
    command = [_python("torch"), "-c", "import torch, transformers"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _python(how: str) -> str:
    return sys.executable if how == "ours" else os.environ.get("TORCH_PYTHON", sys.executable)


def _asked(how: str, folder: Path) -> Found:
    command = [_python(how), "-m", "benchmarks.looking_run", how, str(folder), str(TOKENS)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(ended.stdout.splitlines()[-1])
    return found


def _median(passes: Sequence[Found], key: str) -> float:
    return median(each[key] for each in passes)
