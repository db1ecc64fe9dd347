"""The numbers of a scenario's parameters: drawn by its seed or read from its file, then set by hand.

Names and shapes are checked in full before anything runs, and everything that does not fit is reported at once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from model.axes import Array, Axis, names, sizes
from model.checkpoints import torch_transformer
from model.checkpoints.torch_transformer import Stored
from model.config import Matrix, ModelConfig
from model.parameters import Shapes, draw
from model.problems import Problem, nearest, raise_any
from model.scenario import Scenario

_FILE = ("model", "weights", "file")

LARGEST_HEADER = 10 * 2**20
"""Bytes of a safetensors header that are read: some 100,000 tensors."""

TABLES = {"vectors": "encoder", "target_vectors": "decoder"}
"""The stack whose embedding table is given by each kind of vectors; in a decoder that stands alone both are its own."""


def parameters(scenario: Scenario, shapes: Shapes, limit: int, allowed: Sequence[Path] = ()) -> dict[str, Array]:
    """Every parameter of `shapes` as an array of the model's dtype.

    `limit` bounds the bytes of a weights file; `allowed` are folders outside the scenario's own that it may lie in.
    Raises Problem with all that does not fit.
    """
    with np.errstate(all="ignore"):  # what is too large for float32 is shown as ∞ where it appears
        numbers = _numbers(scenario, shapes, limit, allowed)
        found = {name: np.asarray(array, scenario.model.dtype) for name, array in numbers}
    return {name: found[name] for name in shapes}


def _numbers(scenario: Scenario, shapes: Shapes, limit: int, allowed: Sequence[Path]) -> Iterator[tuple[str, Array]]:
    """The parameters one at a time, so that no two of those that are drawn or read are in memory as float64."""
    by_hand = dict(_by_hand(scenario, shapes))
    yield from by_hand.items()
    rest = {name: axes for name, axes in shapes.items() if name not in by_hand}
    weights = scenario.model.weights
    if weights.file is None:
        yield from ((name, draw(name, axes, weights.seed, weights.scale)) for name, axes in rest.items())
    else:
        content = scenario.read_file(_FILE, limit, allowed)
        if torch_transformer.is_meant(_header(content, weights.file)[1]):
            yield from _from_torch(content, weights.file, shapes, by_hand)
        else:
            yield from read_safetensors(content, weights.file, rest, by_hand)


def _by_hand(scenario: Scenario, shapes: Shapes) -> Iterator[tuple[str, Array]]:
    """The parameters that the scenario writes out: `weights.set`, and `input.vectors` as the embedding table."""
    problems = [problem for name in scenario.model.weights.set if (problem := _misfit(scenario, name, shapes))]
    raise_any(problems)
    yield from ((name, np.array(rows, np.float64)) for name, rows in scenario.model.weights.set.items())
    for table, (_, rows) in vector_tables(scenario).items():
        padding = shapes[table][0].size - len(rows)
        yield table, np.pad(np.array(rows, np.float64), ((0, padding), (0, 0)))


def vector_tables(scenario: Scenario) -> dict[str, tuple[str, Matrix]]:
    """The embedding tables that the scenario gives as vectors: by which key of `input`, and the rows."""
    found: dict[str, tuple[str, Matrix]] = {}
    for key, stack in TABLES.items():
        rows = getattr(scenario.input, key)
        if rows is not None:
            table = f"{stack if scenario.model.has_encoder else 'decoder'}.embedding_table"
            found[table] = (key, found[table][1] + rows if table in found else rows)
    return found


def _misfit(scenario: Scenario, name: str, shapes: Shapes) -> Problem | None:
    place = ("model", "weights", "set", name)
    if name in (tables := vector_tables(scenario)):
        what = f"`input.{tables[name][0]}` are the rows of this table already"
        return scenario.problem_at(place, what, "leave one of the two out", at_key=True)
    if name not in shapes:
        return scenario.problem_at(place, "this model has no such parameter", _did_you_mean(name, shapes), at_key=True)
    found, wanted = np.shape(scenario.model.weights.set[name]), sizes(shapes[name])
    if found == wanted:
        return None
    return scenario.problem_at(place, f"{name} has the shape {_shape(found)}", f"it must be {_described(shapes[name])}")


def _did_you_mean(name: str, shapes: Shapes) -> str:
    near = nearest(name, shapes)
    return f"did you mean {near}?" if near else f"its parameters are {', '.join(list(shapes)[:8])}, …"


def _shape(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape)) or "a single number"


def _described(axes: Sequence[Axis]) -> str:
    return f"{_shape(sizes(axes))} ({', '.join(names(axes))})"


# --- files of torch.nn.Transformer


class Found(NamedTuple):
    """What a weights file decides: the model, and what has to be said of that."""

    model: ModelConfig
    notes: tuple[str, ...]


def fitted(scenario: Scenario, limit: int, allowed: Sequence[Path] = ()) -> Found:
    """The scenario's model, with a final norm where its file has one and the scenario does not say.

    Raises Problem when the file cannot be read.
    """
    model, file = scenario.model, scenario.model.weights.file
    if file is None or scenario.source.folder is None:
        return Found(model, ())
    _, tensors = _header(scenario.read_file(_FILE, limit, allowed), file)
    is_torch = torch_transformer.is_meant(tensors)
    has_norm = torch_transformer.has_final_norm(tensors) if is_torch else _has_final_norm(tensors)
    notes = [f"{file} holds the parameters of a {torch_transformer.NAME}; they are shown under their names here"]
    if not has_norm or model.final_norm or scenario.source.holds(("model", "final_norm")):
        return Found(model, tuple(notes[:is_torch]))
    notes.append(f"{file} has a norm at the end of each stack, so `final_norm` is true")
    return Found(replace(model, final_norm=True), tuple(notes if is_torch else notes[1:]))


def _has_final_norm(names: Container[str]) -> bool:
    return any(f"{stack}.final_norm_gain" in names for stack in ("encoder", "decoder"))


def _from_torch(content: bytes, file: str, shapes: Shapes, by_hand: Container[str]) -> Iterator[tuple[str, Array]]:
    """The parameters of `shapes` that are not given by hand, from the state dict of a torch.nn.Transformer."""
    places = {name: torch_transformer.stored(name) or Stored(name, (name,)) for name in shapes}
    needed = {place.tensor: place for name, place in places.items() if name not in by_hand}
    unused = {place.tensor for place in places.values()} - set(needed)
    stored_shapes = {tensor: _stored_axes(place, shapes) for tensor, place in needed.items()}
    for tensor, array in read_safetensors(content, file, stored_shapes, unused):
        parts = needed[tensor].parts
        if parts == (tensor,):
            yield tensor, array
            continue
        ends = np.cumsum([shapes[part][-1].size for part in parts])
        for part, rows in zip(parts, np.split(array, ends[:-1]), strict=True):
            if part not in by_hand:
                yield part, rows.T


def _stored_axes(place: Stored, shapes: Shapes) -> tuple[Axis, ...]:
    """The axes of a tensor in the file, whose name is ours only where it is stored as it is here."""
    first = shapes[place.parts[0]]
    if place.parts == (place.tensor,):
        return first
    return (Axis(first[-1].name, sum(shapes[part][-1].size for part in place.parts)), *first[:-1])


# --- a safetensors file


class _Tensor(NamedTuple):
    """What the header of a safetensors file says of one tensor."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


_DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype("<f8"),
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
}


def read_safetensors(
    content: bytes, file: str, shapes: Shapes, by_hand: Container[str] = ()
) -> Iterator[tuple[str, Array]]:
    """The parameters of `shapes`, one at a time, from the content of a safetensors file, called `file` in messages.

    Tensors of the names in `by_hand` may be in the file and are not looked at. Before the first parameter comes,
    all of them are checked: raises Problem with everything that is wrong.
    """
    start, tensors = _header(content, file)
    wanted = {name: tensor for name, tensor in tensors.items() if name not in by_hand}
    raise_any([*_what_does_not_fit(file, wanted, shapes)])
    yield from ((name, _decoded(content, start, wanted[name])) for name in shapes)


def _header(content: bytes, file: str) -> tuple[int, Mapping[str, _Tensor]]:
    """Where the data starts, and the tensors, of a safetensors file. Nothing is believed that was not checked."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 10 or length > min(len(content) - 8, LARGEST_HEADER) or content[8:9] != b"{":
        raise Problem("this is not a safetensors file", hint=_CONVERT, path=file, place="byte 0")
    try:
        entries = json.loads(content[8 : 8 + length], object_pairs_hook=lambda pairs: _without_duplicates(pairs, file))
        tensors = {name: _entry(entry) for name, entry in entries.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Problem("the header of this safetensors file is damaged", path=file, place="byte 8") from error
    _check_offsets(tensors, len(content) - 8 - length, file)
    return 8 + length, tensors


_CONVERT = "save the parameters with safetensors.numpy.save_file, or export a run as .safetensors"


def _without_duplicates(pairs: list[tuple[str, Any]], file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in pairs:
        if name in found:
            raise Problem("this name stands twice in the header", path=file, place=f"tensor {name!r}")
        found[name] = entry
    return found


def _entry(entry: dict[str, Any]) -> _Tensor:
    shape, (start, end) = tuple(entry["shape"]), entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise ValueError("sizes and offsets are whole numbers from 0")
    return _Tensor(str(entry["dtype"]), shape, start, end)


def _check_offsets(tensors: Mapping[str, _Tensor], size: int, file: str) -> None:
    """The tensors must fill the data without gap or overlap, as the format demands."""
    expected = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != expected or tensor.end < tensor.start:
            raise Problem("its bytes overlap another tensor's or leave a gap", path=file, place=f"tensor {name!r}")
        expected = tensor.end
    if expected != size:
        raise Problem(f"{size:,} bytes of data, but the tensors take {expected:,}", path=file, place="header")


def _what_does_not_fit(file: str, tensors: Mapping[str, _Tensor], shapes: Shapes) -> Iterator[Problem]:
    """Missing parameters, wrong shapes and types, and tensors that the model has no use for."""
    for name, axes in shapes.items():
        if name not in tensors:
            yield Problem(f"is missing; it must be {_described(axes)}", path=file, place=f"tensor {name!r}")
            continue
        what = _wrong_with(tensors[name], sizes(axes))
        if what:
            yield Problem(f"{what}; it must be {_described(axes)}", path=file, place=f"tensor {name!r}")
    for name in (name for name in tensors if name not in shapes):
        hint = f"did you mean {near}?" if (near := nearest(name, shapes)) else ""
        yield Problem("the model has no such parameter", hint=hint, path=file, place=f"tensor {name!r}")


def _wrong_with(tensor: _Tensor, wanted: tuple[int, ...]) -> str:
    if tensor.dtype not in _DTYPES:
        return f"has the type {tensor.dtype}: convert it to F32 or F64"
    if tensor.shape != wanted:
        transposed = " (is it transposed?)" if tensor.shape == wanted[::-1] else ""
        return f"has the shape {_shape(tensor.shape)}{transposed}"
    if tensor.end - tensor.start != math.prod(wanted) * _DTYPES[tensor.dtype].itemsize:
        return f"has {tensor.end - tensor.start:,} bytes"
    return ""


def _decoded(content: bytes, start: int, tensor: _Tensor) -> Array:
    raw = np.frombuffer(content[start + tensor.start : start + tensor.end], _DTYPES[tensor.dtype])
    if tensor.dtype == "BF16":  # the upper half of a float32
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.reshape(tensor.shape)
