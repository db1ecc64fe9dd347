"""Make `neurons.json`: the strongest neurons of transformers' models, by hooks, and what their output rows favour.

    python tests/data/make_neurons.py

A neuron's activation is what its network's last matrix reads; what it adds, that times its row of the matrix. What a
row favours: the row without its mean where the last norm is a LayerNorm, times that norm's gain, times the head.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

DATA = Path(__file__).parent
IDS = [3, 114, 139, 73, 140, 123]
MANY, WORDS, FIRED = 6, 5, 3


class Parts(NamedTuple):
    """Where a family has the last matrix of a network, its rows, the norm before the head, and the head."""

    kind: Any
    matrix: Callable[[Any, int], torch.nn.Module]
    rows: Callable[[torch.Tensor], torch.Tensor]
    norm: Callable[[Any], torch.nn.Module]
    is_centred: bool


PARTS = {
    "gpt2-tiny": Parts(
        AutoModelForCausalLM,
        lambda model, layer: model.transformer.h[layer].mlp.c_proj,
        lambda weight: weight,
        lambda model: model.transformer.ln_f,
        is_centred=True,
    ),
    "llama-tiny": Parts(
        AutoModelForCausalLM,
        lambda model, layer: model.model.layers[layer].mlp.down_proj,
        lambda weight: weight.T,
        lambda model: model.model.norm,
        is_centred=False,
    ),
    "marian-tiny": Parts(
        AutoModelForSeq2SeqLM,
        lambda model, layer: model.model.decoder.layers[layer].fc2,
        lambda weight: weight.T,
        lambda model: model.model.decoder.layers[-1].final_layer_norm,
        is_centred=True,
    ),
}


def neurons(name: str, layer: int, token: int) -> dict[str, Any]:
    """The strongest neurons of a decoder's layer at a token."""
    parts, read = PARTS[name], list[torch.Tensor]()
    model = parts.kind.from_pretrained(DATA / "golden" / name).double().eval()
    matrix = parts.matrix(model, layer)
    matrix.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0][0]))
    ids = torch.tensor([IDS])
    with torch.no_grad():
        model(ids, decoder_input_ids=ids) if "marian" in name else model(ids)
        rows, activations = parts.rows(matrix.weight), read[0]
        lengths = activations[token].abs() * rows.norm(dim=1)
        strongest = lengths.topk(MANY).indices
        straight = rows - rows.mean(dim=1, keepdim=True) if parts.is_centred else rows
        gains = straight * parts.norm(model).weight @ model.lm_head.weight.T
    return {
        "path": f"decoder.layers.{layer}.ffn.hidden",
        "token": token,
        "neurons": [
            {
                "number": number,
                "activation": float(activations[token, number]),
                "length": float(lengths[number]),
                "favours": gains[number].topk(WORDS).indices.tolist(),
                "against": (-gains[number]).topk(WORDS).indices.tolist(),
                "fires": activations[:, number].abs().topk(FIRED).indices.tolist(),
            }
            for number in strongest.tolist()
        ],
    }


def main() -> None:
    made = {
        name: {"ids": IDS, "networks": [neurons(name, layer, token) for layer, token in ((0, 5), (1, 2))]}
        for name in PARTS
    }
    (DATA / "neurons.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
