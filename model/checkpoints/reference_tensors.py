"""Tensors that another program computed, in a file, and which of our steps each of them is.

They are named by the paths of our traces, or as people take them from PyTorch with hooks: `hidden.0`,
`layer.0.weights`, `encoder.layer.1.self.weights`, `logits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.npz import Npz
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.signatures import LOOKED_AT, advice_for
from attn_explore.model.files.stores import safetensors_store
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace


@dataclass(frozen=True, eq=False)
class References:
    """The tensors of a file by their names there, each read when it is asked for.

    is_double  whether they are float64
    """

    path: Path
    tensors: Mapping[str, Callable[[], Array]]
    is_double: bool


def references_in(path: Path, limit: int) -> References:
    """The tensors in a safetensors or npz file of at most `limit` bytes. Raises Problem for what is neither."""
    start = read_regular(path, limit)[:LOOKED_AT]
    if start[:2] == b"PK":
        return _in_npz(path, limit)
    if start[8:9] == b"{":
        store = safetensors_store(path)
        readers = {name: _reader(store.read, name) for name in store.tensors}
        return References(path, readers, any(tensor.storage == "F64" for tensor in store.tensors.values()))
    hint = advice_for(start, path.name) or "reference tensors are a .safetensors or an .npz file"
    raise Problem("there are no reference tensors in this file", path=path, hint=hint)


def _in_npz(path: Path, limit: int) -> References:
    archive = Npz(read_regular(path, limit), path, limit)
    numbers = {key: array for key in archive.keys if (array := archive[key]).dtype.kind == "f"}
    is_double = any(array.dtype.itemsize == np.float64().itemsize for array in numbers.values())
    return References(path, {key: _reader(numbers.__getitem__, key) for key in numbers}, is_double)


def _reader(read: Callable[[str], Array], name: str) -> Callable[[], Array]:
    return lambda: read(name)


# --- names

Paths = tuple[str, ...]


def steps_of(trace: Trace, model: Architecture) -> dict[str, Paths]:
    """The paths that each known name means: several where a tensor holds several steps side by side."""
    found: dict[str, Paths] = {path: (path,) for path in trace.steps}
    stacks = [stack for stack, there in (("encoder", model.has_encoder), ("decoder", model.has_decoder)) if there]
    for stack in stacks:
        prefix = f"{stack}." if len(stacks) > 1 else ""
        named = {f"{prefix}{name}": paths for name, paths in _in_stack(trace, model, stack)}
        found |= {name: paths for name, paths in named.items() if all(path in trace.steps for path in paths)}
    return found


_IN_A_LAYER = {
    "q": "self_attention.q", "k": "self_attention.k", "v": "self_attention.v",
    "weights": "self_attention.weights", "attention_output": "self_attention.output",
    "norm1": "self_attention.norm", "norm2": "ffn.norm",
    "ffn_pre": "ffn.hidden_pre", "ffn_hidden": "ffn.hidden", "ffn_gate": "ffn.gate", "ffn_up": "ffn.up",
    "ffn_output": "ffn.output",
    "self.weights": "self_attention.weights", "cross.weights": "cross_attention.weights",
}  # fmt: skip


def _in_stack(trace: Trace, model: Architecture, stack: str) -> Iterator[tuple[str, Paths]]:
    count = model.layers_of(stack)
    yield "final_norm", (f"{stack}.final_norm",)
    for i in range(count):
        start = f"{stack}.layers.{i}"
        yield from ((f"layer.{i}.{name}", (f"{start}.{step}",)) for name, step in _IN_A_LAYER.items())
        yield f"layer.{i}.qkv", tuple(f"{start}.self_attention.{letter}" for letter in "qkv")
    yield from ((f"hidden.{i}", path) for i, path in enumerate(_residuals(trace, stack, count)))


def _residuals(trace: Trace, stack: str, count: int) -> Iterator[Paths]:
    """What enters each layer, and what comes out at the end: after the last norm, where there is one."""
    paths = [path for path in trace.steps if path.startswith(f"{stack}.")]
    in_layers = [path for path in paths if path.startswith(f"{stack}.layers.")]
    if not in_layers:
        return
    yield tuple(paths[: paths.index(in_layers[0])][-1:])
    for i in range(count):
        own = [path for path in in_layers if path.startswith(f"{stack}.layers.{i}.")]
        last = f"{stack}.final_norm" if i == count - 1 and f"{stack}.final_norm" in trace.steps else own[-1]
        yield (last,)
