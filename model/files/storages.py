"""How numbers are stored: how many bytes a block of them takes, and how it is decoded to float32 (F64: float64)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.files.extras import from_extra
from attn_explore.model.files.quantised import DECODERS
from attn_explore.model.problems import Problem

Decode = Callable[[bytes], Array]
"""From the bytes of whole blocks to their numbers."""


class Storage(NamedTuple):
    """A way to store numbers.

    numbers  in a block, which is stored and decoded as a whole; 1 where each number stands for itself
    nbytes   of a block
    decode   gives float32 or float64; None where these are no numbers of a model, or are not understood
    dtype    of numbers that are stored as NumPy has them
    """

    numbers: int
    nbytes: int
    decode: Decode | None = None
    dtype: np.dtype[Any] | None = None

    def bytes_of(self, count: int) -> int:
        """The bytes that so many numbers take: they fill their blocks."""
        return count // self.numbers * self.nbytes


def decoded_dtype(name: str) -> np.dtype[Any]:
    """The type that numbers of a storage are decoded to."""
    return np.dtype(np.float64 if name == "F64" else np.float32)


# --- numbers that stand for themselves


def _plain(dtype: str) -> Storage:
    stored = np.dtype(dtype)
    return Storage(1, stored.itemsize, lambda content: np.frombuffer(content, stored), stored)


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
"""All that are decoded exactly."""

SAFETENSORS: Mapping[str, Storage] = {
    **FLOATS,
    **{name: Storage(1, 1) for name in ("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0")},
    **{name: Storage(1, 2) for name in ("U16", "I16")},
    **{name: Storage(1, 4) for name in ("U32", "I32")},
    **{name: Storage(1, 8) for name in ("U64", "I64", "C64")},
}
"""The types of the format safetensors: what is no parameter (positions, masks) may lie beside them, and is not read."""


# --- blocks of few bits, as llama.cpp writes them


def _decoded(decode: Callable[[Array], Array], nbytes: int, content: bytes) -> Array:
    return decode(np.frombuffer(content, np.uint8).reshape(-1, nbytes)).reshape(-1)


def _dequantised(name: str, content: bytes) -> Array:
    kind = getattr(from_extra("gguf.constants", f"the type {name}").GGMLQuantizationType, name, None)
    try:
        blocks = np.frombuffer(content, np.uint8).reshape(1, -1)  # one row: it decodes 16 rows at a time
        found: Array = from_extra("gguf.quants", f"the type {name}").dequantize(blocks, kind)
    except (NotImplementedError, AttributeError) as error:
        what = f"the installed package gguf does not decode the type {name}"
        raise Problem(what, hint="a newer one may: pip install -U gguf") from error
    return found.reshape(-1)


def _blocks(name: str, numbers: int, nbytes: int) -> tuple[str, Storage]:
    ours = DECODERS.get(name)
    decode = partial(_dequantised, name) if ours is None else partial(_decoded, ours, nbytes)
    return name, Storage(numbers, nbytes, decode)


GGML_TYPES: Mapping[int, tuple[str, Storage]] = {
    0: ("F32", FLOATS["F32"]),
    1: ("F16", FLOATS["F16"]),
    2: _blocks("Q4_0", 32, 18),
    3: _blocks("Q4_1", 32, 20),
    6: _blocks("Q5_0", 32, 22),
    7: _blocks("Q5_1", 32, 24),
    8: _blocks("Q8_0", 32, 34),
    10: _blocks("Q2_K", 256, 84),
    11: _blocks("Q3_K", 256, 110),
    12: _blocks("Q4_K", 256, 144),
    13: _blocks("Q5_K", 256, 176),
    14: _blocks("Q6_K", 256, 210),
    16: _blocks("IQ2_XXS", 256, 66),
    17: _blocks("IQ2_XS", 256, 74),
    18: _blocks("IQ3_XXS", 256, 98),
    19: _blocks("IQ1_S", 256, 50),
    20: _blocks("IQ4_NL", 32, 18),
    21: _blocks("IQ3_S", 256, 110),
    22: _blocks("IQ2_S", 256, 82),
    23: _blocks("IQ4_XS", 256, 136),
    24: ("I8", Storage(1, 1)),
    25: ("I16", Storage(1, 2)),
    26: ("I32", Storage(1, 4)),
    27: ("I64", Storage(1, 8)),
    28: ("F64", FLOATS["F64"]),
    29: _blocks("IQ1_M", 256, 56),
    30: ("BF16", FLOATS["BF16"]),
    34: _blocks("TQ1_0", 256, 54),
    35: _blocks("TQ2_0", 256, 66),
    39: _blocks("MXFP4", 32, 17),
}
"""The types of the format GGUF by their numbers, as in llama.cpp's ggml.h."""

GGUF: Mapping[str, Storage] = dict(GGML_TYPES.values())
