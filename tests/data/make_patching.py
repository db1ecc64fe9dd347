"""Patches in small checkpoints, by transformers and hooks: `patching.json`.

`python -m tests.data.make_patching` makes it anew, with a Python that has PyTorch and transformers. The model reads one
text and keeps what its modules give; then it reads the other one, once for each place, with a hook that puts there what
was kept. What is written is the difference of two logits in each run, and the gradient of it by each place times what
would be put in more than is there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers as tf
from torch import Tensor, nn

from tests.data.make_families.exact import exact

DATA = Path(__file__).parent
PLACE, TOKEN, AGAINST = 3, 7, 11
OTHER = {1: 17, 2: 5}
"""The ids in which the second text differs from the first, by their places."""


@dataclass(frozen=True)
class Case:
    """A model, and its modules: the layers, and in each what multiplies by W_O, and the network."""

    model: type[nn.Module]
    layers: str
    projection: str
    attention: str
    network: str


CASES = {
    "gpt2": Case(tf.GPT2LMHeadModel, "transformer.h", "attn.c_proj", "attn.c_proj", "mlp"),
    "llama": Case(tf.LlamaForCausalLM, "model.layers", "self_attn.o_proj", "self_attn.o_proj", "mlp"),
    "bert": Case(tf.BertForMaskedLM, "bert.encoder.layer", "attention.output.dense", "attention.output.dense",
                 "output.dense"),
    "qwen3": Case(tf.Qwen3ForCausalLM, "model.layers", "self_attn.o_proj", "self_attn.o_proj", "mlp"),
    "gemma2": Case(tf.Gemma2ForCausalLM, "model.layers", "self_attn.o_proj", "self_attn.o_proj", "mlp"),
    "gpt-neox": Case(tf.GPTNeoXForCausalLM, "gpt_neox.layers", "attention.dense", "attention.dense", "mlp"),
}  # fmt: skip


class Model:
    """A model that says the difference of two logits of a text, with hooks."""

    def __init__(self, name: str, case: Case) -> None:
        folder = DATA / "families" / name
        self.model = case.model.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
        self.layers, self.case = self.model.get_submodule(case.layers), case
        self.heads = self.model.config.num_attention_heads
        self.read = json.loads((folder / "input.json").read_text())

    def says(self, ids: list[int]) -> Tensor:
        given = {"input_ids": ids, "attention_mask": self.read["attention_mask"]}
        if "segments" in self.read:
            given["token_type_ids"] = self.read["segments"]
        logits = self.model(**{key: torch.tensor([value]) for key, value in given.items()}).logits[0, PLACE]
        return logits[TOKEN] - logits[AGAINST]

    def places(self, kind: str) -> list[tuple[nn.Module, bool]]:
        """The module of each row, and whether what enters it is meant, and not what leaves it."""
        if kind == "residual":
            return [(self.layers[0], True), *((layer, False) for layer in self.layers)]
        name = {"attention": self.case.attention, "ffn": self.case.network, "heads": self.case.projection}[kind]
        return [(layer.get_submodule(name), kind == "heads") for layer in self.layers]


@contextmanager
def hooked(module: nn.Module, enters: bool, change: Callable[[Tensor], Tensor | None]) -> Any:
    """While it lasts, `change` gives what enters or leaves a module; None: what was there."""

    def before(module: nn.Module, args: Any) -> Any:
        found = change(args[0])
        return None if found is None else (found, *args[1:])

    def after(module: nn.Module, args: Any, output: Any) -> Any:
        first = output if isinstance(output, Tensor) else output[0]
        found = change(first)
        return output if found is None else found if isinstance(output, Tensor) else (found, *output[1:])

    handle = module.register_forward_pre_hook(before) if enters else module.register_forward_hook(after)
    try:
        yield
    finally:
        handle.remove()


def kept(model: Model, module: nn.Module, enters: bool, ids: list[int]) -> tuple[Tensor, Tensor]:
    """What enters or leaves a module, and the gradient of what the model says by it."""
    found = []

    def keep(x: Tensor) -> Tensor:
        found.append(x.detach().requires_grad_())
        return found[0]

    with hooked(module, enters, keep):
        (gradient,) = torch.autograd.grad(model.says(ids), found)
    return found[0].detach(), gradient


def part(kind: str, heads: int, x: Tensor, column: int) -> Any:
    """What stands in the column of what a module gives, (1, token, width): at a token, or of a head."""
    return x[0].unflatten(-1, (heads, -1))[:, column] if kind == "heads" else x[0, column]


def patched(name: str, case: Case) -> dict[str, Any]:
    """What a model says in each run, by kind."""
    model = Model(name, case)
    clean = model.read["ids"]
    corrupted = [OTHER.get(place, each) for place, each in enumerate(clean)]
    says = {"clean": model.says(clean).item(), "corrupted": model.says(corrupted).item()}
    found: dict[str, Any] = {"ids": corrupted, **says}
    for kind in ("residual", "attention", "ffn", "heads"):
        columns = range(model.heads if kind == "heads" else len(clean))
        exact_rows, estimates = [], []
        for module, enters in model.places(kind):
            there, _ = kept(model, module, enters, clean)
            here, gradient = kept(model, module, enters, corrupted)
            gaps = gradient * (there - here)
            estimates.append([part(kind, model.heads, gaps, each).sum().item() for each in columns])
            runs = []
            for each in columns:
                mixed = here.clone()
                part(kind, model.heads, mixed, each)[...] = part(kind, model.heads, there, each)
                runs.append(says_with(model, module, enters, mixed, corrupted))
            exact_rows.append(runs)
        found[kind] = {"exact": exact_rows, "estimate": estimates}
    return found


def says_with(model: Model, module: nn.Module, enters: bool, put: Tensor, ids: list[int]) -> float:
    """What a model says with something in the place of what enters or leaves a module."""
    with hooked(module, enters, lambda _: put):
        return model.says(ids).item()


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: patched(name, case) for name, case in CASES.items()}
    asked = {"place": PLACE, "token": TOKEN, "against": AGAINST}
    (DATA / "patching.json").write_text(json.dumps({"asked": asked, "models": found}) + "\n")


if __name__ == "__main__":
    main()
