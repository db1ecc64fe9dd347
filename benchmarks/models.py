"""Models of real sizes: a pass of one of GPT-2's beside PyTorch and TransformerLens, and one of 1.1 billion parameters.

Each pass runs in a process of its own. `TORCH_PYTHON` names the Python that has PyTorch and transformers (and perhaps
TransformerLens), where that is another one than this.
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
from benchmarks.random_models import write_gpt2, write_llama

COUNT = 3
TOKENS, FEW_TOKENS = 1024, 128
GIBI = 2**30
_OTHERS = {"torch_with_hooks": "PyTorch with a hook on every module", "lens": "TransformerLens, run_with_cache"}
_AT_MOST = {"torch_with_hooks": 0.75, "lens": 0.65}

Found = dict[str, float]


def models() -> Measured:
    """A pass of a model of GPT-2's size over 1,024 tokens, and of one of 1.1 billion parameters over 128."""
    with TemporaryDirectory(prefix="attn-explore-") as folder:
        yield from _gpt2(write_gpt2(Path(folder) / "gpt2"))
    with TemporaryDirectory(prefix="attn-explore-") as folder:
        yield from _llama(write_llama(Path(folder) / "llama"))


def _gpt2(folder: Path) -> Measured:
    others = [how for how in ("torch_with_hooks", "torch_plain", "lens") if _is_there(how)]
    found: dict[str, list[Found]] = {how: [] for how in ("ours", *others)}
    for _ in range(COUNT):  # in turn, so that a slow moment hits all of them
        for how, passes in found.items():
            passes.append(_pass(how, folder, TOKENS))
    ours = found["ours"]
    for how, name in _OTHERS.items():
        if how not in found:
            print(f"{name} is not installed: nothing to compare with")
            continue
        base = _median(found[how], "seconds")
        yield Figure(f"GPT-2's size, {TOKENS:,} tokens: {name}", base)
        yield Figure("  the same here", _median(ours, "seconds"), _median(ours, "seconds") / base, most=_AT_MOST[how])
    if "torch_plain" in found:
        base = _median(found["torch_plain"], "seconds")
        yield Figure("  PyTorch that keeps nothing", base, base / _median(ours, "seconds"))
    if "torch_with_hooks" in found:
        share = _median(ours, "peak") / _median(found["torch_with_hooks"], "peak")
        yield Claim("  peak memory at most a fifth of PyTorch's", share <= 0.2, f"{share:.2f}")
    yield Claim("  peak memory of the process", True, f"{_median(ours, 'peak') / GIBI:.2f} GiB")
    yield Figure("  imports and opening before it", _median(ours, "opening"))
    again = _median(ours, "again")
    yield Figure("  weights of any layer come back after they were forgotten", again, again / 0.15, most=1)
    yield Claim("  bit for bit", all(each["same"] for each in ours))


def _llama(folder: Path) -> Measured:
    found = [_pass("ours", folder, FEW_TOKENS) for _ in range(COUNT)]
    seconds, peak = _median(found, "seconds"), _median(found, "peak")
    yield Figure(f"1.1 billion parameters in bf16, {FEW_TOKENS} tokens, in half minutes", seconds, seconds / 30, most=1)
    yield Claim("  peak memory of the process at most 2 GiB", peak <= 2 * GIBI, f"{peak / GIBI:.2f} GiB")


def _median(passes: Sequence[Found], key: str) -> float:
    return median(each[key] for each in passes)


def _python(how: str) -> str:
    return sys.executable if how == "ours" else os.environ.get("TORCH_PYTHON", sys.executable)


def _is_there(how: str) -> bool:
    """Whether the Python for it has what it needs."""
    needs = "from transformer_lens import HookedTransformer" if how == "lens" else "import torch, transformers"
    return subprocess.run([_python(how), "-c", needs], check=False, capture_output=True).returncode == 0


def _pass(how: str, folder: Path, tokens: int) -> Found:
    command = [_python(how), "-m", "benchmarks.model_run", how, str(folder), str(tokens)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: Found = json.loads(ended.stdout.splitlines()[-1])
    return found
