"""Models of real sizes with random weights, in folders as Hugging Face writes them: made here, none is fetched."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]

GPT2: Mapping[str, Any] = {
    "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12,
    "n_positions": 1024, "vocab_size": 50257, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
}  # fmt: skip
"""The settings of a model of GPT-2's size: 124 million parameters."""

LLAMA: Mapping[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 22,
    "num_attention_heads": 32, "num_key_value_heads": 4, "intermediate_size": 5632, "vocab_size": 32000,
    "max_position_embeddings": 2048, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip
"""The settings of a model of TinyLlama's size: 1.1 billion parameters."""

SHARD = 500 * 2**20
"""Bytes of a file of a model that is written in several."""

_SPREAD = 0.02


def write_gpt2(folder: Path) -> Path:
    """Write the model of GPT-2's size in float32, in one file, and give its folder."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(GPT2))
    _write(folder / "model.safetensors", dict(_gpt2_shapes()), "F32", 1)
    return folder


def write_llama(folder: Path) -> Path:
    """Write the model of TinyLlama's size in bf16, in several files with their index, and give its folder."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(LLAMA))
    shards = list(_shards(dict(_llama_shapes()), 2))
    names = {f"model-{place + 1:05}-of-{len(shards):05}.safetensors": shapes for place, shapes in enumerate(shards)}
    for seed, (name, shapes) in enumerate(names.items()):
        _write(folder / name, shapes, "BF16", seed)
    places = {tensor: name for name, shapes in names.items() for tensor in shapes}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    return folder


def _gpt2_shapes() -> Iterator[tuple[str, Shape]]:
    d = GPT2["n_embd"]
    yield from (("wte.weight", (GPT2["vocab_size"], d)), ("wpe.weight", (GPT2["n_positions"], d)))
    for i in range(GPT2["n_layer"]):
        matrices = {"attn.c_attn": (d, 3 * d), "attn.c_proj": (d, d), "mlp.c_fc": (d, 4 * d), "mlp.c_proj": (4 * d, d)}
        for name, shape in matrices.items():
            yield from ((f"h.{i}.{name}.weight", shape), (f"h.{i}.{name}.bias", shape[1:]))
        for name in ("ln_1", "ln_2"):
            yield from ((f"h.{i}.{name}.weight", (d,)), (f"h.{i}.{name}.bias", (d,)))
    yield from (("ln_f.weight", (d,)), ("ln_f.bias", (d,)))


def _llama_shapes() -> Iterator[tuple[str, Shape]]:
    d, d_ff = LLAMA["hidden_size"], LLAMA["intermediate_size"]
    shared = d // LLAMA["num_attention_heads"] * LLAMA["num_key_value_heads"]
    yield "model.embed_tokens.weight", (LLAMA["vocab_size"], d)
    for i in range(LLAMA["num_hidden_layers"]):
        outputs = {"q_proj": d, "k_proj": shared, "v_proj": shared, "o_proj": d}
        yield from ((f"model.layers.{i}.self_attn.{name}.weight", (size, d)) for name, size in outputs.items())
        yield from ((f"model.layers.{i}.mlp.{name}.weight", (d_ff, d)) for name in ("gate_proj", "up_proj"))
        yield f"model.layers.{i}.mlp.down_proj.weight", (d, d_ff)
        norms = ("input_layernorm", "post_attention_layernorm")
        yield from ((f"model.layers.{i}.{name}.weight", (d,)) for name in norms)
    yield from (("model.norm.weight", (d,)), ("lm_head.weight", (LLAMA["vocab_size"], d)))


def _shards(shapes: Shapes, width: int) -> Iterator[Shapes]:
    """The tensors in groups of at most as many bytes as a file has."""
    shard: dict[str, Shape] = {}
    for name, shape in shapes.items():
        if shard and width * (math.prod(shape) + sum(map(math.prod, shard.values()))) > SHARD:
            yield shard
            shard = {}
        shard[name] = shape
    yield shard


def _write(path: Path, shapes: Shapes, storage: str, seed: int) -> None:
    """Write a safetensors file, tensor by tensor: gains are 1, biases 0, the others random."""
    width, end = {"F32": 4, "BF16": 2}[storage], 0
    header: dict[str, Any] = {}
    for name, shape in shapes.items():
        start, end = end, end + width * math.prod(shape)
        header[name] = {"dtype": storage, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    drawn = np.random.Generator(np.random.PCG64(seed))
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for name, shape in shapes.items():
            numbers = _drawn(name, shape, drawn)
            file.write((numbers if storage == "F32" else (numbers.view(np.uint32) >> 16).astype("<u2")).tobytes())


def _drawn(name: str, shape: Shape, drawn: np.random.Generator) -> np.ndarray:
    if len(shape) == 1:
        return np.zeros(shape, np.float32) if name.endswith("bias") else np.ones(shape, np.float32)
    numbers = drawn.standard_normal(shape, np.float32)
    numbers *= _SPREAD
    return numbers
