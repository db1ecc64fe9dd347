"""Who wrote a logit in small checkpoints, by transformers and autograd: `attribution.json`.

`python -m tests.data.make_attribution` makes it anew, with a Python that has PyTorch and transformers. Each norm
divides by a scale that is detached, and each block reads a detached stream: then a logit is linear in everything that
was written, and what a writer adds is the gradient of the logit by what it wrote, times what it wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers as tf
from torch import Tensor, nn

from tests.data.make_families.exact import exact

DATA = Path(__file__).parent
PLACE, TOKEN, AGAINST = 3, 7, 11


@dataclass(frozen=True)
class Written:
    """A model, and the modules of each layer: those that read the stream, what the heads leave, and the network.

    heads    the module that multiplies what the heads leave by W_O
    network  the module that multiplies the hidden units by W_2
    reads    the modules whose input is a copy of the stream
    """

    model: type[nn.Module]
    stack: str
    layers: str
    heads: str
    network: str
    reads: tuple[str, ...]
    embeddings: tuple[tuple[str, str], ...]


CASES = {
    "gpt2": Written(
        tf.GPT2LMHeadModel, "decoder", "transformer.h", "attn.c_proj", "mlp.c_proj", ("ln_1", "ln_2"),
        (("decoder.embedding", "transformer.wte"), ("decoder.position", "transformer.wpe")),
    ),
    "llama": Written(
        tf.LlamaForCausalLM, "decoder", "model.layers", "self_attn.o_proj", "mlp.down_proj",
        ("input_layernorm", "post_attention_layernorm"), (("decoder.embedding", "model.embed_tokens"),),
    ),
    "bert": Written(
        tf.BertForMaskedLM, "encoder", "bert.encoder.layer", "attention.output.dense", "output.dense",
        ("attention.self", "intermediate"),
        (("encoder.embedding", "bert.embeddings.word_embeddings"),
         ("encoder.position", "bert.embeddings.position_embeddings"),
         ("encoder.segment", "bert.embeddings.token_type_embeddings")),
    ),
}  # fmt: skip


def attribution_of(name: str, case: Written) -> dict[str, float]:
    """What each writer adds to the difference of two logits, and the difference itself."""
    folder = DATA / "families" / name
    model = case.model.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    states = dict[str, Tensor]()
    for path, module in case.embeddings:
        _keep(states, path, model.get_submodule(module), enters=False)
    for i, layer in enumerate(model.get_submodule(case.layers)):
        for module in case.reads:
            layer.get_submodule(module).register_forward_pre_hook(_detached, with_kwargs=True)
        _keep(states, f"{case.stack}.layers.{i}.self_attention", layer.get_submodule(case.heads), enters=True)
        _keep(states, f"{case.stack}.layers.{i}.ffn", layer.get_submodule(case.network), enters=True)
    for module in model.modules():
        _hold(module)
    read = json.loads((folder / "input.json").read_text())
    given = {"input_ids": read["ids"], "attention_mask": read["attention_mask"], "token_type_ids": read.get("segments")}
    ids = {key: torch.tensor([value]) for key, value in given.items() if value is not None}
    logits = model(**ids).logits[0, PLACE]
    number = logits[TOKEN] - logits[AGAINST]
    grads = torch.autograd.grad(number, list(states.values()))
    found = {"value": number.item()}
    heads = model.config.num_attention_heads
    for (path, state), grad in zip(states.items(), grads, strict=True):
        parts = state * grad
        if path.endswith("self_attention"):
            each = parts.reshape(-1, heads, parts.shape[-1] // heads).sum(dim=(0, 2))
            found |= {f"{path}.{head}": part.item() for head, part in enumerate(each)}
        else:
            found[path] = parts.sum().item()
    return found


def _keep(states: dict[str, Tensor], path: str, module: nn.Module, *, enters: bool) -> None:
    def hook(module: nn.Module, args: Any, output: Tensor) -> None:
        states[path] = args[0] if enters else output

    module.register_forward_hook(hook)


def _detached(module: nn.Module, args: Any, kwargs: Any) -> Any:
    return tuple(arg.detach() if isinstance(arg, Tensor) else arg for arg in args), {
        key: value.detach() if key == "hidden_states" else value for key, value in kwargs.items()
    }


def _hold(module: nn.Module) -> None:
    """Let a norm divide by a detached scale, and an activation of the head multiply by a detached ratio."""
    if isinstance(module, nn.LayerNorm):
        module.forward = _held_layer_norm(module)
    elif type(module).__name__.endswith("RMSNorm"):
        eps = module.variance_epsilon
        module.forward = lambda x: module.weight * x / (x.pow(2).mean(-1, keepdim=True) + eps).sqrt().detach()
    elif hasattr(module, "transform_act_fn"):
        bend = module.transform_act_fn.forward
        module.transform_act_fn.forward = lambda x: x * (bend(x) / x).detach()


def _held_layer_norm(module: nn.LayerNorm) -> Callable[[Tensor], Tensor]:
    def forward(x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scale = (centred.pow(2).mean(-1, keepdim=True) + module.eps).sqrt().detach()
        return centred / scale * module.weight + module.bias

    return forward


def main() -> None:
    """Write the file."""
    with exact(), torch.enable_grad():
        found = {name: attribution_of(name, case) for name, case in CASES.items()}
    asked = {"place": PLACE, "token": TOKEN, "against": AGAINST}
    (DATA / "attribution.json").write_text(json.dumps({"asked": asked, "terms": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
