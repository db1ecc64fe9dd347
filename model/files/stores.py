"""Tensors on the disk: what there are is known from headers alone, and numbers are read when somebody asks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.cores import share
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.files.safetensors import Tensor, header_length, parse_header, shape_text
from attn_explore.model.files.signatures import LOOKED_AT
from attn_explore.model.files.storages import SAFETENSORS, Decode, Storage, decoded_dtype
from attn_explore.model.problems import Problem, nearest, raise_any

_MOST_AXES = 32
"""Axes of a tensor that is read: NumPy has a limit, and no model comes near it."""
_MOST_ADDRESSED = 2**59
"""Numbers that a shape may ask for with its empty axes left out: NumPy refuses more, even where there is no number."""
_READ_AT_ONCE = 2**20
"""Bytes that are read at once where they are the numbers."""
_PIECE = 2**17
"""Bytes that are decoded at once: reading takes little more memory than it gives, and a piece fits into the cache."""


@dataclass(frozen=True)
class StoredTensor:
    """Where a tensor is stored, and how.

    shape    in NumPy's order
    storage  F32, BF16, Q4_1 …
    offset   of its first byte in the file
    """

    file: Path
    shape: tuple[int, ...]
    storage: str
    offset: int
    nbytes: int

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Block:
    """The bytes that a number of a tensor is stored in, with others where it shares them.

    offset   of the first byte in the file
    numbers  in the block
    place    of the number among them
    """

    file: Path
    tensor: str
    storage: str
    content: bytes
    offset: int
    numbers: int
    place: int


@dataclass(frozen=True, eq=False)
class TensorStore:
    """The tensors of a file, or of several that belong together. Several threads may read at once.

    path      what was opened
    tensors   by their names
    files     that they lie in, open
    metadata  what is said beside the tensors
    storages  by their names, those that are known
    """

    path: Path
    tensors: Mapping[str, StoredTensor]
    files: Mapping[Path, PositionedFile]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    storages: Mapping[str, Storage] = field(default_factory=lambda: SAFETENSORS)

    @property
    def nbytes(self) -> int:
        """How large the files are."""
        return sum(file.size for file in self.files.values())

    def read(self, name: str, start: int | None = None, stop: int | None = None, *, room: Array | None = None) -> Array:
        """The numbers of a tensor as float32 (F64: float64), or its rows [start, stop) along the first axis.

        No more than these rows is read. `room` is memory for so many, in any type, where they may be put. Raises
        Problem where there is no such tensor, it holds no numbers that are understood, or the file is no longer what
        was opened.
        """
        tensor = self._tensor(name)
        storage = self.storages.get(tensor.storage, _UNKNOWN)
        if storage.decode is None:
            raise Problem(f"has the type {tensor.storage}", hint=_CONVERT, path=tensor.file, place=_place(name))
        if start is None and stop is None:
            return self._numbers(tensor, storage.decode, range(tensor.size), room).reshape(tensor.shape)
        rows, width = range(tensor.shape[0])[start:stop], math.prod(tensor.shape[1:])
        numbers = self._numbers(tensor, storage.decode, range(rows.start * width, rows.stop * width), room)
        return numbers.reshape(len(rows), *tensor.shape[1:])

    def block(self, name: str, number: int) -> Block:
        """The bytes of a number of a tensor, by its place in the file. Raises Problem as `read` does."""
        tensor = self._tensor(name)
        storage = self.storages[tensor.storage]
        block, place = divmod(number, storage.numbers)
        offset = tensor.offset + block * storage.nbytes
        content = self.files[tensor.file].read(offset, storage.nbytes)
        return Block(tensor.file, name, tensor.storage, content, offset, storage.numbers, place)

    def _tensor(self, name: str) -> StoredTensor:
        found = self.tensors.get(name)
        if found is None:
            near = nearest(name, self.tensors)
            hint = f"did you mean {near}?" if near else ""
            raise Problem("there is no such tensor", hint=hint, path=self.path, place=_place(name))
        return found

    def _numbers(self, tensor: StoredTensor, decode: Decode, wanted: range, room: Array | None) -> Array:
        """Some numbers that follow one another in the file: whole blocks are decoded, piece by piece."""
        file, storage = self.files[tensor.file], self.storages[tensor.storage]
        size = storage.numbers
        first, last = wanted.start // size, -(-wanted.stop // size)
        count = (last - first) * size
        fits = room is not None and room.size == count
        found = room.reshape(-1) if room is not None and fits else np.empty(count, decoded_dtype(tensor.storage))
        is_as_stored = storage.dtype is not None and storage.dtype == found.dtype  # None is float64 to NumPy
        step = max(1, (_READ_AT_ONCE if is_as_stored else _PIECE) // storage.nbytes)

        def read(begin: int) -> None:
            end = min(begin + step, last)
            piece = found[(begin - first) * size : (end - first) * size]
            place = tensor.offset + begin * storage.nbytes
            if is_as_stored:
                file.read_into(place, piece.view(np.uint8).data)
            else:
                piece[:] = decode(file.read(place, (end - begin) * storage.nbytes))

        share(read, range(first, last, step))
        return found[wanted.start - first * size :][: len(wanted)]


_UNKNOWN = Storage(1, 1)
_CONVERT = "only floating-point numbers are read as parameters: convert it to F32, F16 or BF16"


def _place(name: str) -> str:
    return f"tensor {name!r}"


# --- safetensors


def safetensors_store(path: Path) -> TensorStore:
    """The tensors of one safetensors file. Raises Problem where its header is damaged."""
    file = PositionedFile(path)
    tensors, metadata = tensors_of(file)
    return TensorStore(path, tensors, {path: file}, metadata)


def tensors_of(file: PositionedFile) -> tuple[dict[str, StoredTensor], Mapping[str, Any]]:
    """The tensors of a safetensors file, and what is said beside them."""
    name = str(file.path)
    length = header_length(file.read(0, min(LOOKED_AT, file.size)), file.size, name)
    header = parse_header(file.read(8, length), file.size, name)
    raise_any(fault for key, tensor in header.tensors.items() if (fault := _wrong_with(key, tensor, file.path)))
    tensors = {
        key: StoredTensor(file.path, tensor.shape, tensor.dtype, header.start + tensor.start, tensor.end - tensor.start)
        for key, tensor in header.tensors.items()
    }
    return tensors, header.metadata


def _wrong_with(name: str, tensor: Tensor, path: Path) -> Problem | None:
    """What is wrong with a tensor, whatever the model is."""
    what = wrong_shape(tensor.shape) or _wrong_size(tensor)
    return Problem(what, path=path, place=_place(name)) if what else None


def wrong_shape(shape: tuple[int, ...]) -> str:
    """What is wrong with a shape, whatever the model is; nothing where it may be."""
    if len(shape) > _MOST_AXES:
        return f"has {len(shape)} axes, and at most {_MOST_AXES} are read"
    return "has more numbers than any memory" if math.prod(size or 1 for size in shape) > _MOST_ADDRESSED else ""


def _wrong_size(tensor: Tensor) -> str:
    storage, nbytes = SAFETENSORS.get(tensor.dtype), tensor.end - tensor.start
    if storage is None or nbytes == storage.bytes_of(math.prod(tensor.shape)):
        return ""
    return f"has {nbytes:,} bytes, which is not {shape_text(tensor.shape)} of {tensor.dtype}"
