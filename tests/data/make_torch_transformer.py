"""Make `torch_transformer_*/`: encoder-decoders computed by PyTorch 2.13.0, with their gradients.

    python -m venv /tmp/torch && /tmp/torch/bin/pip install torch==2.13.0 safetensors numpy
    /tmp/torch/bin/python tests/data/make_torch_transformer.py

Each folder holds, in float64 and without the batch axis: `model.safetensors`, the state dict of a
`torch.nn.Transformer`; `expected.safetensors`, the inputs `src` and `tgt`, the encoder's output `memory`, the decoder's
`output`, the `loss` (the sum of the squared output, halved) and under `grad.` its gradients by the inputs and by every
parameter; `config.json`, the sizes and which source tokens are padding. The decoder is causal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent

CASES: dict[str, dict[str, Any]] = {
    "gelu": {
        "seed": 21, "d_model": 10, "heads": 5, "d_ff": 7, "encoder_layers": 1, "decoder_layers": 3,
        "norm_first": False, "activation": "gelu", "source_padding": [False, True, False, False, False], "target": 3,
    },
    "deep": {
        "seed": 22, "d_model": 6, "heads": 1, "d_ff": 9, "encoder_layers": 3, "decoder_layers": 1,
        "norm_first": True, "activation": "relu", "source_padding": [False, False], "target": 7,
    },
    "unbiased": {
        "seed": 23, "d_model": 6, "heads": 2, "d_ff": 5, "encoder_layers": 1, "decoder_layers": 1, "bias": False,
        "norm_first": False, "activation": "relu", "source_padding": [False, False, True], "target": 2,
    },
}  # fmt: skip


def model_of(case: dict[str, Any]) -> torch.nn.Transformer:
    """The model with every parameter at random, those of the norms too."""
    model = torch.nn.Transformer(
        case["d_model"], case["heads"], case["encoder_layers"], case["decoder_layers"], case["d_ff"], dropout=0.0,
        activation=case["activation"], batch_first=True, norm_first=case["norm_first"], dtype=torch.float64,
        bias=case.get("bias", True),
    )  # fmt: skip
    generator = torch.Generator().manual_seed(case["seed"])
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            is_gain = "norm" in name and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if is_gain else 0.3 * noise)
    return model.train()  # without dropout; the fast path of `eval` has no gradients


def expected_of(model: torch.nn.Transformer, case: dict[str, Any]) -> dict[str, torch.Tensor]:
    """Inputs, outputs, loss and gradients."""
    generator = torch.Generator().manual_seed(case["seed"] + 1)
    lengths = len(case["source_padding"]), case["target"]
    src, tgt = (
        torch.randn(1, length, case["d_model"], generator=generator, dtype=torch.float64, requires_grad=True)
        for length in lengths
    )
    pad = torch.tensor([case["source_padding"]])
    later = torch.triu(torch.ones(lengths[1], lengths[1], dtype=torch.bool), diagonal=1)
    memory = model.encoder(src, src_key_padding_mask=pad)
    output = model.decoder(tgt, memory, tgt_mask=later, memory_key_padding_mask=pad)
    loss = (output**2).sum() / 2
    loss.backward()
    found = {"src": src[0], "tgt": tgt[0], "memory": memory[0], "output": output[0], "loss": loss.reshape(1)}
    found |= {"grad.src": src.grad[0], "grad.tgt": tgt.grad[0]}
    return found | {f"grad.{name}": parameter.grad for name, parameter in model.named_parameters()}


def main() -> None:
    """Write every case."""
    for name, case in CASES.items():
        folder = HERE / f"torch_transformer_{name}"
        folder.mkdir(exist_ok=True)
        model = model_of(case)
        state = {key: tensor.detach().contiguous() for key, tensor in model.named_parameters()}
        save_file(state, folder / "model.safetensors")
        tensors = {key: tensor.detach().contiguous() for key, tensor in expected_of(model, case).items()}
        save_file(tensors, folder / "expected.safetensors")
        (folder / "config.json").write_text(json.dumps(case, indent=1) + "\n")


if __name__ == "__main__":
    main()
