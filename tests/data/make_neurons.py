"""The strongest neurons of small checkpoints, by transformers and autograd: `neurons.json`.

`python -m tests.data.make_neurons` makes it anew, with a Python that has PyTorch and transformers. A neuron's
activation is what its network's last matrix reads. What it adds to the stream for each unit of that is a derivative,
with the scale of norms held; what that favours is the derivative of all logits by what the last norm reads, times it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family, Spot, hold_norms, hooked, uncapped
from tests.data.make_families.modules import F

DATA = Path(__file__).parent
TOKEN, MANY, WORDS, FIRED = 2, 4, 4, 3


def networks_of(name: str) -> list[dict[str, Any]]:
    """The strongest neurons of the first and of the last network of the stack that makes words."""
    family = Family(name)
    hold_norms(family.model)
    layers = family.layers(family.stack)
    read = None if family.top("head.hidden") else gains_of(family)
    return [network(family, layer, read) for layer in dict.fromkeys((layers[0], layers[-1]))]


def network(family: Family, layer: int, read: Tensor | None) -> dict[str, Any]:
    """The strongest neurons of a network at a token; `read` is by how much logits change with the stream."""
    stack, output = family.stack, f"{F}.output"
    written = f"{F}.output_norm" if family.modules(stack, f"{F}.output_norm") else output
    activations, left = through(family, family.entering(stack, output, layer), family.spot(stack, written, layer))
    rows = derivative(left[TOKEN], activations)[:, TOKEN].T
    activations = activations[0].detach()
    fired = activations.abs() * words_read(family)[:, None]
    lengths = activations[TOKEN].abs() * rows.norm(dim=1)
    gains = [[]] * len(rows) if read is None else rows @ read.T
    return {
        "path": f"{stack}.{F}.hidden".format(i=layer),
        "neurons": [
            {
                "number": number,
                "activation": float(activations[TOKEN, number]),
                "length": float(lengths[number]),
                "favours": [] if read is None else largest(gains[number], WORDS),
                "against": [] if read is None else largest(-gains[number], WORDS),
                "fires": largest(fired[:, number], FIRED),
            }
            for number in largest(lengths, MANY)
        ],
    }


def words_read(family: Family) -> Tensor:
    """1 for each word that the stack reads, 0 for padding: only sources and texts alone have some."""
    is_beside = len(family.stacks) > 1
    words = family.read["target_ids" if is_beside else "ids"]
    return torch.ones(len(words)) if is_beside else torch.tensor(family.read.get("attention_mask", [1] * len(words)))


def gains_of(family: Family) -> Tensor:
    """By how much each logit changes with what the last norm before the head reads: (vocabulary, d_model)."""
    stack = family.stack
    has_own = bool(family.modules(stack, "final_norm"))
    last = family.entering(stack, "final_norm" if has_own else f"{F}.norm", family.layers(stack)[-1] * (not has_own))
    x, logits = through(family, last, None)
    return derivative(logits[TOKEN], x)[:, TOKEN]


def through(family: Family, start: Spot, end: Spot | None) -> tuple[Tensor, Tensor]:
    """What stands at a spot, and what becomes of it at another one, or in the logits: (token, …)."""
    seen = dict[str, Tensor]()
    with hooked(start, beginning(seen)), hooked(end, lambda x: seen.update(end=x)) if end else nullcontext():
        logits = family.run().logits[0]
    left = seen["end"].reshape(-1, seen["end"].shape[-1]) if end else uncapped(family, logits)
    return seen["start"], left


def beginning(seen: dict[str, Tensor]) -> Callable[[Tensor], Tensor]:
    """What stands there, as that of which the derivatives are."""

    def begin(x: Tensor) -> Tensor:
        seen["start"] = x.detach().reshape(1, -1, x.shape[-1]).requires_grad_()
        return seen["start"].reshape(x.shape)

    return begin


def derivative(of: Tensor, by: Tensor) -> Tensor:
    """Of each number of a vector by all of a text: (number, token, …)."""
    return torch.stack([torch.autograd.grad(number, by, retain_graph=True)[0][0] for number in of])


def largest(numbers: Tensor, many: int) -> list[int]:
    """The places of the largest, those that are 0 left out where lengths and activations are."""
    places = numbers.topk(min(many, len(numbers))).indices.tolist()
    return [place for place in places if numbers[place] != 0]


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: networks_of(name) for name in PREDICTING}
    (DATA / "neurons.json").write_text(json.dumps({"token": TOKEN, "models": found}) + "\n")


if __name__ == "__main__":
    main()
