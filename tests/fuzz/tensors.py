"""Spoiled weights files, with what they tell of a training."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.files.in_pieces import Described
from attn_explore.model.files.safetensors import read_safetensors, safetensors_bytes
from attn_explore.model.training.record import ABOUT, Record, read_record, record_file
from tests.fuzz import mutations
from tests.fuzz.mutations import spoiled_tree
from tests.fuzz.reader import Reader, words

_SHAPES = {"w_q": (Axis("d_model", 2), Axis("d_k", 2)), "b": (Axis("d_k", 3),)}
_TRAINING = ("loss", "scores", "adam.first", "adam.second", "moments.w_q", "moments.b")
_KEYS = ("w_q", "b", "F32", "F64", "BF16", "shape", "dtype", "data_offsets", ABOUT)


def safetensors() -> Reader:
    """Make the reader of weights."""
    tensors: dict[str, Array] = {"w_q": np.ones((2, 2), np.float32), "b": np.zeros(3)}
    moments = {name: np.stack([array, array]).astype(np.float64) for name, array in tensors.items()}
    record = Record({}, (0, 1), np.zeros(1), np.zeros((2, 4)), moments, np.zeros(7), np.zeros(7))
    known = words("F64 BF16 F8_E4M3 data_offsets shape dtype __metadata__ [0,8]", "\0" * 8)
    return Reader("safetensors", (file_of(tensors, {}), b"".join(record_file(record))), known, _read, _keep)


def _read(content: bytes) -> None:
    list(read_safetensors(content, "file", _SHAPES, {f"training.{name}" for name in _TRAINING}))
    read_record(content, "file", _SHAPES)


def _keep(chance: Random, content: bytes) -> bytes:
    return with_changed_header(chance, content, ABOUT, ("about", "steps"), _KEYS)


def file_of(tensors: dict[str, Array], metadata: dict[str, str]) -> bytes:
    """The tensors as a safetensors file."""
    described = [Described(name, array.dtype, array.shape) for name, array in tensors.items()]
    return b"".join(safetensors_bytes(described, tensors.values(), metadata))


def with_changed_header(
    chance: Random, content: bytes, about: str, in_about: Sequence[str], keys: Sequence[str]
) -> bytes:
    """Change the header, or the JSON that is a text in it, and keep the length before it right."""
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    texts = header["__metadata__"]
    if about in texts and chance.random() < 0.6:
        texts[about] = mutations.written(spoiled_tree(chance, json.loads(texts[about]), in_about))
    else:
        header = spoiled_tree(chance, header, keys)
    text = mutations.written(header).encode("utf-8", "replace")
    return len(text).to_bytes(8, "little") + text + content[start:]
