"""Parameters rounded to another storage: what a model becomes when its numbers are kept in fewer bits.

bf16    the upper 16 bits of a float32, rounded to the nearest, of two to the even one
f16     IEEE 754 half precision, rounded likewise
int8    each row by itself: a scale of float32, the largest magnitude / 127, and whole numbers of 8 bits
q8_0    blocks of 32 numbers of a row: a float16 scale, 8 bits each
q4_1    blocks of 32 numbers of a row: a float16 scale and a float16 least number, 4 bits each

The last two are llama.cpp's (ggml-quants.c, `quantize_row_q8_0_ref` and `quantize_row_q4_1_ref`).

A row is what makes one output of a matrix, or one row of a table, as files have them. The last block of a row that does
not come out even holds what is left. Parameters of one axis, gains and biases, stay as they are but for bf16 and f16.
All is computed in float32, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.quantised import q4_1, q8_0
from attn_explore.model.sources import Numbers, Source, is_stored, part_of

BLOCK = 32
"""Numbers of a row that share a scale in llama.cpp's types."""

_AT_ONCE = 2**14
"""Blocks that are rounded together: a large matrix is not copied as a whole."""


@dataclass(frozen=True)
class Storage:
    """A type that numbers are kept in.

    name     as files call it
    numbers  in a block; None: a whole row
    pack     blocks of float32, a row each -> their bytes, a row each
    unpack   the way back
    of_all   whether parameters of one axis are kept in it, too
    """

    name: str
    numbers: int | None
    pack: Callable[[Array], Array]
    unpack: Callable[[Array], Array]
    of_all: bool = False

    def rounded(self, rows: Array) -> Array:
        """Numbers as they come back from this storage, in float32. Rows lie along the last axis.

        >>> STORAGES["int8"].rounded(np.array([[127.0, 0.6, -3.5]])).tolist()
        [[127.0, 1.0, -4.0]]
        """
        blocks = self.blocks(rows)
        found = np.empty_like(blocks)
        with np.errstate(all="ignore"):  # what is infinite or no number comes back as the storage has it
            for start in range(0, len(blocks), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                found[part] = self.unpack(self.pack(blocks[part]))
        return found.reshape(*rows.shape[:-1], -1)[..., : rows.shape[-1]]

    def blocks(self, rows: Array) -> Array:
        """Rows in blocks. The last of a row is filled up with its last number, which no scale depends on."""
        width = rows.shape[-1]
        numbers = self.numbers or width
        padding = [(0, 0)] * (rows.ndim - 1) + [(0, -width % numbers)]
        with np.errstate(over="ignore"):
            narrow = rows.astype(np.float32)
        return np.pad(narrow, padding, mode="edge").reshape(-1, numbers)


def _pack_bf16(blocks: Array) -> Array:
    bits = np.ascontiguousarray(blocks).view(np.uint32)
    nearest = bits + (0x7FFF + (bits >> 16 & 1))
    upper = np.where(np.isnan(blocks), bits | 0x400000, nearest) >> 16
    return upper.astype("<u2").view(np.uint8)


def _unpack_bf16(packed: Array) -> Array:
    bits = packed.view("<u2").astype(np.uint32) << 16
    return bits.view(np.float32)


def _pack_f16(blocks: Array) -> Array:
    return blocks.astype("<f2").view(np.uint8)


def _unpack_f16(packed: Array) -> Array:
    return packed.view("<f2").astype(np.float32)


def _pack_int8(blocks: Array) -> Array:
    scale = np.abs(blocks).max(1, keepdims=True) / np.float32(127)
    quants = np.rint(_divided(blocks, scale))
    return np.concatenate([scale.astype("<f4").view(np.uint8), quants.astype(np.int8).view(np.uint8)], axis=1)


def _unpack_int8(packed: Array) -> Array:
    found: Array = np.multiply(packed[:, 4:].view(np.int8), packed[:, :4].copy().view("<f4"), dtype=np.float32)
    return found


def _divided(numbers: Array, scale: Array) -> Array:
    """Numbers divided by a scale; 0 where it is 0."""
    return np.divide(numbers, scale, out=np.zeros_like(numbers), where=scale != 0)


def _inverse(scale: Array) -> Array:
    """1 by a scale: llama.cpp multiplies by it, and does not divide."""
    return _divided(np.ones_like(scale), scale)


def _pack_q8_0(blocks: Array) -> Array:
    scale = np.abs(blocks).max(1, keepdims=True) / np.float32(127)
    quants = _away_from_zero(blocks * _inverse(scale))
    return np.concatenate([_half(scale), quants.astype(np.int8).view(np.uint8)], axis=1)


def _away_from_zero(numbers: Array) -> Array:
    """C's roundf: to the nearest whole number, halves away from 0."""
    whole = np.trunc(numbers)
    found: Array = whole + np.trunc(2 * (numbers - whole))
    return found


def _pack_q4_1(blocks: Array) -> Array:
    least = blocks.min(1, keepdims=True)
    scale = (blocks.max(1, keepdims=True) - least) / np.float32(15)
    quants = ((blocks - least) * _inverse(scale) + np.float32(0.5)).astype(np.uint8).clip(0, 15)
    lower, upper = quants[:, : BLOCK // 2], quants[:, BLOCK // 2 :]
    return np.concatenate([_half(scale), _half(least), lower | upper << 4], axis=1)


def _half(numbers: Array) -> Array:
    return numbers.astype("<f2").view(np.uint8)


STORAGES: Mapping[str, Storage] = MappingProxyType(
    {
        "bf16": Storage("BF16", 1, _pack_bf16, _unpack_bf16, of_all=True),
        "f16": Storage("F16", 1, _pack_f16, _unpack_f16, of_all=True),
        "int8": Storage("INT8", None, _pack_int8, _unpack_int8),
        "q8_0": Storage("Q8_0", BLOCK, _pack_q8_0, q8_0),
        "q4_1": Storage("Q4_1", BLOCK, _pack_q4_1, q4_1),
    }
)
"""All of them, by the name that a scenario and `--as` give."""


@dataclass(frozen=True)
class Packed:
    """The bytes of a block, how many numbers share them, and the place of one of these among them."""

    storage: str
    content: bytes
    numbers: int
    place: int


@dataclass(frozen=True, eq=False)
class Rounded:
    """Numbers as they come back from another storage; a `Source` (model/sources.py).

    along   the axis along which rows lie: the inputs of a matrix, the last axis of a table
    """

    numbers: Numbers
    storage: Storage
    along: int

    @cached_property
    def identity(self) -> Hashable:
        """What is rounded, and to what; numbers that are in memory, by their bits."""
        if is_stored(self.numbers):
            return self.storage.name, self.along, self.numbers.identity
        array = np.ascontiguousarray(self.numbers)
        return self.storage.name, self.along, str(array.dtype), array.shape, sha256(array.data).digest()

    @property
    def shape(self) -> tuple[int, ...]:
        """See `Source`."""
        return self.numbers.shape

    def read(self, _room: Array | None = None) -> Array:
        """Every number."""
        return self._rounded(self._part((slice(None),) * len(self.shape)))

    def rows(self, start: int, stop: int) -> Array:
        """Some numbers along the first axis: of a table no more than these are read."""
        return self._window(0, slice(start, stop))

    def columns(self, start: int, stop: int) -> Array:
        """Some numbers along the last axis: of a matrix no more than these are read."""
        return self._window(len(self.shape) - 1, slice(start, stop))

    def block(self, index: tuple[int, ...]) -> Packed:
        """The bytes that the number at an index comes back from."""
        around = [slice(place, place + 1) for place in index]
        around[self.along] = slice(None)
        row = np.asarray(self._part(tuple(around))).reshape(1, -1)
        blocks = self.storage.blocks(row)
        which, place = divmod(index[self.along], blocks.shape[1])
        with np.errstate(all="ignore"):
            content = self.storage.pack(blocks[which : which + 1]).tobytes()
        numbers = min(blocks.shape[1], row.size - which * blocks.shape[1])
        return Packed(self.storage.name, content, numbers, place)

    def describe(self) -> Mapping[str, object]:
        """Where the numbers are stored that are rounded, and to what."""
        if not is_stored(self.numbers):
            return {"storage": self.storage.name}
        said = self.numbers.describe()
        return {**said, "storage": f"{said['storage']}, rounded to {self.storage.name}"}

    def _window(self, axis: int, places: slice) -> Array:
        """What stands at some places of an axis: rows are rounded whole, and cut afterwards."""
        window = [slice(None)] * len(self.shape)
        window[axis] = places
        if axis == self.along and self.storage.numbers != 1:
            return self.read()[tuple(window)]
        return self._rounded(self._part(tuple(window)))

    def _part(self, window: tuple[slice, ...]) -> Array:
        if isinstance(self.numbers, np.ndarray):
            found: Array = self.numbers[window]
            return found
        return part_of(self.numbers, window)

    def _rounded(self, array: Array) -> Array:
        return np.moveaxis(self.storage.rounded(np.moveaxis(array, self.along, -1)), -1, self.along)


def rounded(parameters: Mapping[str, Numbers], name: str) -> dict[str, Numbers]:
    """Parameters as they come back from the storage of this name."""
    storage = STORAGES[name]
    return {path: _rounded(path, numbers, storage) for path, numbers in parameters.items()}


def _rounded(path: str, numbers: Numbers, storage: Storage) -> Numbers:
    if len(numbers.shape) < 2 and not storage.of_all:
        return numbers
    is_matrix = len(numbers.shape) > 1 and path.rpartition(".")[2].startswith("w")
    return Rounded(numbers, storage, len(numbers.shape) - (2 if is_matrix else 1))


def stored_before(numbers: Source | None) -> Source | None:
    """Where the numbers are stored that are rounded; of others, where they are."""
    if not isinstance(numbers, Rounded):
        return numbers
    return numbers.numbers if is_stored(numbers.numbers) else None
