"""The state dict of `torch.nn.Transformer`: where each of our parameters is in it.

PyTorch stores a matrix as it multiplies from the left, so ours are transposed, and keeps the projections of queries,
keys and values below each other in one tensor. What PyTorch has no module for (embeddings, positions, the head) stands
in such a file under our own name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

NAME = "torch.nn.Transformer"

_ATTENTION = {"self_attention": "self_attn", "cross_attention": "multihead_attn"}

_FUSED = {"w": "in_proj_weight", "b": "in_proj_bias"}

_TENSORS = {
    "w_o": "out_proj.weight", "b_o": "out_proj.bias",
    "w_1": "linear1.weight", "b_1": "linear1.bias", "w_2": "linear2.weight", "b_2": "linear2.bias",
    "gain": "weight", "bias": "bias",
}  # fmt: skip

_NORMS = {
    "encoder": ("self_attention", "ffn"),
    "decoder": ("self_attention", "cross_attention", "ffn"),
}
"""The blocks whose norms PyTorch counts from 1."""


class Stored(NamedTuple):
    """A tensor of the file, and our parameters that it holds below each other, transposed."""

    tensor: str
    parts: tuple[str, ...]


def is_meant(names: Iterable[str]) -> bool:
    """Whether a file with these tensors is such a state dict."""
    return any(name.endswith("self_attn.in_proj_weight") for name in names)


def has_final_norm(names: Iterable[str]) -> bool:
    """Whether its stacks end with a norm, as PyTorch's do by default."""
    return "encoder.norm.weight" in names


def stored(name: str) -> Stored | None:
    """Where our parameter `name` is stored, or None when it stands under its own name.

    >>> stored("encoder.layers.0.ffn.w_1")
    Stored(tensor='encoder.layers.0.linear1.weight', parts=('encoder.layers.0.ffn.w_1',))
    """
    stack, *above, parameter = name.split(".")
    block = above[-1] if above else ""
    if "norm" in parameter:
        module = f"norm{_NORMS[stack].index(block) + 1}" if block else "norm"
        return Stored(".".join((stack, *above[:-1], module, _TENSORS[parameter.rpartition("_")[2]])), (name,))
    if block == "ffn" and parameter in _TENSORS:
        return Stored(".".join((stack, *above[:-1], _TENSORS[parameter])), (name,))
    if block not in _ATTENTION:
        return None
    module = ".".join((stack, *above[:-1], _ATTENTION[block]))
    if parameter in _TENSORS:
        return Stored(f"{module}.{_TENSORS[parameter]}", (name,))
    kind, _, letter = parameter.partition("_")
    if kind not in _FUSED or letter not in ("q", "k", "v"):
        return None
    block_path = name.rpartition(".")[0]
    return Stored(f"{module}.{_FUSED[kind]}", tuple(f"{block_path}.{kind}_{each}" for each in "qkv"))
