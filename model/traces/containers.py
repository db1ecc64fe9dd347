"""A trace in each of its formats: what it says, and the arrays that it holds, each read when it is asked for."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.npz import Npz
from attn_explore.model.files.safetensors import read_safetensors
from attn_explore.model.files.strict_json import Advice, read_json
from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.traces.export import DESCRIPTION
from attn_explore.model.traces.record_checks import Expected, records_in, unknown
from attn_explore.model.traces.records import FORMAT
from attn_explore.model.values import Value

_SEEDS = (("scenario", "model", "weights", "seed"), ("scenario", "experiment", "seed"))

_NOT_NUMBERS = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}


@dataclass(frozen=True)
class TraceFile:
    """A file whose JSON was read.

    keys   of the tensors whose numbers it has
    fetch  gives the arrays of keys that it expects, and may meet others to ignore
    """

    description: dict[str, Any]
    keys: Container[str]
    fetch: Callable[[Expected, Iterable[str]], Iterator[tuple[str, Array]]]


def opened(content: bytes, path: Path, limit: int) -> TraceFile:
    """Read what a file says, by what is in it. Raises Problem where it is no trace."""
    content = content.removeprefix(BOM_UTF8)  # editors put one before JSON, as before YAML
    if content[:2] == b"PK":
        return _open_npz(content, path, limit)
    if content[4:9] == b"\0\0\0\0{":  # the length of a header under 4 GiB, then the header
        return _open_safetensors(content, path, limit)
    return _open_json(content, path, limit)


# --- what the file says of itself

_ADVICE = Advice(
    damaged="a trace is .json, .npz or .safetensors, as `attn-explore export` writes it",
    too_large="raise --memory-limit, or export as .npz",
)


def _description(content: bytes, path: Path, limit: int) -> dict[str, Any]:
    found = read_json(content, path, limit, _ADVICE)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        hint = "a trace is what `attn-explore export` writes"
        raise Problem("this is not a trace of attn-explore", path=path, line=1, column=1, hint=hint)
    return json.loads(content) if _has_long_seed(found) else found


def _has_long_seed(description: dict[str, Any]) -> bool:
    """Whether a seed has more than 64 bits, which only Python's own, slower reader of JSON reads in full."""
    return any(isinstance(_at(description, path), float) for path in _SEEDS)


def _at(data: Any, path: Sequence[str]) -> Any:
    """What stands at a path of keys; None where there is no such path."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


# --- JSON


def _open_json(content: bytes, path: Path, limit: int) -> TraceFile:
    description = _description(content, path, limit)
    records = records_in(description, path)

    def fetch(expected: Expected, _ignored: Iterable[str]) -> Iterator[tuple[str, Array]]:
        for key, value in expected.items():
            yield key, _array(records[key].get("values"), value, path)

    return TraceFile(description, {key for key, record in records.items() if "values" in record}, fetch)


def _array(values: object, value: Value, path: Path) -> Array:
    """Nested lists as an array in the value's shape; "NaN", "Infinity" and "-Infinity" stand for what JSON lacks."""
    items = [values]
    for depth, size in enumerate(value.shape):
        if any(type(item) is not list or len(item) != size for item in items):
            what = f"the numbers are not nested as the shape {list(value.shape)} says: {size} at depth {depth + 1}"
            raise Problem(what, path=path, place=f"{value.path}: values")
        items = list(chain.from_iterable(items))  # type: ignore[arg-type]
    kinds = set(map(type, items))
    if str in kinds:
        items = [_NOT_NUMBERS.get(item, item) if isinstance(item, str) else item for item in items]
        kinds = set(map(type, items))
    if kinds - {int, float}:
        raise Problem('not all of these are numbers, "NaN" or "-Infinity"', path=path, place=f"{value.path}: values")
    return np.array(items, np.float64).reshape(value.shape)


# --- safetensors and npz


def _open_safetensors(content: bytes, path: Path, limit: int) -> TraceFile:
    length = int.from_bytes(content[:8], "little")
    if length > len(content) - 8:
        raise Problem("the header of this safetensors file is cut short", path=path, place="byte 8")
    header = read_json(content[8 : 8 + length], path, limit, _ADVICE)
    metadata = header.get("__metadata__")
    text = metadata.get(FORMAT) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise Problem("this file holds tensors but no trace", path=path, place=f"metadata key '{FORMAT}'")

    def fetch(expected: Expected, ignored: Iterable[str]) -> Iterator[tuple[str, Array]]:
        shapes = {key: value.axes for key, value in expected.items()}
        yield from read_safetensors(content, str(path), shapes, by_hand=set(ignored))

    return TraceFile(_description(text.encode(), path, limit), header, fetch)


def _open_npz(content: bytes, path: Path, limit: int) -> TraceFile:
    archive = Npz(content, path, limit)
    description = archive[DESCRIPTION]
    if description.shape != () or description.dtype.kind != "U":
        raise Problem("this must be a text", path=path, place=DESCRIPTION)

    def fetch(expected: Expected, ignored: Iterable[str]) -> Iterator[tuple[str, Array]]:
        known = {*expected, *ignored, DESCRIPTION}
        raise_any(partial(unknown, key, expected, path) for key in archive.keys if key not in known)
        for key, value in expected.items():
            array = archive[key]
            if (array.shape, array.dtype) != (value.shape, value.dtype):
                what = f"{array.dtype} of shape {array.shape}, and the step is {value.dtype} of shape {value.shape}"
                raise Problem(what, path=path, place=key)
            yield key, array

    said = _description(str(description).encode("utf-8", "replace"), path, limit)
    return TraceFile(said, set(archive.keys), fetch)
