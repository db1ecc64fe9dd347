"""Make `torch_encoder_*.safetensors`: encoders computed by PyTorch 2.13.0, with every tensor on the way.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 safetensors numpy
    /tmp/torch/bin/python tests/data/make_torch_encoder.py

Each file holds, in float64 and without the batch axis: `src`, the input; under `parameters.` the state dict; and under
`layers.{i}.` what the layer computes: `q`, `k`, `v` and `weights` (a head first), `attention_output`, `norm1`, `norm2`,
`ffn_pre`, `ffn_hidden`, `ffn_output`; and `output`. The metadata says the configuration and which tokens are padding.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent


def encoder(
    seed: int, d_model: int, heads: int, d_ff: int, layers: int, norm_first: bool
) -> torch.nn.TransformerEncoder:
    """An encoder with every parameter at random; a pre-norm one ends with a norm, a post-norm one does not."""
    layer = torch.nn.TransformerEncoderLayer(
        d_model, heads, d_ff, dropout=0.0, batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    norm = torch.nn.LayerNorm(d_model, dtype=torch.float64) if norm_first else None
    model = torch.nn.TransformerEncoder(layer, layers, norm, enable_nested_tensor=False)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(1 + 0.3 * noise if "norm" in name and name.endswith("weight") else 0.4 * noise)
    return model.train()  # without dropout; the fast path of `eval` calls no hooks


def watch(model: torch.nn.TransformerEncoder, pad: torch.Tensor, mask: torch.Tensor | None) -> dict[str, torch.Tensor]:
    """What each module gives when the model runs, collected in the dict that is returned."""
    seen: dict[str, torch.Tensor] = {}

    def keep(name: str):
        def hook(_module, _inputs, output) -> None:
            seen[name] = output[0]

        return hook

    def attention(path: str):
        def hook(module, inputs, output) -> None:
            if f"{path}.q" in seen:  # this is the second call, for the weights
                return
            (x, *_), (seen[f"{path}.attention_output"], *_) = inputs, output[0]
            projected = torch.nn.functional.linear(x[0], module.in_proj_weight, module.in_proj_bias)
            for letter, part in zip("qkv", projected.chunk(3, dim=-1), strict=True):
                seen[f"{path}.{letter}"] = part.unflatten(-1, (module.num_heads, -1)).transpose(0, 1)
            again = module(x, x, x, key_padding_mask=pad, attn_mask=mask, need_weights=True, average_attn_weights=False)
            seen[f"{path}.weights"] = again[1][0]

        return hook

    for i, layer in enumerate(model.layers):
        path = f"layers.{i}"
        layer.self_attn.register_forward_hook(attention(path))
        for module, name in ((layer.norm1, "norm1"), (layer.norm2, "norm2"), (layer.linear1, "ffn_pre"),
                             (layer.linear2, "ffn_output")):  # fmt: skip
            module.register_forward_hook(keep(f"{path}.{name}"))
        layer.linear2.register_forward_pre_hook(
            lambda _m, inputs, path=path: seen.update({f"{path}.ffn_hidden": inputs[0][0]})
        )
    return seen


def case(name: str, tokens: int, padded: int, causal: bool, **sizes: Any) -> None:
    """Write one file."""
    model = encoder(**sizes)
    src = torch.randn(1, tokens, sizes["d_model"], generator=torch.Generator().manual_seed(99), dtype=torch.float64)
    pad = torch.zeros(1, tokens, dtype=torch.bool)
    pad[0, tokens - padded :] = True
    mask = torch.triu(torch.ones(tokens, tokens, dtype=torch.bool), diagonal=1) if causal else None
    seen = watch(model, pad, mask)
    output = model(src, mask=mask, src_key_padding_mask=pad)[0]
    tensors = {"src": src[0], "output": output, **seen}
    tensors |= {f"parameters.{path}": parameter for path, parameter in model.state_dict().items()}
    about = {**sizes, "causal": causal, "pad": pad[0].tolist(), "torch": torch.__version__}
    save_file(
        {path: value.detach().contiguous().clone() for path, value in tensors.items()},
        HERE / f"torch_encoder_{name}.safetensors",
        {"about": json.dumps(about)},
    )


if __name__ == "__main__":
    case("post_norm", tokens=5, padded=2, causal=False, seed=1, d_model=6, heads=3, d_ff=10, layers=2, norm_first=False)
    case("pre_norm", tokens=4, padded=1, causal=True, seed=2, d_model=8, heads=2, d_ff=6, layers=2, norm_first=True)
