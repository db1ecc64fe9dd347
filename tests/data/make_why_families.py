"""Who wrote the query and the key of a score in small checkpoints, by transformers and autograd: `why_families.json`.

`python -m tests.data.make_why_families` makes it anew, with a Python that has PyTorch and transformers. The logarithms
of two weights are as far apart as their scores. With the scale of each norm held, and each block before reading a
stream that is detached, that is linear in what was written at each token: a writer adds the gradient times that.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.data.make_attribution import READERS, keep_tables
from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family, hold_norms, hooked, keeping
from tests.data.make_families.modules import A, F

DATA = Path(__file__).parent
HEAD = 1


def why_of(name: str) -> dict[str, Any]:
    """What each writer adds to the difference of two scores: at the token that asks, and at the two that answer."""
    family, states = Family(name), dict[str, Tensor]()
    hold_norms(family.model)
    keep_tables(family, states)
    last = family.layers(family.stack)[-1]
    uncap(family, last)
    with ExitStack() as stack:
        for i in range(last):
            watch(family, states, stack, i)
        weights = weights_of(family)[last][0, HEAD]
    query = first_word(family) + 3
    keys = query - 1, query - 2
    number = weights[query, keys[0]].log() - weights[query, keys[1]].log()
    grads = torch.autograd.grad(number, list(states.values()))
    tokens = {"query": query, "key": keys[0], "other": keys[1]}
    return {
        "block": f"{family.stack}.{A}".format(i=last),
        "index": {"head": HEAD, **tokens},
        "value": number.item(),
        "terms": {side: terms(family, states, grads, token) for side, token in tokens.items()},
    }


def uncap(family: Family, layer: int) -> None:
    """Let the attention of a layer make no smaller numbers of its scores (Gemma 2): these are told before that."""
    for module in family.model.modules():
        if getattr(module, "layer_idx", None) == layer and hasattr(module, "attn_logit_softcapping"):
            module.attn_logit_softcapping = None


def watch(family: Family, states: dict[str, Tensor], stack: ExitStack, layer: int) -> None:
    """Keep what each block of a layer multiplies by its last matrix, and let it read a stream that is detached."""
    for block in (*family.attentions(family.stack), F):
        for path in (f"{block}.{step}" for step in READERS):
            for _ in family.modules(family.stack, path):
                stack.enter_context(hooked(family.entering(family.stack, path, layer), Tensor.detach))
        path = f"{family.stack}.{block}".format(i=layer)
        stack.enter_context(hooked(family.entering(family.stack, f"{block}.output", layer), keeping(states, path)))


def weights_of(family: Family) -> tuple[Tensor, ...]:
    """The weights of each layer of the stack that makes words."""
    found = family.run(output_attentions=True)
    return found.decoder_attentions if len(family.stacks) > 1 else found.attentions


def first_word(family: Family) -> int:
    """The place of the first token of the stack that is no padding."""
    return 0 if len(family.stacks) > 1 else family.read.get("attention_mask", [1]).index(1)


def terms(family: Family, states: dict[str, Tensor], grads: tuple[Tensor, ...], token: int) -> dict[str, float]:
    """What each writer adds by what it wrote at a token."""
    found = dict[str, float]()
    for (path, state), grad in zip(states.items(), grads, strict=True):
        parts = (state * grad).reshape(-1, state.shape[-1])[token]
        if path.endswith("attention"):
            each = parts.unflatten(-1, (family.heads(family.stack), -1)).sum(dim=-1)
            found |= {f"{path}.{head}": part.item() for head, part in enumerate(each)}
        else:
            found[path] = parts.sum().item()
    return found


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: why_of(name) for name in PREDICTING}
    (DATA / "why_families.json").write_text(json.dumps({"models": found}) + "\n")


if __name__ == "__main__":
    main()
