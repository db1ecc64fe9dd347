"""Who wrote a logit in small checkpoints, by transformers and autograd: `attribution.json`.

`python -m tests.data.make_attribution` makes it anew, with a Python that has PyTorch and transformers. Each norm
divides by a scale that is detached, and each block reads a detached stream: then a logit is linear in everything that
was written, and what a writer adds is the gradient of the logit by what it wrote, times what it wrote.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family, hold_norms, hooked, keeping, uncapped
from tests.data.make_families.modules import F

DATA = Path(__file__).parent
PLACE, TOKEN, AGAINST = 3, 7, 11
TABLES = {"embedding": "embedding", "embedding_scaled": "embedding", "position": "position", "segment": "segment"}
"""What tables give, by what we call it: what is scaled at once adds what the embedding itself does."""
READERS = ("q", "k", "v", "hidden_pre", "gate", "up")
"""The steps of a block that read the stream, or what is normalised of it."""


def attribution_of(name: str) -> dict[str, float]:
    """What each writer adds to the difference of two logits, and the difference itself."""
    family, states = Family(name), dict[str, Tensor]()
    hold_norms(family.model)
    keep_tables(family, states)
    with ExitStack() as stack:
        _watch_blocks(family, states, stack)
        _hold_bend(family, stack)
        logits = uncapped(family, family.run().logits[0, PLACE])
    number = logits[TOKEN] - logits[AGAINST]
    grads = torch.autograd.grad(number, list(states.values()))
    found = {"value": number.item()}
    for (path, state), grad in zip(states.items(), grads, strict=True):
        parts = state * grad
        if path.endswith("attention"):
            each = parts[0].unflatten(-1, (family.heads(family.stack), -1)).sum(dim=(0, 2))
            found |= {f"{path}.{head}": part.item() for head, part in enumerate(each)}
        else:
            found[path] = parts.sum().item()
    return found


def keep_tables(family: Family, states: dict[str, Tensor]) -> None:
    """Keep what the tables of the stack that makes words give."""
    for path, own in TABLES.items():
        for _ in family.modules(family.stack, path):
            _keep_table(states, f"{family.stack}.{own}", family.spot(family.stack, path).module)


def _keep_table(states: dict[str, Tensor], path: str, table: nn.Module) -> None:
    """Keep what a table gives last: stacks may share it, and that with the head comes second."""

    def hook(module: nn.Module, args: Any, output: Tensor) -> Tensor:
        states[path] = output.detach().requires_grad_()
        return states[path]

    table.register_forward_hook(hook)


def _watch_blocks(family: Family, states: dict[str, Tensor], stack: ExitStack) -> None:
    """Keep what each block multiplies by its last matrix, and let it read a stream that is detached."""
    for i in family.layers(family.stack):
        for block in (*family.attentions(family.stack), F):
            for path in (f"{block}.{step}" for step in READERS):
                for _ in family.modules(family.stack, path):
                    family.spot(family.stack, path, i).module.register_forward_pre_hook(_detached)
            left, path = family.entering(family.stack, f"{block}.output", i), f"{family.stack}.{block.format(i=i)}"
            stack.enter_context(hooked(left, keeping(states, path)))


def _detached(module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (args[0].detach(), *args[1:])


def _hold_bend(family: Family, stack: ExitStack) -> None:
    """Let the activation of a head for masked words multiply by a ratio that is detached."""
    before, after = family.top("head.hidden_pre"), family.top("head.hidden")
    if before and after:
        entered = list[Tensor]()
        stack.enter_context(hooked(before, entered.append))
        stack.enter_context(hooked(after, lambda left: entered[0] * (left / entered[0]).detach()))


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: attribution_of(name) for name in PREDICTING}
    asked = {"place": PLACE, "token": TOKEN, "against": AGAINST}
    (DATA / "attribution.json").write_text(json.dumps({"asked": asked, "terms": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
