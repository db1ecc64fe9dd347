"""How numbers are stored: how many bytes a block of them takes, and how it is decoded to float32 (F64: float64)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from attn_explore.model.axes import Array

Decode = Callable[[bytes], Array]
"""From the bytes of whole blocks to their numbers."""


class Storage(NamedTuple):
    """A way to store numbers.

    numbers  in a block, which is stored and decoded as a whole; 1 where each number stands for itself
    nbytes   of a block
    decode   gives float32 or float64; None where these are no numbers of a model, or are not understood
    """

    numbers: int
    nbytes: int
    decode: Decode | None = None

    def bytes_of(self, count: int) -> int:
        """The bytes that so many numbers take: they fill their blocks."""
        return count // self.numbers * self.nbytes


def _plain(dtype: str) -> Storage:
    stored = np.dtype(dtype)
    return Storage(1, stored.itemsize, lambda content: np.frombuffer(content, stored))


def _bf16(content: bytes) -> Array:
    """The upper half of a float32."""
    widened = np.frombuffer(content, "<u2").astype(np.uint32)
    widened <<= 16
    return widened.view(np.float32)


FLOATS: Mapping[str, Storage] = {
    "F64": _plain("<f8"),
    "F32": _plain("<f4"),
    "F16": _plain("<f2"),
    "BF16": Storage(1, 2, _bf16),
}
"""Numbers that stand for themselves, exactly."""

SAFETENSORS: Mapping[str, Storage] = {
    **FLOATS,
    **{name: Storage(1, 1) for name in ("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0")},
    **{name: Storage(1, 2) for name in ("U16", "I16")},
    **{name: Storage(1, 4) for name in ("U32", "I32")},
    **{name: Storage(1, 8) for name in ("U64", "I64", "C64")},
}
"""The types of the format safetensors: what is no parameter (positions, masks) may lie beside them, and is not read."""


def decoded_dtype(name: str) -> np.dtype[Any]:
    """The type that numbers of a storage are decoded to."""
    return np.dtype(np.float64 if name == "F64" else np.float32)
