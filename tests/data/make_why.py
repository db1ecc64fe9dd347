"""Make `why.json`: a score of GPT-2's second layer, split by who wrote the query and the key, from hooks.

    python tests/data/make_why.py

Every writer's vector goes through the norm with the deviation that the whole had, then through the rows of one head in
W_Q or W_K. Biases are the rest: what is lacking to the query and the key that the model computed.
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

DATA = Path(__file__).parent
IDS = [3, 114, 139, 73, 140, 123]
HEAD, QUERY, KEY = 1, 5, 2


def main() -> None:
    model = AutoModelForCausalLM.from_pretrained(DATA / "golden" / "gpt2-tiny").double().eval()
    first, second = model.transformer.h
    seen: dict[str, torch.Tensor] = {}
    first.attn.c_proj.register_forward_pre_hook(lambda _, inputs: seen.update(heads=inputs[0][0]))
    first.mlp.c_proj.register_forward_pre_hook(lambda _, inputs: seen.update(hidden=inputs[0][0]))
    second.ln_1.register_forward_pre_hook(lambda _, inputs: seen.update(stream=inputs[0][0]))
    second.attn.c_attn.register_forward_hook(lambda _, inputs, output: seen.update(qkv=output[0]))
    with torch.no_grad():
        model(torch.tensor([IDS]))
        heads = model.config.n_head
        width, d_k = model.config.n_embd, model.config.n_embd // heads
        rows = first.attn.c_proj.weight.reshape(heads, d_k, width)
        outputs = seen["heads"].reshape(len(IDS), heads, d_k)
        writers = {
            "decoder.embedding": model.transformer.wte.weight[IDS],
            "decoder.position": model.transformer.wpe.weight[: len(IDS)],
            **{f"decoder.layers.0.self_attention {head}": outputs[:, head] @ rows[head] for head in range(heads)},
            "decoder.layers.0.ffn": seen["hidden"] @ first.mlp.c_proj.weight,
        }
        deviation = torch.sqrt(seen["stream"].var(1, unbiased=False, keepdim=True) + second.ln_1.eps)
        columns = second.attn.c_attn.weight.split(width, dim=1)
        sides = {}
        for place, (side, token) in enumerate((("query", QUERY), ("key", KEY))):
            matrix = columns[place].reshape(width, heads, d_k)[:, HEAD]
            normed = {
                name: (written - written.mean(1, keepdim=True)) / deviation * second.ln_1.weight
                for name, written in writers.items()
            }
            parts = {name: vector[token] @ matrix for name, vector in normed.items()}
            whole = seen["qkv"].split(width, dim=1)[place].reshape(len(IDS), heads, d_k)[token, HEAD]
            parts["biases"] = whole - sum(parts.values())
            sides[side] = parts
        pairs = {
            f"{asks} | {answers}": float(q @ k) / d_k**0.5
            for asks, q in sides["query"].items()
            for answers, k in sides["key"].items()
        }
    made = {"ids": IDS, "index": [HEAD, QUERY, KEY], "pairs": pairs}
    (DATA / "why.json").write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
