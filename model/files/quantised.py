"""Blocks of few bits as llama.cpp writes them most often, decoded several times faster than by the package `gguf`.

Each function is given blocks, a row of bytes each, and returns their numbers in as many rows. The operations are those
of ggml's `dequantize_row_…`, in their order, so that every bit is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from attn_explore.model.axes import Array


def q4_0(blocks: Array) -> Array:
    """d·(q − 8): a scale, 32 numbers of 4 bits."""
    found = _halves(blocks[:, 2:], 16, np.float32).reshape(-1, 32)
    found -= 8
    found *= _scale(blocks, 0)
    return found


def q4_1(blocks: Array) -> Array:
    """d·q + m: a scale, a least number, 32 numbers of 4 bits."""
    found = _halves(blocks[:, 4:], 16, np.float32).reshape(-1, 32)
    found *= _scale(blocks, 0)
    found += _scale(blocks, 2)
    return found


def q8_0(blocks: Array) -> Array:
    """d·q: a scale, 32 whole numbers of 8 bits."""
    found: Array = np.multiply(blocks[:, 2:].view(np.int8), _scale(blocks, 0), dtype=np.float32)
    return found


def q4_k(blocks: Array) -> Array:
    """d·s·q − e·m: two scales, 8 pairs of s and m of 6 bits each, 256 numbers of 4 bits."""
    first, second, third = blocks[:, 4:8], blocks[:, 8:12], blocks[:, 12:16]
    scales = np.concatenate([first & 63, third & 15 | first >> 2 & 48], axis=1)
    least = np.concatenate([second & 63, third >> 4 | second >> 2 & 48], axis=1)
    found = _halves(blocks[:, 16:], 32, np.float32).reshape(-1, 8, 32)
    found *= (_scale(blocks, 0) * scales)[:, :, None]
    found -= (_scale(blocks, 2) * least)[:, :, None]
    return found.reshape(-1, 256)


def q6_k(blocks: Array) -> Array:
    """d·s·(q − 32): the lower 4 bits of 256 numbers, their upper 2, 16 scales of 8 bits, a scale of all."""
    lower = _halves(blocks[:, :128], 64, np.uint8).reshape(-1, 2, 4, 32)
    for place, shift in enumerate((0, 2, 4, 6)):
        lower[:, :, place] |= (blocks[:, 128:192].reshape(-1, 2, 32) >> shift & 3) << 4
    found = lower.reshape(-1, 16, 16).astype(np.float32)
    found -= 32
    found *= (_scale(blocks, 208) * blocks[:, 192:208].view(np.int8))[:, :, None]
    return found.reshape(-1, 256)


DECODERS: Mapping[str, Callable[[Array], Array]] = {
    "Q4_0": q4_0, "Q4_1": q4_1, "Q8_0": q8_0, "Q4_K": q4_k, "Q6_K": q6_k,
}  # fmt: skip
"""All of them, by the names of their types."""


def _scale(blocks: Array, start: int) -> Array:
    """A number of 16 bits that begins at this byte of each block, as a column."""
    return blocks[:, start : start + 2].view("<f2").astype(np.float32)


def _halves(packed: Array, width: int, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Two numbers of 4 bits in each byte: of every `width` bytes first the lower halves, then the upper."""
    groups = packed.reshape(len(packed), -1, width)
    found = np.empty((len(packed), groups.shape[1], 2, width), dtype)
    found[:, :, 0] = groups & 15
    found[:, :, 1] = groups >> 4
    return found
