"""The lens and the writers of a logit in a process of its own: `python -m benchmarks.looking_run HOW FOLDER TOKENS`.

HOW is one of `WAYS`. All are timed after the run; PyTorch does what a notebook does: hooks, and a few lines then.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.model_run import Found, hooked_transformer, ids_of, peak, torch_model

LIKELIEST = 5


def ours(folder: Path, tokens: int) -> Found:
    """The two answers of this program."""
    from attn_explore.model.looking.attribution import attribution
    from attn_explore.model.looking.lens import lens
    from attn_explore.model.opened import opened, scenario_of
    from attn_explore.model.run import run

    trace = run(scenario_of(str(folder), opened(folder), {"ids": ids_of(folder, tokens)}))
    began = time.perf_counter()
    lens(trace, wanted=0, top=LIKELIEST)
    seen = time.perf_counter()
    attribution(trace)
    return {"lens": seen - began, "attribution": time.perf_counter() - seen, "peak": peak()}


def torch_in_a_notebook(folder: Path, tokens: int) -> Found:
    """GPT-2 of transformers: its stream and what is written to it are kept by hooks, and multiplied out afterwards."""
    import torch

    model, given = torch_model(folder, tokens)
    kept: dict[str, Any] = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _module, entered, left, name=name: kept.__setitem__(name, (entered, left)))
    with torch.no_grad():
        model(given, use_cache=False)
        began = time.perf_counter()
        norm, head = model.transformer.ln_f, model.lm_head
        blocks = [f"transformer.h.{i}" for i in range(model.config.n_layer)]
        points = [kept[blocks[0]][0][0]]
        for each in blocks:
            points += [kept[f"{each}.ln_2"][0][0], _first(kept[each][1])]
        for point in points:
            logits = head(norm(point))
            logits.softmax(-1).topk(LIKELIEST)
            (logits > logits[..., :1]).sum(-1)
        seen = time.perf_counter()
        _writers(model, kept, blocks, points[-1][0, -1])
    return {"lens": seen - began, "attribution": time.perf_counter() - seen, "peak": peak()}


def transformer_lens(folder: Path, tokens: int) -> Found:
    """TransformerLens: what its cache has for both questions."""
    import torch

    model, given = hooked_transformer(folder, tokens)
    with torch.no_grad():
        said, cache = model.run_with_cache(given)
        began = time.perf_counter()
        points = cache.accumulated_resid(layer=-1, incl_mid=True, apply_ln=True)
        logits = model.unembed(points[:, 0])
        logits.softmax(-1).topk(LIKELIEST)
        (logits > logits[..., :1]).sum(-1)
        seen = time.perf_counter()
        written = cache.get_full_resid_decomposition(expand_neurons=False, apply_ln=True, pos_slice=-1)
        (written @ model.W_U[:, int(said[0, -1].argmax())]).argsort()
    return {"lens": seen - began, "attribution": time.perf_counter() - seen, "peak": peak()}


def _writers(model: Any, kept: dict[str, Any], blocks: list[str], last: Any) -> list[Any]:
    """What embedding, position, heads and networks add to the likeliest logit of the last token."""
    norm, heads = model.transformer.ln_f, model.config.n_head
    column = model.lm_head.weight[int(model.lm_head(norm(last)).argmax())]
    along = norm.weight * column
    along = (along - along.mean()) / (last.var(unbiased=False) + norm.eps).sqrt()
    found = [_first(kept[f"transformer.{name}"][1])[..., -1, :] @ along for name in ("wte", "wpe")]
    for each in blocks:
        projection = model.get_submodule(f"{each}.attn.c_proj").weight
        parts = kept[f"{each}.attn.c_proj"][0][0][0, -1] * (projection @ along)
        found += [*parts.reshape(heads, -1).sum(-1), kept[f"{each}.mlp"][1][0, -1] @ along]
    return found


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


WAYS: Mapping[str, Callable[[Path, int], Found]] = {
    function.__name__: function for function in (ours, torch_in_a_notebook, transformer_lens)
}


if __name__ == "__main__":
    print(json.dumps(WAYS[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
