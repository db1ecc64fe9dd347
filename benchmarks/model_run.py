"""One pass of a model in a process of its own: `python -m benchmarks.model_run HOW FOLDER TOKENS` prints what it took.

HOW is one of `WAYS`. PyTorch and transformers, or TransformerLens, are installed by hand for the others than `ours`.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import peak_of

Found = dict[str, float]
LOOKED_AT = 256
"""Tokens whose logits are computed at once where there are too many to be held."""


def ids_of(folder: Path, tokens: int) -> list[int]:
    """The same random ids for everybody."""
    size = json.loads((folder / "config.json").read_text())["vocab_size"]
    found: list[int] = np.random.Generator(np.random.PCG64(0)).integers(0, size, tokens).tolist()
    return found


def ours(folder: Path, tokens: int) -> Found:
    """Opening the folder; every step once, the logits in pieces; then the weights of every layer again."""
    started = time.perf_counter()
    from attn_explore.model.opened import opened, scenario_of
    from attn_explore.model.run import run

    scenario = scenario_of(str(folder), opened(folder), {"ids": ids_of(folder, tokens)})
    began = time.perf_counter()
    trace = run(scenario)
    for start in range(0, tokens, LOOKED_AT):
        trace["logits"].window(token=slice(start, start + LOOKED_AT))
    found = {"opening": began - started, "seconds": time.perf_counter() - began, "peak": peak()}
    return found | _again([value for path, value in trace.steps.items() if path.endswith("self_attention.weights")])


def _again(values: list[Any]) -> Found:
    """How long the slowest of these takes to come back after all were forgotten, and whether each is what it was."""
    slowest, is_same = 0.0, True
    for value in values:
        before = value.array.tobytes()
        for other in values:
            other.forget()
        began = time.perf_counter()
        array = value.array
        slowest = max(slowest, time.perf_counter() - began)
        is_same = is_same and array.tobytes() == before
    return {"again": slowest, "same": float(is_same)}


def torch_with_hooks(folder: Path, tokens: int) -> Found:
    """PyTorch, eager, with a hook on every module that keeps what it puts out."""
    kept: dict[str, Any] = {}
    model, given = torch_model(folder, tokens)
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _module, _given, output, name=name: kept.__setitem__(name, output))
    return _torch_pass(model, given)


def torch_plain(folder: Path, tokens: int) -> Found:
    """PyTorch, eager, that keeps nothing."""
    return _torch_pass(*torch_model(folder, tokens))


def torch_model(folder: Path, tokens: int) -> tuple[Any, Any]:
    """The model as transformers opens it, and the ids that it reads."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval(), torch.tensor([ids_of(folder, tokens)])


def _torch_pass(model: Any, given: Any) -> Found:
    import torch

    began = time.perf_counter()
    with torch.no_grad():
        model(given, use_cache=False, output_attentions=True)
    return {"seconds": time.perf_counter() - began, "peak": peak()}


def lens(folder: Path, tokens: int) -> Found:
    """TransformerLens with its cache of everything."""
    import torch

    model, given = hooked_transformer(folder, tokens)
    began = time.perf_counter()
    with torch.no_grad():
        model.run_with_cache(given)
    return {"seconds": time.perf_counter() - began, "peak": peak()}


def hooked_transformer(folder: Path, tokens: int) -> tuple[Any, Any]:
    """A model of TransformerLens of the same sizes, and what it reads."""
    import torch
    from transformer_lens import HookedTransformer, HookedTransformerConfig

    said = json.loads((folder / "config.json").read_text())
    width, heads = said["n_embd"], said["n_head"]
    config = HookedTransformerConfig(
        n_layers=said["n_layer"], d_model=width, n_heads=heads, d_head=width // heads, d_mlp=4 * width,
        n_ctx=said["n_positions"], d_vocab=said["vocab_size"], act_fn="gelu_new", normalization_type="LN", seed=0,
    )  # fmt: skip
    return HookedTransformer(config).eval(), torch.tensor([ids_of(folder, tokens)])


def peak() -> float:
    """The most memory that the process has had, in bytes.

    What Linux tells by getrusage it counts from before the program began: the memory of what started it, too.
    """
    if sys.platform == "linux":
        return float(peak_of(os.getpid()))
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)


WAYS: Mapping[str, Callable[[Path, int], Found]] = {
    function.__name__: function for function in (ours, torch_with_hooks, torch_plain, lens)
}


if __name__ == "__main__":
    print(json.dumps(WAYS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
