"""Families in transformers, and hooks on their modules by the paths of our steps, for the `make_*.py` in `tests/data`.

Which module a path means stands in the tables of `modules.py`; here are the few rows that only questions ask for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.data.make_families import modules as m
from tests.data.make_families.cases import CASES
from tests.data.make_families.modules import Row, entering

FAMILIES = Path(__file__).parents[1] / "families"
PREDICTING = (
    "gpt2", "gpt-neo", "gpt-j", "gpt-neox", "gpt-neox-old", "opt", "opt-post-norm", "bloom", "phi", "phi3", "llama",
    "mistral", "qwen2", "qwen3", "smollm3", "gemma", "gemma2", "gemma3", "olmo2", "bert", "roberta", "distilbert",
    "albert", "marian", "bart", "m2m100", "t5", "t5-1.1",
)  # fmt: skip
"""Every family with a head that makes words: one folder of each, two where its blocks can stand in two ways."""

_TABLES: Sequence[Row] = (("embed_tokens", "embedding"), ("embed_positions", "position"))
_MORE: Mapping[str, Sequence[Row]] = {
    "marian": _TABLES,
    "bart": _TABLES[:1],
    "m2m100": (
        *_TABLES,
        ("layers.{i}.encoder_attn_layer_norm", f"{m.A}.residual", entering),
        ("layers.{i}.final_layer_norm", f"{m.C}.residual", entering),
    ),
    "opt": (("layers.{i}.final_layer_norm", f"{m.A}.residual", entering),),
}

Change = Callable[[Tensor], Tensor | None]
"""What stands there instead of what a module was given, or gave; None: what was there."""


@dataclass(frozen=True)
class Spot:
    """What enters a module, or leaves it, at its nth call: layers may share theirs."""

    module: nn.Module
    enters: bool
    call: int = 0


class Family:
    """A model of transformers, and where in it our steps are. `stack` is the one that makes words."""

    def __init__(self, name: str) -> None:
        folder = FAMILIES / name
        case = next(case for case in CASES if case.name == name)
        self.model: Any = case.model.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
        self.read = json.loads((folder / "input.json").read_text())
        self.stacks = tuple(case.modules.stacks)
        self.stack = self.stacks[-1]
        self._rows = {
            stack: (prefix, (*rows, *_MORE.get(name, ()))) for stack, (prefix, rows) in case.modules.stacks.items()
        }
        self._top = case.modules.top

    def layers(self, stack: str) -> range:
        """The numbers of its layers."""
        config = self.model.config
        return range(getattr(config, f"{stack}_layers", config.num_hidden_layers))

    def heads(self, stack: str) -> int:
        """How many heads each of its attentions has."""
        config = self.model.config
        return getattr(config, f"{stack}_attention_heads", config.num_attention_heads)

    def attentions(self, stack: str) -> tuple[str, ...]:
        """The blocks of attention in a layer."""
        return (m.A, m.C) if self.stacks == ("encoder", "decoder") and stack == "decoder" else (m.A,)

    def modules(self, stack: str, path: str) -> list[tuple[str, bool]]:
        """The names of the modules that have a step, with `{i}` for the layer, and whether it is what enters them."""
        prefix, rows = self._rows[stack]
        return [(prefix + module, take[:1] == [entering]) for module, own, *take in rows if own == path]

    def spot(self, stack: str, path: str, layer: int = 0) -> Spot:
        """Where a step is, by its path behind the stack, with `{i}` for the layer."""
        module, enters = self.modules(stack, path)[0]
        return self._spot(module, enters, layer)

    def entering(self, stack: str, path: str, layer: int) -> Spot:
        """What enters the module that gives a step."""
        return replace(self.spot(stack, path, layer), enters=True)

    def layer(self, stack: str, layer: int, *, enters: bool = False) -> Spot:
        """What a whole layer is given, or gives."""
        prefix, rows = self._rows[stack]
        module = next(module for module, path, *_ in rows if path.startswith(m.F))
        before, place, _ = module.rpartition("{i}")
        return self._spot(prefix + (before + place or module.rpartition(".")[0]), enters, layer)

    def top(self, path: str) -> Spot | None:
        """Where a step of the head is; None where the model has none such."""
        found = next(((module, take) for module, own, *take in self._top if own == path), None)
        return found and Spot(self.model.get_submodule(found[0]), found[1] == [entering])

    def _spot(self, module: str, enters: bool, layer: int) -> Spot:
        """A module without a number in its name is one that all layers share."""
        found = self.model.get_submodule(module.format(i=layer))
        return Spot(found, enters, 0 if "{i}" in module else layer)

    def run(self, ids: Sequence[int] | None = None, **others: Any) -> Any:
        """What the model gives for its text, or for other ids in the place of that."""
        read = self.read if ids is None else self.read | {"ids": ids}
        names = {"ids": "input_ids", "target_ids": "decoder_input_ids", "attention_mask": "attention_mask",
                 "segments": "token_type_ids"}  # fmt: skip
        given = {names[key]: torch.tensor([value]) for key, value in read.items() if key in names}
        return self.model(**given, use_cache=False, **others)


def keeping(found: dict[str, Tensor], path: str) -> Change:
    """Change nothing, and keep what is there."""

    def keep(x: Tensor) -> None:
        found[path] = x

    return keep


def putting(x: Tensor) -> Change:
    """Put something there, whatever there was."""
    return lambda _: x


@contextmanager
def hooked(spot: Spot, change: Change) -> Iterator[None]:
    """While it lasts, for one run, `change` gives what stands at a spot."""
    calls = count()

    def before(module: nn.Module, args: Any, kwargs: Any) -> Any:
        if next(calls) != spot.call:
            return None
        found = change(args[0] if args else kwargs["hidden_states"])
        if found is None:
            return None
        return ((found, *args[1:]), kwargs) if args else (args, kwargs | {"hidden_states": found})

    def after(module: nn.Module, args: Any, output: Any) -> Any:
        if next(calls) != spot.call:
            return None
        found = change(output if isinstance(output, Tensor) else output[0])
        return found if found is None or isinstance(output, Tensor) else (found, *output[1:])

    if spot.enters:
        handle = spot.module.register_forward_pre_hook(before, with_kwargs=True)
    else:
        handle = spot.module.register_forward_hook(after)
    try:
        yield
    finally:
        handle.remove()


def hold_norms(model: nn.Module) -> None:
    """Let each norm of a model divide by a scale that is detached."""
    for module in model.modules():
        _hold(module)


def _hold(module: nn.Module) -> None:
    if isinstance(module, nn.LayerNorm):
        module.forward = _held_layer_norm(module)
    elif type(module).__name__.endswith(("RMSNorm", "T5LayerNorm")):
        norm = module.forward
        module.forward = lambda x: x * (norm(x) / x).detach()


def _held_layer_norm(module: nn.LayerNorm) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scale = (centred.pow(2).mean(-1, keepdim=True) + module.eps).sqrt().detach()
        return centred / scale * module.weight + module.bias

    return forward


def uncapped(family: Family, logits: Tensor) -> Tensor:
    """What the output matrix makes, where a cap makes smaller numbers of it."""
    cap = getattr(family.model.config, "final_logit_softcapping", None)
    return torch.atanh(logits / cap) * cap if cap else logits
