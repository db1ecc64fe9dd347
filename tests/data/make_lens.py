"""What small checkpoints would say at each point of their residual stream, by transformers: `lens.safetensors`.

`python -m tests.data.make_lens` makes it anew, with a Python that has PyTorch and transformers. Hooks take what each
block leaves in the stream; the model's own last modules make logits of it. Keys are `family/path of our step`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers as tf
from safetensors.torch import save_file
from torch import Tensor, nn

from tests.data.make_families.exact import exact

DATA = Path(__file__).parent


@dataclass(frozen=True)
class Watched:
    """A model whose stream is looked at.

    blocks  for each layer: the end of our path, the module, and whether the stream is what enters it or what leaves it
    says    logits of what the stream holds
    """

    model: type[nn.Module]
    stack: str
    layers: str
    blocks: tuple[tuple[str, str, str], ...]
    says: Callable[[Any, Tensor], Tensor]


def _capped(model: Any, x: Tensor) -> Tensor:
    cap = model.config.final_logit_softcapping
    return cap * torch.tanh(model.lm_head(model.model.norm(x)) / cap)


def _normed(model: Any, x: Tensor) -> Tensor:
    return model.lm_head(model.model.norm(x))


_LLAMA = (
    ("self_attention.residual", "post_attention_layernorm", "enters"),
    ("ffn.residual", "", "leaves"),
)

WATCHED = {
    "llama": Watched(tf.LlamaForCausalLM, "decoder", "model.layers", _LLAMA, _normed),
    "qwen3": Watched(tf.Qwen3ForCausalLM, "decoder", "model.layers", _LLAMA, _normed),
    "olmo2": Watched(
        tf.Olmo2ForCausalLM,
        "decoder",
        "model.layers",
        (("self_attention.residual", "mlp", "enters"), ("ffn.residual", "", "leaves")),
        _normed,
    ),
    "gemma2": Watched(
        tf.Gemma2ForCausalLM,
        "decoder",
        "model.layers",
        (("self_attention.residual", "pre_feedforward_layernorm", "enters"), ("ffn.residual", "", "leaves")),
        _capped,
    ),
    "gpt2": Watched(
        tf.GPT2LMHeadModel,
        "decoder",
        "transformer.h",
        (("self_attention.residual", "ln_2", "enters"), ("ffn.residual", "", "leaves")),
        lambda model, x: model.lm_head(model.transformer.ln_f(x)),
    ),
    "gpt-neox": Watched(
        tf.GPTNeoXForCausalLM,
        "decoder",
        "gpt_neox.layers",
        (("ffn.residual", "", "leaves"),),
        lambda model, x: model.get_output_embeddings()(model.gpt_neox.final_layer_norm(x)),
    ),
    "bert": Watched(
        tf.BertForMaskedLM,
        "encoder",
        "bert.encoder.layer",
        (("self_attention.norm", "attention.output", "leaves"), ("ffn.norm", "", "leaves")),
        lambda model, x: model.cls(x),
    ),
    "bart": Watched(
        tf.BartForConditionalGeneration,
        "decoder",
        "model.decoder.layers",
        (
            ("self_attention.norm", "self_attn_layer_norm", "leaves"),
            ("cross_attention.norm", "encoder_attn_layer_norm", "leaves"),
            ("ffn.norm", "", "leaves"),
        ),
        lambda model, x: model.lm_head(x) + model.final_logits_bias,
    ),
    "t5": Watched(
        tf.T5ForConditionalGeneration,
        "decoder",
        "decoder.block",
        (
            ("self_attention.residual", "layer.0", "leaves"),
            ("cross_attention.residual", "layer.1", "leaves"),
            ("ffn.residual", "layer.2", "leaves"),
        ),
        lambda model, x: model.lm_head(model.decoder.final_layer_norm(x) * model.model_dim**-0.5),
    ),
}


def lens_of(name: str, watched: Watched) -> dict[str, Tensor]:
    """The logits at each point of a model's stream, by our paths."""
    folder = DATA / "families" / name
    model = watched.model.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()
    states = dict[str, Tensor]()
    layers = model.get_submodule(watched.layers)
    _keep(states, "input", layers[0], "enters")
    for i, layer in enumerate(layers):
        for path, module, side in watched.blocks:
            _keep(states, f"layers.{i}.{path}", layer.get_submodule(module), side)
    model(**_given(folder), use_cache=False)
    return {f"{watched.stack}.{path}": watched.says(model, x)[0] for path, x in states.items()}


def _keep(states: dict[str, Tensor], path: str, module: nn.Module, side: str) -> None:
    def hook(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        entered = args[0] if args else kwargs["hidden_states"]
        left = output[0] if isinstance(output, tuple) else output
        states[path] = entered if side == "enters" else left

    module.register_forward_hook(hook, with_kwargs=True)


def _given(folder: Path) -> dict[str, Tensor]:
    read = json.loads((folder / "input.json").read_text())
    names = {"ids": "input_ids", "target_ids": "decoder_input_ids", "attention_mask": "attention_mask",
             "segments": "token_type_ids"}  # fmt: skip
    return {names[key]: torch.tensor([value]) for key, value in read.items() if key in names}


def main() -> None:
    """Write the file."""
    with exact(), torch.no_grad():
        found = {f"{name}/{path}": x for name, each in WATCHED.items() for path, x in lens_of(name, each).items()}
    save_file({key: x.contiguous().clone() for key, x in found.items()}, DATA / "lens.safetensors")


if __name__ == "__main__":
    main()
