"""Files of tensors in the format of safetensors: nothing of what they say of themselves is believed unchecked.

Source of the format: github.com/huggingface/safetensors. Ours are written piece by piece, and the same tensors give the
same bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from attn_explore.model.axes import Array, Axis, names, sizes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.in_pieces import Described, pieces_of
from attn_explore.model.files.signatures import advice_for
from attn_explore.model.problems import Fault, Problem, nearest, raise_any

LARGEST_HEADER = 10 * 2**20
"""Bytes of a safetensors header that are read: some 100,000 tensors."""

Shapes = Mapping[str, Sequence[Axis]]


def shape_text(shape: Sequence[int]) -> str:
    """A shape as people write it: 3 × 4."""
    return " × ".join(map(str, shape)) or "a single number"


def described(axes: Sequence[Axis]) -> str:
    """Axes in a message: 3 × 4 (token, d_model)."""
    return f"{shape_text(sizes(axes))} ({', '.join(names(axes))})"


# --- tables of which a text takes as many rows as it needs

_AS_LONG_AS_THE_TEXT = "position"


def serves(shape: Sequence[int], axes: Sequence[Axis]) -> bool:
    """Whether numbers of a shape serve as a parameter of these axes: a table of positions may have more rows."""
    wanted = sizes(axes)
    return tuple(shape) == wanted or (_is_table_of_positions(shape, axes) and shape[0] > wanted[0])


def is_too_short(shape: Sequence[int], axes: Sequence[Axis]) -> bool:
    """Whether it is a table of positions that has not enough of them."""
    return _is_table_of_positions(shape, axes) and shape[0] < axes[0].size


def _is_table_of_positions(shape: Sequence[int], axes: Sequence[Axis]) -> bool:
    return names(axes)[:1] == (_AS_LONG_AS_THE_TEXT,) and tuple(shape[1:]) == sizes(axes)[1:] and len(shape) > 0


def first_rows(array: Array, axes: Sequence[Axis]) -> Array:
    """As many rows of a table of positions as there are; any other parameter as it is."""
    return array[: axes[0].size] if names(axes)[:1] == (_AS_LONG_AS_THE_TEXT,) else array


# --- writing


def safetensors_bytes(
    tensors: Iterable[Described], arrays: Iterable[Array], metadata: Mapping[str, str]
) -> Iterator[bytes]:
    """The bytes of a file, piece by piece: the tensors in their order, each array asked for when it is written.

    A tensor may be several arrays, which stand one behind the other along its first axis.
    """
    header: dict[str, Any] = {"__metadata__": dict(metadata)}
    end = 0
    for key, dtype, shape in tensors:
        start, end = end, end + math.prod(shape) * dtype.itemsize
        header[key] = {"dtype": f"F{8 * dtype.itemsize}", "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    encoded = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
    encoded += b" " * (-len(encoded) % 8)  # so that the numbers lie where a processor likes to read them
    yield len(encoded).to_bytes(8, "little") + encoded
    yield from pieces_of(arrays)


# --- reading


class Tensor(NamedTuple):
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
    yield from tensors_in(tensor_file(content, file), shapes, by_hand)


def tensors_in(file: TensorFile, shapes: Shapes, by_hand: Container[str] = ()) -> Iterator[tuple[str, Array]]:
    """The same of a file whose header was read."""
    start, tensors = file.header.start, file.header.tensors
    wanted = {name: tensor for name, tensor in tensors.items() if name not in by_hand}
    raise_any(_what_does_not_fit(file.name, wanted, shapes))
    yield from ((name, first_rows(_decoded(file.content, start, wanted[name]), shapes[name])) for name in shapes)


class Header(NamedTuple):
    """Where the data of a file starts, its tensors, and the texts that it holds beside them."""

    start: int
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class TensorFile:
    """The content of a safetensors file, called `name` in messages, and what its header says."""

    name: str
    content: bytes
    header: Header


def tensor_file(content: bytes, name: str) -> TensorFile:
    """Read the header of a file. Raises Problem where it is damaged."""
    return TensorFile(name, content, read_header(content, name))


def read_header(content: bytes, file: str) -> Header:
    """What the header of a safetensors file says, checked. Raises Problem where it is damaged."""
    length = header_length(content, len(content), file)
    return parse_header(content[8 : 8 + length], len(content), file)


def header_length(start: bytes, size: int, file: str) -> int:
    """How long the header of a file of `size` bytes is, by its first ones. Raises Problem where it cannot be."""
    length = int.from_bytes(start[:8], "little")
    if size < 10 or length > min(size - 8, LARGEST_HEADER) or start[8:9] != b"{":
        raise Problem(
            "this is not a safetensors file", hint=advice_for(start, file) or _CONVERT, path=file, place="byte 0"
        )
    return length


def parse_header(header: bytes, size: int, file: str) -> Header:
    """What the bytes of a header say, checked against the `size` of the file. Raises Problem where it is damaged."""
    try:
        entries = json.loads(
            header, object_pairs_hook=lambda pairs: _without_duplicates(pairs, file), parse_constant=_no_number
        )
        tensors = {name: _entry(entry) for name, entry in entries.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Problem("the header of this safetensors file is damaged", path=file, place="byte 8") from error
    start = 8 + len(header)
    _check_offsets(tensors, size - start, file)
    metadata = entries.get("__metadata__")
    return Header(start, tensors, metadata if isinstance(metadata, dict) else {})


_CONVERT = "save the parameters with safetensors.numpy.save_file, or export a run as .safetensors"


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _without_duplicates(pairs: list[tuple[str, Any]], file: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in pairs:
        if name in found:
            raise Problem("this name stands twice in the header", path=file, place=f"tensor {name!r}")
        found[name] = entry
    return found


def _entry(entry: dict[str, Any]) -> Tensor:
    shape, (start, end) = tuple(entry["shape"]), entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, start, end)):
        raise ValueError("sizes and offsets are whole numbers from 0")
    return Tensor(str(entry["dtype"]), shape, start, end)


def _check_offsets(tensors: Mapping[str, Tensor], size: int, file: str) -> None:
    """The tensors must fill the data without gap or overlap, as the format demands."""
    expected = 0
    for name, tensor in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].end)):
        if tensor.start != expected or tensor.end < tensor.start:
            raise Problem("its bytes overlap another tensor's or leave a gap", path=file, place=f"tensor {name!r}")
        expected = tensor.end
    if expected != size:
        raise Problem(f"{size:,} bytes of data, but the tensors take {expected:,}", path=file, place="header")


def _what_does_not_fit(file: str, tensors: Mapping[str, Tensor], shapes: Shapes) -> Iterator[Fault]:
    """Missing parameters, wrong shapes and types, and tensors that the model has no use for."""
    for name, axes in shapes.items():
        if name not in tensors:
            yield Problem(f"is missing; it must be {described(axes)}", path=file, place=f"tensor {name!r}")
            continue
        what = _wrong_with(tensors[name], axes)
        if what:
            longer = ", or longer" if is_too_short(tensors[name].shape, axes) else ""
            yield Problem(f"{what}; it must be {described(axes)}{longer}", path=file, place=f"tensor {name!r}")
    yield from (partial(_unknown, name, file, shapes) for name in tensors if name not in shapes)


def _unknown(name: str, file: str, shapes: Shapes) -> Problem:
    hint = f"did you mean {near}?" if (near := nearest(name, shapes)) else ""
    return Problem("the model has no such parameter", hint=hint, path=file, place=f"tensor {name!r}")


def _wrong_with(tensor: Tensor, axes: Sequence[Axis]) -> str:
    wanted = sizes(axes)
    if tensor.dtype not in _DTYPES:
        return f"has the type {tensor.dtype}: convert it to F32 or F64"
    if is_too_short(tensor.shape, axes):
        return f"has {tensor.shape[0]} rows, and the text has {wanted[0]} positions"
    if not serves(tensor.shape, axes):
        transposed = " (is it transposed?)" if tensor.shape == wanted[::-1] else ""
        return f"has the shape {shape_text(tensor.shape)}{transposed}"
    if tensor.end - tensor.start != math.prod(tensor.shape) * _DTYPES[tensor.dtype].itemsize:
        return f"has {tensor.end - tensor.start:,} bytes"
    return ""


def _decoded(content: bytes, start: int, tensor: Tensor) -> Array:
    raw = np.frombuffer(content[start + tensor.start : start + tensor.end], _DTYPES[tensor.dtype])
    if tensor.dtype == "BF16":  # the upper half of a float32
        raw = (raw.astype(np.uint32) << 16).view(np.float32)
    return raw.reshape(tensor.shape)
