"""The state dict of `torch.nn.Transformer`: where each of our parameters is in it.

PyTorch stores a matrix as it multiplies from the left, so ours are transposed, and keeps the projections of queries,
keys and values below each other in one tensor. What PyTorch has no module for (embeddings, positions, the head) stands
in such a file under our own name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from attn_explore.model.dataclass import dataclass

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

_OF_A_LAYER = re.compile(r"(.*?)layers\.\d+\.self_attn\.in_proj_weight", re.S)


class Stored(NamedTuple):
    """A tensor of the file, and our parameters that it holds below each other, transposed where it `is_theirs`."""

    tensor: str
    parts: tuple[str, ...]
    is_theirs: bool = True

    @property
    def is_bias(self) -> bool:
        """Whether it is one that PyTorch leaves out with `bias=False`."""
        return self.is_theirs and self.tensor.endswith("bias")


@dataclass(frozen=True)
class Layout:
    """How names begin in a state dict: `encoder.` as in a whole transformer, or as it was saved.

    starts        of our stacks there: nothing for a `torch.nn.TransformerEncoder` by itself, `module.encoder.` in a
                  wrapper, `blocks.` for an attribute of that name
    wrapper       stands before the names of all that is wrapped with them
    reads_memory  the only stack attends to the output of another one
    """

    starts: Mapping[str, str]
    wrapper: str = ""
    reads_memory: bool = False

    @property
    def notes(self) -> list[str]:
        """What has to be said of names that are not those of a whole transformer."""
        others = {stack: start for stack, start in self.starts.items() if start != f"{stack}."}
        return [f"`{start}layers.0` there is `{stack}.layers.0` here" for stack, start in others.items()]

    def stored(self, name: str, tensors: Container[str]) -> Stored:
        """Where our parameter `name` is stored; what PyTorch has no module for stands under our own name."""
        found = stored(name, self)
        wrapped = f"{self.wrapper}{name}"
        return found or Stored(wrapped if wrapped in tensors else name, (name,), is_theirs=False)

    def norms(self, stack: str) -> Sequence[str]:
        """The blocks of a stack whose norms PyTorch counts from 1: a decoder that stands alone is an encoder there."""
        return _NORMS[stack if len(self.starts) > 1 else "encoder"]

    def has_biases(self, tensors: Iterable[str]) -> bool:
        """Whether the layers have any bias: PyTorch leaves all of them out with `bias=False`."""
        layers = tuple(f"{start}layers." for start in self.starts.values())
        return any(name.startswith(layers) and name.endswith("bias") for name in tensors)

    def has_final_norm(self, tensors: Container[str]) -> bool:
        """Whether the stacks end with a norm, as those of a whole transformer do."""
        return any(f"{start}norm.weight" in tensors for start in self.starts.values())


def layout_of(tensors: Collection[str], stacks: Collection[str]) -> Layout | None:
    """How a state dict with these tensors holds the stacks of a model; None where it is none.

    Of two stacks, the one that attends to the other's output is the decoder.

    >>> layout_of(["module.layers.0.self_attn.in_proj_weight"], ["encoder"]).starts
    {'encoder': 'module.'}
    """
    found = dict.fromkeys(match[1] for name in tensors if (match := _OF_A_LAYER.fullmatch(name)))
    if not found:
        return None
    crossing = [start for start in found if f"{start}layers.0.multihead_attn.in_proj_weight" in tensors]
    alone = [start for start in found if start not in crossing]
    if len(stacks) == 1:
        starts = {stack: _start(stack, alone or crossing) for stack in stacks}
    else:
        starts = {"encoder": _start("encoder", alone), "decoder": _start("decoder", crossing)}
    wrappers = {start.removesuffix(f"{stack}.") for stack, start in starts.items()}
    return Layout(starts, wrappers.pop() if len(wrappers) == 1 else "", len(stacks) == 1 and not alone)


class Piece(NamedTuple):
    """A module that was saved without the stack that it is of: what it is, how its names begin, and how they should."""

    module: str
    start: str
    wanted: str


def piece_in(tensors: Collection[str]) -> Piece | None:
    """The module whose state dict this is, where it is one that a stack is made of; None where it is none.

    >>> piece_in(["self_attn.in_proj_weight", "linear1.weight"]).wanted
    'layers.0.'
    """
    for module, sign, wanted in _PIECES:
        start = next((name.removesuffix(sign) for name in tensors if f".{name}".endswith(f".{sign}")), None)
        if start is not None and all(name.startswith(start) for name in tensors):
            return Piece(module, start, wanted)
    return None


_PIECES = (
    ("layer of a torch.nn.Transformer", "self_attn.in_proj_weight", "layers.0."),
    ("torch.nn.MultiheadAttention", "in_proj_weight", "layers.0.self_attn."),
)


def _start(stack: str, starts: Sequence[str]) -> str:
    """The one of these that names a stack: by the stack's own name, if one does."""
    return next((start for start in starts if start.endswith(f"{stack}.")), next(iter(starts), f"{stack}."))


WHOLE = Layout({"encoder": "encoder.", "decoder": "decoder."})
"""A `torch.nn.Transformer` as it is saved."""


def stored(name: str, layout: Layout = WHOLE) -> Stored | None:
    """Where our parameter `name` is stored, or None when PyTorch has no module for it.

    >>> stored("encoder.layers.0.ffn.w_1").tensor
    'encoder.layers.0.linear1.weight'
    """
    stack, *above, parameter = name.split(".")
    block = above[-1] if above else ""
    layer = layout.starts.get(stack, "") + "".join(f"{each}." for each in above[:-1])
    if "norm" in parameter:
        module = f"norm{layout.norms(stack).index(block) + 1}" if block else "norm"
        return Stored(f"{layer}{module}.{_TENSORS[parameter.rpartition('_')[2]]}", (name,))
    if block == "ffn" and parameter in _TENSORS:
        return Stored(f"{layer}{_TENSORS[parameter]}", (name,))
    if block not in _ATTENTION:
        return None
    module = f"{layer}{_ATTENTION[block]}"
    if parameter in _TENSORS:
        return Stored(f"{module}.{_TENSORS[parameter]}", (name,))
    kind, _, letter = parameter.partition("_")
    if kind not in _FUSED or letter not in ("q", "k", "v"):
        return None
    block_path = name.rpartition(".")[0]
    return Stored(f"{module}.{_FUSED[kind]}", tuple(f"{block_path}.{kind}_{each}" for each in "qkv"))
