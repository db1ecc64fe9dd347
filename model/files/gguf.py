"""GGUF files, as llama.cpp reads them: what is said of a model, its vocabulary, and where its tensors are.

Source of the format: github.com/ggml-org/ggml, docs/gguf.md. Nothing that a file says of sizes is believed beyond its
end, and only its header is read before somebody asks for numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from attn_explore.model.files.gguf_values import UINT32, UINT64, Values
from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.files.signatures import LOOKED_AT, advice_for
from attn_explore.model.files.storages import GGML_TYPES, GGUF, Storage
from attn_explore.model.files.stores import StoredTensor, TensorStore, wrong_shape
from attn_explore.model.problems import Problem

MAGIC = b"GGUF"
"""How such a file begins."""

_VERSIONS = (2, 3)
_MOST_KEYS = 2**16
_MOST_TENSORS = 2**17
_MOST_AXES = 4
_ALIGNMENT = 32
_LARGEST_ALIGNMENT = 2**16


class _Described(NamedTuple):
    """What a header says of a tensor; its place is counted from the first tensor's."""

    name: str
    shape: tuple[int, ...]
    type_name: str
    storage: Storage
    start: int

    @property
    def end(self) -> int:
        return self.start + self.storage.bytes_of(math.prod(self.shape))


def gguf_store(path: Path) -> TensorStore:
    """The tensors of a GGUF file, and its metadata. Raises Problem where its header is damaged."""
    file = PositionedFile(path)
    values = Values(file)
    tensor_count, key_count = _begin(values, file.read(0, min(LOOKED_AT, file.size)))
    metadata = _metadata(values, key_count)
    _check_is_whole(metadata, path)
    described = [_described(values) for _ in range(tensor_count)]
    alignment = _alignment(metadata, path)
    start = _aligned(values.at, alignment)
    _check_places(described, alignment, file.size - start, path)
    tensors = {
        each.name: StoredTensor(path, each.shape, each.type_name, start + each.start, each.end - each.start)
        for each in described
    }
    return TensorStore(path, tensors, {path: file}, metadata, GGUF)


def _begin(values: Values, content: bytes) -> tuple[int, int]:
    """How many tensors and keys there are."""
    if content[:4] != MAGIC:
        hint = advice_for(content, str(values.path))
        raise Problem("this is not a GGUF file", path=values.path, place="byte 0", hint=hint)
    values.number(UINT32)
    version = values.number(UINT32)
    if version not in _VERSIONS:
        what = "this GGUF file has another byte order" if version & 0xFFFF == 0 else f"this is GGUF version {version}"
        raise Problem(what, path=values.path, place="byte 4", hint="versions 2 and 3 are read")
    tensors, keys = values.number(UINT64), values.number(UINT64)
    if tensors > _MOST_TENSORS or keys > _MOST_KEYS:
        raise values.problem(f"{tensors:,} tensors and {keys:,} keys are more than any model has")
    return tensors, keys


def _metadata(values: Values, count: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(count):
        key = values.text()
        if key in found:
            raise values.problem(f"the key {key!r} stands twice in the header")
        found[key] = values.value()
    return found


def _check_is_whole(metadata: Mapping[str, Any], path: Path) -> None:
    parts = metadata.get("split.count", 1)
    if parts not in (0, 1):
        hint = "join them: llama-gguf-split --merge FIRST JOINED"
        raise Problem(f"this is one of {parts} files that are one model", path=path, hint=hint)


def _alignment(metadata: Mapping[str, Any], path: Path) -> int:
    found = metadata.get("general.alignment", _ALIGNMENT)
    if type(found) is not int or found.bit_count() != 1 or found > _LARGEST_ALIGNMENT:
        raise Problem("`general.alignment` is no power of two", path=path, place="header")
    return found


def _aligned(place: int, alignment: int) -> int:
    return -(-place // alignment) * alignment


# --- tensors


def _described(values: Values) -> _Described:
    """The next tensor."""
    name, axes = values.text(), values.number(UINT32)
    if axes > _MOST_AXES:
        raise _problem(values.path, name, f"has {axes} axes, and at most {_MOST_AXES} are read")
    shape = tuple(values.number(UINT64) for _ in range(axes))[::-1]  # the axis that varies fastest stands first
    kind, start = values.number(UINT32), values.number(UINT64)
    if kind not in GGML_TYPES:
        raise _problem(values.path, name, f"has the type {kind}, which is not known")
    type_name, storage = GGML_TYPES[kind]
    if what := wrong_shape(shape) or _wrong_rows(shape, type_name, storage):
        raise _problem(values.path, name, what)
    return _Described(name, shape, type_name, storage, start)


def _wrong_rows(shape: tuple[int, ...], type_name: str, storage: Storage) -> str:
    width = shape[-1] if shape else 1
    if width % storage.numbers == 0:
        return ""
    return f"has rows of {width:,} numbers, and {type_name} is stored by {storage.numbers}"


def _check_places(described: list[_Described], alignment: int, size: int, path: Path) -> None:
    """The tensors must follow one another, as llama.cpp demands, within the `size` of their part of the file."""
    expected, names = 0, set()
    for each in sorted(described, key=lambda each: (each.start, each.end)):
        if each.name in names:
            raise _problem(path, each.name, "this name stands twice in the header")
        if each.start != expected:
            raise _problem(path, each.name, "its bytes overlap another tensor's or leave a gap")
        if each.end > size:
            raise _problem(path, each.name, f"ends {each.end - size:,} bytes beyond the end of the file")
        expected = _aligned(each.end, alignment)
        names.add(each.name)


def _problem(path: Path, name: str, what: str) -> Problem:
    return Problem(what, path=path, place=f"tensor {name!r}")
