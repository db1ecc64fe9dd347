"""A run of a folder by transformers, and the tensors of our steps taken from it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tests.data.make_families.modules import Modules, Row, leaving

Found = dict[str, Tensor]


def record(model: nn.Module, modules: Modules, given: Mapping[str, Any]) -> Found:
    """Every tensor of one run of a model, by the path of our step. `given` are the arguments of its forward pass."""
    found: Found = {}
    for stack, (prefix, rows) in modules.stacks.items():
        d = _width_of_head(model.config, stack)
        for row in rows:
            _watch(model, prefix, f"{stack}.", row, d, found)
    for row in modules.top:
        _watch(model, "", "", row, 0, found)
    with _turned(model, modules, found):
        output = model(**given, output_attentions=True, use_cache=False)
    found.update(_weights(output, modules))
    if "logits" in output:
        last = "capped_logits" if getattr(model.config, "final_logit_softcapping", None) else "logits"
        found[last] = output["logits"][0]
    return {path: tensor.detach().to(torch.float64).contiguous().clone() for path, tensor in found.items()}


def _width_of_head(config: Any, stack: str) -> int:
    given = getattr(config, "head_dim", None) or getattr(config, "d_kv", None)
    heads = getattr(config, f"{stack}_attention_heads", None) or config.num_attention_heads
    return int(given or config.hidden_size // heads)


def _watch(model: nn.Module, prefix: str, stack: str, row: Row, d: int, found: Found) -> None:
    """Take what a row names from the modules of all layers; one that is called for several layers counts its calls."""
    pattern, path, *take = row
    wanted = re.compile(re.escape(prefix + pattern).replace(r"\{i\}", r"(?P<i>\d+)"))
    matches = {name: match for name, _ in model.named_modules() if (match := wanted.fullmatch(name))}
    for name, match in matches.items():
        calls = iter(range(1000))

        def keep(module: nn.Module, args: Any, kwargs: Any, output: Any, match=match, calls=calls) -> None:
            place = next(calls) if "{i}" not in pattern else match["i"]
            entered = args[0] if args else kwargs["hidden_states"]
            left = output[0] if isinstance(output, tuple) else output
            chosen = take[0] if take else leaving
            found[stack + path.replace("{i}", str(place))] = chosen(_alone(entered), _alone(left), d)

        model.get_submodule(name).register_forward_hook(keep, with_kwargs=True)


def _alone(x: Tensor) -> Tensor:
    """The only text of a batch. Some have no axis for it: OPT's feed-forward network, tables of positions."""
    return x[0] if x.ndim > 2 and len(x) == 1 else x


@contextmanager
def _turned(model: nn.Module, modules: Modules, found: Found) -> Iterator[None]:
    """Inside, queries and keys are kept as they enter attention: turned by their position."""
    code: Any = sys.modules[type(model).__module__]
    if not modules.is_rotary:
        yield
        return
    original = code.eager_attention_forward
    places = {module: name for name, module in model.named_modules()}

    def keep(module: nn.Module, query: Tensor, key: Tensor, *args: Any, **kwargs: Any) -> Any:
        layer = next(filter(str.isdigit, places[module].split(".")))
        path = f"decoder.layers.{layer}.self_attention"
        if getattr(module, "use_rope", True):
            found[f"{path}.q_rotated"], found[f"{path}.k_rotated"] = query[0], key[0]
        return original(module, query, key, *args, **kwargs)

    code.eager_attention_forward = keep
    try:
        yield
    finally:
        code.eager_attention_forward = original


def _weights(output: Any, modules: Modules) -> Iterator[tuple[str, Tensor]]:
    """The attention weights, by the path of their step."""
    if len(modules.stacks) == 1:
        kinds = {"attentions": f"{next(iter(modules.stacks))}.layers.{{}}.self_attention.weights"}
    else:
        kinds = {
            "encoder_attentions": "encoder.layers.{}.self_attention.weights",
            "decoder_attentions": "decoder.layers.{}.self_attention.weights",
            "cross_attentions": "decoder.layers.{}.cross_attention.weights",
        }
    for kind, path in kinds.items():
        yield from ((path.format(i), weights[0]) for i, weights in enumerate(output[kind]))
