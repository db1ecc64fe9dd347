"""Questions about a model of GPT-2's size: the lens and who wrote a logit, beside PyTorch and TransformerLens.

`TORCH_PYTHON` names the Python that has PyTorch, transformers and TransformerLens, where that is another one than this.
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

_OTHERS = {
    "torch_in_a_notebook": ("PyTorch", "import torch, transformers"),
    "transformer_lens": ("TransformerLens", "from transformer_lens import HookedTransformer"),
}
"""What else answers them: its name, and what its Python has to be able to do."""

Found = dict[str, float]


def looking() -> Measured:
    """The lens of 25 tokens at 25 points, and who wrote a logit."""
    others = [how for how in _OTHERS if _is_there(how)]
    found: dict[str, list[Found]] = {how: [] for how in ("ours", *others)}
    with TemporaryDirectory(prefix="attn-explore-") as folder:
        model = write_gpt2(Path(folder) / "gpt2")
        for _ in range(COUNT):  # in turn, so that a slow moment hits all of them
            for how, asked in found.items():
                asked.append(_asked(how, model))
    ours = found["ours"]
    for what, name in (("lens", f"the lens of GPT-2's size, {TOKENS} tokens"), ("attribution", "who wrote a logit")):
        seconds = _median(ours, what)
        yield Figure(f"{name}, in times of 3 s", seconds, seconds / PATIENCE, most=1)
        for how in others:
            most = 1 if how == "transformer_lens" else None
            yield Figure(
                f"  the same in {_OTHERS[how][0]}", other := _median(found[how], what), seconds / other, most=most
            )
    for how in others:
        share = _median(ours, "peak") / _median(found[how], "peak")
        yield Claim(f"  peak memory of the process beside that of {_OTHERS[how][0]}: less", share < 1, f"{share:.2f}")
    for how in _OTHERS.keys() - found:
        print(f"{_OTHERS[how][0]} is not installed: nothing to compare with")


def _is_there(how: str) -> bool:
    return subprocess.run([_python(how), "-c", _OTHERS[how][1]], check=False, capture_output=True).returncode == 0


def _python(how: str) -> str:
    return sys.executable if how == "ours" else os.environ.get("TORCH_PYTHON", sys.executable)


def _asked(how: str, folder: Path) -> Found:
    command = [_python(how), "-m", "benchmarks.looking_run", how, str(folder), str(TOKENS)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(ended.stdout.splitlines()[-1])
    return found


def _median(passes: Sequence[Found], key: str) -> float:
    return median(each[key] for each in passes)
