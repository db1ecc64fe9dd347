"""Patches in small checkpoints, by transformers and hooks: `patching.json`.

`python -m tests.data.make_patching` makes it anew, with a Python that has PyTorch and transformers. The model reads one
text and keeps what its modules give; then it reads the other one, once for each place, with a hook that puts there what
was kept. What is written is the difference of two logits in each run, and the gradient of it by each place times what
would be put in more than is there. Of two stacks, both are patched; the texts differ in what the first reads.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family, Spot, hooked, putting
from tests.data.make_families.modules import F

DATA = Path(__file__).parent
PLACE, TOKEN, AGAINST = 3, 7, 11
OTHER = {1: 17, 2: 5}
"""The ids in which the second text differs from the first, by their places."""
KINDS = ("residual", "attention", "ffn", "heads")


def says(family: Family, ids: list[int]) -> Tensor:
    """The difference of two logits of a text."""
    logits = family.run(ids).logits[0, PLACE]
    return logits[TOKEN] - logits[AGAINST]


def rows(family: Family, stack: str, kind: str) -> list[Spot]:
    """What is patched in each row."""
    layers, blocks = family.layers(stack), family.attentions(stack)
    if kind == "residual":
        return [family.layer(stack, 0, enters=True), *(family.layer(stack, i) for i in layers)]
    if kind == "ffn":
        return [family.spot(stack, f"{F}.output", i) for i in layers]
    found = family.entering if kind == "heads" else family.spot
    return [found(stack, f"{block}.output", i) for i in layers for block in blocks]


def kept(family: Family, spot: Spot, ids: list[int]) -> tuple[Tensor, Tensor]:
    """What stands at a spot, and the gradient of what the model says by it."""
    found = list[Tensor]()

    def keep(x: Tensor) -> Tensor:
        found.append(x.detach().requires_grad_())
        return found[0]

    with hooked(spot, keep):
        (gradient,) = torch.autograd.grad(says(family, ids), found)
    return found[0].detach(), gradient


def columns(x: Tensor, heads: int | None) -> list[Tensor]:
    """Views of what stands at a spot: of each head, or, without a number of them, at each token."""
    tokens = x.view(-1, x.shape[-1])  # OPT's network has no axis for the batch
    return list(tokens.unflatten(-1, (heads, -1)).unbind(1) if heads else tokens)


def patched(family: Family, spot: Spot, clean: list[int], corrupted: list[int], heads: int | None) -> Any:
    """What a model says with a patch in each column, and the estimate of what that adds."""
    (there, _), (here, gradient) = (kept(family, spot, ids) for ids in (clean, corrupted))
    estimates = [part.sum().item() for part in columns(gradient * (there - here), heads)]
    exact_runs = []
    for column, put in enumerate(columns(there, heads)):
        mixed = here.clone()
        columns(mixed, heads)[column].copy_(put)
        with hooked(spot, putting(mixed)):
            exact_runs.append(says(family, corrupted).item())
    return exact_runs, estimates


def patches_of(name: str) -> dict[str, Any]:
    """What a model says in each run, by stack and kind."""
    family = Family(name)
    clean = family.read["ids"]
    corrupted = [OTHER.get(place, each) for place, each in enumerate(clean)]
    found: dict[str, Any] = {"ids": corrupted, "stacks": {stack: {} for stack in family.stacks}}
    found |= {"clean": says(family, clean).item(), "corrupted": says(family, corrupted).item()}
    for stack, of_stack in found["stacks"].items():
        for kind in KINDS:
            heads = family.heads(stack) if kind == "heads" else None
            each = [patched(family, spot, clean, corrupted, heads) for spot in rows(family, stack, kind)]
            of_stack[kind] = {"exact": [row for row, _ in each], "estimate": [row for _, row in each]}
    return found


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: patches_of(name) for name in PREDICTING}
    asked = {"place": PLACE, "token": TOKEN, "against": AGAINST}
    (DATA / "patching.json").write_text(json.dumps({"asked": asked, "models": found}) + "\n")


if __name__ == "__main__":
    main()
