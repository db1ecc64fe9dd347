"""Which words made a logit in small checkpoints, by transformers and autograd: `words.json`.

`python -m tests.data.make_words` makes it anew, with a Python that has PyTorch and transformers. A hook multiplies what
the table of embeddings gives by a share, and keeps it: gradients are by that. Rollout is of the attentions that the
model gives, half of each block being what passes it by; a word is left out by reading the text without it.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.data.make_families.exact import exact
from tests.data.make_families.hooks import PREDICTING, Family

DATA = Path(__file__).parent
TOKEN, STEPS, POWER = 7, 8, 4
IDS, TARGET_IDS = [3, 17, 5, 9], [0, 11, 4]


class Model:
    """A model that says the logit of a token behind the last word of what it says last."""

    def __init__(self, name: str) -> None:
        family = Family(name)
        self.model, self.stacks = family.model, family.stacks
        self.share, self.read = 1.0, list[Tensor]()
        for table in {self.model.get_submodule(path) for path in self._tables()}:
            table.register_forward_hook(self._scaled)

    def _tables(self) -> list[str]:
        if len(self.stacks) > 1:
            before = self.model.base_model_prefix if hasattr(self.model, "model") else ""
            return [f"{before}.{stack}.embed_tokens".removeprefix(".") for stack in self.stacks]
        table = self.model.get_input_embeddings()
        return [next(path for path, module in self.model.named_modules() if module is table)]

    def _scaled(self, module: nn.Module, args: Any, output: Tensor) -> Tensor:
        self.read.append(output * self.share)
        return self.read[-1]

    def says(self, texts: list[list[int]], share: float = 1.0) -> tuple[Tensor, Any]:
        """The logit, and everything else."""
        self.share, self.read = share, []
        names = ("input_ids", "decoder_input_ids")
        given = {name: torch.tensor([ids]) for name, ids in zip(names, texts, strict=False)}
        output = self.model(**given, output_attentions=True)
        return output.logits[0, -1, TOKEN], output

    def gradients(self, texts: list[list[int]], share: float) -> list[Tensor]:
        """By what the tables gave, the source first."""
        logit, _ = self.says(texts, share)
        return [each[0] for each in torch.autograd.grad(logit, self.read)]


def words_of(name: str) -> dict[str, Any]:
    """What each method gives to each word of each text."""
    model = Model(name)
    texts = [IDS, TARGET_IDS][: len(model.stacks)]
    value, output = model.says(texts)
    rolled = rollout(output)
    embeddings = [each[0].detach() for each in model.read]
    gradients, mean = model.gradients(texts, 1.0), [torch.zeros_like(each) for each in embeddings]
    ends = [(step / STEPS) ** POWER for step in range(STEPS + 1)]
    for start, end in pairwise(ends):
        found = model.gradients(texts, (start + end) / 2)
        mean = [so_far + (end - start) * each for so_far, each in zip(mean, found, strict=True)]
    return {
        "value": value.item(),
        "baseline": model.says(texts, 0.0)[0].item(),
        "gradient": [(x * g).sum(-1).tolist() for x, g in zip(embeddings, gradients, strict=True)],
        "integrated": [(x * g).sum(-1).tolist() for x, g in zip(embeddings, mean, strict=True)],
        "rollout": [each.tolist() for each in rolled],
        "left_out": [[without(model, texts, text, place, value) for place in range(len(texts[text]))]
                     for text in range(len(texts))],
    }  # fmt: skip


def without(model: Model, texts: list[list[int]], text: int, place: int, value: Tensor) -> float | None:
    """What is lost without a word; of an encoder that says something at each word, nothing at the one that is gone."""
    if place + 1 == len(texts[text]) and model.stacks == ("encoder",):
        return None
    shorter = [ids[:place] + ids[place + 1 :] if text == i else ids for i, ids in enumerate(texts)]
    return (value - model.says(shorter)[0]).item()


def rollout(output: Any) -> list[Tensor]:
    """The shares at the last word, of the source where there is one and of the text itself."""
    if "encoder_attentions" not in output:
        return [rolled(output.attentions)[-1]]
    source, parts = rolled(output.encoder_attentions), None
    count = output.decoder_attentions[0].shape[-1]
    parts = torch.cat([torch.zeros(count, len(source)), torch.eye(count)], dim=1).double()
    for own, cross in zip(output.decoder_attentions, output.cross_attentions, strict=True):
        parts = (parts + own[0].mean(0) @ parts) / 2
        heard = torch.cat([cross[0].mean(0) @ source, torch.zeros(count, count)], dim=1)
        parts = (parts + heard) / 2
    return [parts[-1, : len(source)], parts[-1, len(source) :]]


def rolled(attentions: tuple[Tensor, ...]) -> Tensor:
    """(A + 1)/2 of each layer, one after the other."""
    one = torch.eye(attentions[0].shape[-1], dtype=torch.float64)
    found = one
    for weights in attentions:
        found = (weights[0].mean(0) + one) / 2 @ found
    return found


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: words_of(name) for name in PREDICTING}
    asked = {"token": TOKEN, "steps": STEPS, "ids": IDS, "target_ids": TARGET_IDS}
    (DATA / "words.json").write_text(json.dumps({"asked": asked, "models": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
