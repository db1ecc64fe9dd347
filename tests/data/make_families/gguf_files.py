"""The same small checkpoints as GGUF files: names by `gguf`, conversions as llama.cpp makes them.

What is written is read again by transformers, where it reads the architecture, and has to be the same.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

from tests.data.make_families.folders import Case, run, write_checkpoint

Tensors = dict[str, torch.Tensor]
READ_BY_TRANSFORMERS = ("llama", "qwen2", "qwen3", "gemma2", "gemma3", "gpt2", "phi3")


@dataclass(frozen=True)
class GgufCase:
    """A case of `cases.py` as a GGUF file.

    architecture  what llama.cpp calls it
    storage       of matrices; norms and biases are F32
    """

    case: Case
    architecture: str
    storage: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.BF16

    @property
    def name(self) -> str:
        return f"gguf-{self.case.name}"


def make_gguf(wanted: GgufCase, folder: Path, seed: int) -> None:
    """Write the folder of a GGUF case: the file, and what its checkpoint computes."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        source = Path(made)
        generator = torch.Generator().manual_seed(seed)
        write_checkpoint(wanted.case, source, generator)
        _as_stored(source / "model.safetensors", wanted.storage)
        settings = json.loads((source / "config.json").read_text())
        write_gguf(folder / "model.gguf", wanted, settings, load_file(source / "model.safetensors"))
        if wanted.architecture in READ_BY_TRANSFORMERS:
            check(folder, source)
        run(wanted.case, source, folder, generator, is_brief=True)


def _as_stored(file: Path, storage: gguf.GGMLQuantizationType) -> None:
    """Make numbers such that nothing is lost where they are stored in blocks."""
    if storage == gguf.GGMLQuantizationType.BF16:
        return
    tensors = load_file(file)
    for name, tensor in tensors.items():
        if tensor.ndim == 2:
            blocks = gguf.quants.quantize(tensor.float().numpy(), storage)
            tensors[name] = torch.from_numpy(gguf.quants.dequantize(blocks, storage).copy())
    save_file(tensors, file, {"format": "pt"})


def write_gguf(file: Path, wanted: GgufCase, settings: Mapping[str, Any], tensors: Tensors) -> None:
    """Write a file as llama.cpp's convert_hf_to_gguf.py does."""
    writer = gguf.GGUFWriter(file, wanted.architecture)
    _describe(writer, settings)
    kind = next(kind for kind, name in gguf.MODEL_ARCH_NAMES.items() if name == wanted.architecture)
    names = gguf.get_tensor_name_map(kind, 10)
    for name, tensor in tensors.items():
        ours = names.get_name(name, try_suffixes=(".weight", ".bias")) or name
        array = converted(wanted.architecture, name, tensor.float().numpy(), settings)
        if array.ndim == 1:
            writer.add_tensor(ours, array)
        else:
            writer.add_tensor(ours, gguf.quants.quantize(array, wanted.storage), raw_dtype=wanted.storage)
    if (factors := _rope_factors(settings)) is not None:
        writer.add_tensor("rope_freqs.weight", factors)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def converted(kind: str, name: str, array: Any, settings: Mapping[str, Any]) -> Any:
    """A tensor as llama.cpp wants it: rows of q and k for neighbours, 1 + gain, matrices as [out, in]."""
    if kind == "llama" and ".q_proj." in name:
        array = _for_neighbours(array, settings["num_attention_heads"])
    if kind == "llama" and ".k_proj." in name:
        array = _for_neighbours(array, settings["num_key_value_heads"])
    if kind.startswith("gemma") and "norm" in name:
        array = array + 1
    if kind == "gpt2" and name.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")):
        array = array.T
    return np.ascontiguousarray(array)


def _for_neighbours(array: Any, heads: int) -> Any:
    return array.reshape(heads, 2, -1, *array.shape[1:]).swapaxes(1, 2).reshape(array.shape)


def _describe(writer: gguf.GGUFWriter, settings: Mapping[str, Any]) -> None:
    """What the header says, under the keys that `gguf` has for it."""
    heads = settings.get("num_attention_heads") or settings["n_head"]
    width = settings.get("hidden_size") or settings["n_embd"]
    head_dim = settings.get("head_dim") or width // heads
    writer.add_block_count(settings.get("num_hidden_layers") or settings["n_layer"])
    writer.add_context_length(settings.get("max_position_embeddings") or settings["n_positions"])
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(settings.get("intermediate_size") or settings.get("n_inner") or 4 * width)
    writer.add_head_count(heads)
    if "layer_norm_epsilon" in settings:
        writer.add_layer_norm_eps(settings["layer_norm_epsilon"])
        return
    writer.add_layer_norm_rms_eps(settings["rms_norm_eps"])
    writer.add_head_count_kv(settings["num_key_value_heads"])
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_vocab_size(settings["vocab_size"])
    rope = settings["rope_parameters"]
    writer.add_rope_freq_base(rope.get("full_attention", rope)["rope_theta"])
    writer.add_rope_dimension_count(head_dim)
    for key, add in {
        "sliding_window": writer.add_sliding_window,
        "attn_logit_softcapping": writer.add_attn_logit_softcapping,
        "final_logit_softcapping": writer.add_final_logit_softcapping,
    }.items():
        if settings.get(key):
            add(settings[key])


def _rope_factors(settings: Mapping[str, Any]) -> Any:
    """By what llama.cpp divides each angle of a Llama 3.1 or later: its converter's lines."""
    rope = settings.get("rope_parameters") or {}
    if rope.get("rope_type") != "llama3":
        return None
    dims = settings.get("head_dim") or settings["hidden_size"] // settings["num_attention_heads"]
    angles = rope["rope_theta"] ** -(np.arange(0, dims, 2) / dims)
    low, high, original = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]
    factors = []
    for wave in 2 * np.pi / angles:
        smooth = np.clip((original / wave - low) / (high - low), 0, 1)
        factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return np.array(factors, np.float32)


def check(folder: Path, source: Path) -> None:
    """Raise where transformers reads other numbers from the GGUF file than from the folder it was made of."""
    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    there = model.state_dict()
    here = load_gguf_checkpoint(folder / "model.gguf", return_tensors=True, model_to_load=model)["tensors"]
    stored = load_file(source / "model.safetensors")
    wrong = [name for name in stored if name not in here or not torch.equal(here[name].float(), there[name])]
    if wrong:
        raise ValueError(f"{folder.name}: transformers reads other numbers of {', '.join(wrong)}")
