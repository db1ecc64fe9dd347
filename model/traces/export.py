"""A trace as a file: JSON, npz or safetensors. Names and formats are public and have a version of their own.

Files are written piece by piece, so that an export takes little memory beside the trace: what was forgotten comes back
step by step, and is forgotten again. The same trace gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import orjson

from attn_explore.model.axes import Array
from attn_explore.model.files.in_pieces import PIECE, Described
from attn_explore.model.files.npz import npz_of_parts
from attn_explore.model.files.safetensors import safetensors_bytes
from attn_explore.model.scenario import Scenario
from attn_explore.model.trace import Trace
from attn_explore.model.traces.records import FORMAT, behind_step, footer, header, of_parameter, of_step
from attn_explore.model.traces.wanted import EVERYTHING, Contents, Wanted
from attn_explore.model.values import Value

DESCRIPTION = "__trace__"
"""In npz, the key of all that is not a tensor."""

Chunks = Iterator[bytes]

_CHARACTERS = {4: 12, 8: 20}
"""What a number takes in JSON, about, by its bytes."""


def size_of(trace: Trace, scenario: Scenario, ending: str, wanted: Wanted = EVERYTHING) -> int:
    """How many bytes an export in the format of files with this ending takes, about; texts beside the numbers aside.

    Raises Problem for what the run has not.
    """
    itemsize = trace.dtype.itemsize
    count = sum(value.size for _, value in Contents(trace, scenario, wanted).tensors(planned=True))
    return count * (_CHARACTERS[itemsize] if ending == ".json" else itemsize)


def trace_json(trace: Trace, scenario: Scenario, wanted: Wanted = EVERYTHING) -> Chunks:
    """The trace as strict JSON, piece by piece."""
    contents = Contents(trace, scenario, wanted)
    yield _text(header(contents))[:-1]
    yield b',"parameters":['
    for place, parameter in enumerate(trace.parameters.values()):
        yield b"," * (place > 0)
        said = of_parameter(parameter)
        yield from _record(parameter, said, {}) if contents.holds(parameter) else (_text(said),)
    yield b'],"steps":['
    for place, step in enumerate(contents.steps()):
        yield b"," * (place > 0)
        yield from _record(step, of_step(step), behind_step(step))
    last = footer(contents)
    yield (b"]," + _text(last)[1:] if last else b"]}") + b"\n"


def trace_npz(trace: Trace, scenario: Scenario, wanted: Wanted = EVERYTHING) -> Chunks:
    """The trace as npz: an array a step, and all else as JSON in the text `__trace__`."""
    yield from npz_of_parts(_with_description(Contents(trace, scenario, wanted)))


def trace_safetensors(trace: Trace, scenario: Scenario, wanted: Wanted = EVERYTHING) -> Chunks:
    """The trace as safetensors: a tensor a step, and all else as JSON in the metadata."""
    contents = Contents(trace, scenario, wanted)
    tensors = (Described(key, value.dtype, value.shape) for key, value in contents.tensors(planned=True))
    parts = (part for _, value in contents.tensors() for _, part in value.pieces())
    yield from safetensors_bytes(tensors, parts, {FORMAT: _description(contents)})


class Writer(Protocol):
    """Writes one format."""

    def __call__(self, trace: Trace, scenario: Scenario, wanted: Wanted = EVERYTHING) -> Chunks:
        """The bytes of a file, piece by piece. Raises Problem for what the run has not."""
        ...


WRITERS: dict[str, Writer] = {".json": trace_json, ".npz": trace_npz, ".safetensors": trace_safetensors}
"""Every format by the ending of its files."""


def _with_description(contents: Contents) -> Iterator[tuple[Described, Iterator[Array]]]:
    text = np.array(_description(contents))
    yield Described(DESCRIPTION, text.dtype, text.shape), iter((text,))
    for key, value in contents.tensors():
        yield Described(key, value.dtype, value.shape), (part for _, part in value.pieces())


def _description(contents: Contents) -> str:
    """The JSON without the numbers."""
    parameters = [of_parameter(parameter) for parameter in contents.trace.parameters.values()]
    steps = [of_step(step) | behind_step(step) for step in contents.steps()]
    said = {**header(contents), "parameters": parameters, "steps": steps, **footer(contents)}
    return _text(said).decode()


# --- JSON


def _record(value: Value, before: dict[str, Any], after: dict[str, Any]) -> Chunks:
    """A JSON object with the numbers of `value` between the keys of `before` and of `after`."""
    yield _text(before)[:-1] + b',"values":'
    yield from _numbers_of(value)
    yield b"," + _text(after)[1:] if after else b"}"


def _numbers_of(value: Value) -> Chunks:
    """The numbers of a value; of a large one row by row, of which few are made at once."""
    if value.nbytes <= PIECE or len(value.axes) < 2:
        yield from numbers(value.array)
        return
    yield b"["
    for place, row in enumerate(row for _, part in value.pieces() for row in part):
        yield b"," * (place > 0)
        yield from numbers(row)
    yield b"]"


def _text(data: object) -> bytes:
    """Compact JSON; integers of any size; a lone surrogate, which UTF-8 cannot hold, becomes a replacement mark."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def numbers(array: Array) -> Chunks:
    """An array as nested JSON lists that read back as the same floats, with "NaN" and "-Infinity" as strings."""
    if array.nbytes <= PIECE or array.ndim < 2:
        yield _nested(array)
        return
    for place, row in enumerate(array):
        yield b"[" if place == 0 else b","
        yield from numbers(row)
    yield b"]"


def _nested(array: Array) -> bytes:
    numbers_or_number = np.ascontiguousarray(array) if array.ndim else array.item()
    text = orjson.dumps(numbers_or_number, option=orjson.OPT_SERIALIZE_NUMPY)
    bad = array[~np.isfinite(array)]  # orjson writes null for all of them
    if not bad.size:
        return text
    kinds = [_not_finite(float(number)) for number in bad]
    return b"".join(part + kind for part, kind in zip(text.split(b"null"), [*kinds, b""], strict=True))


def _not_finite(number: float) -> bytes:
    if number != number:
        return b'"NaN"'
    return b'"Infinity"' if number > 0 else b'"-Infinity"'
