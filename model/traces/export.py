"""A trace as a file: JSON, npz or safetensors. Names and formats are public and have a version of their own.

Files are written piece by piece, so that an export takes little memory beside the trace. The same trace gives the same
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import orjson

from attn_explore.model.axes import Array
from attn_explore.model.explain import words
from attn_explore.model.files.npz import npz
from attn_explore.model.files.safetensors import Described, safetensors_bytes
from attn_explore.model.finer import finer_steps
from attn_explore.model.formulas import formula
from attn_explore.model.labels import AxisLabels
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario_gradients import with_output
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

FORMAT = "attn-explore-trace"
VERSION = 1

PARAMETER = "parameters."
"""In the binary formats, keys of parameters begin with this."""

DESCRIPTION = "__trace__"
"""In npz, the key of all that is not a tensor."""

PIECE = 4 * 2**20
"""Bytes of an array that are turned into text at once."""

Chunks = Iterator[bytes]

_CHARACTERS = {4: 12, 8: 20}
"""What a number takes in JSON, about, by its bytes."""


def size_of(trace: Trace, ending: str) -> int:
    """How many bytes an export in the format of files with this ending takes, about; texts beside the numbers aside."""
    itemsize = trace.dtype.itemsize
    return trace.nbytes // itemsize * (_CHARACTERS[itemsize] if ending == ".json" else itemsize)


def trace_json(trace: Trace, scenario: Scenario, fine: bool = False) -> Chunks:
    """The trace as strict JSON, piece by piece. `fine` adds the finer steps after the step that they are part of."""
    yield _text(_header(trace, scenario))[:-1]
    yield b',"parameters":['
    for place, parameter in enumerate(trace.parameters.values()):
        yield b"," * (place > 0)
        yield from _record(parameter, _parameter(parameter), {})
    yield b'],"steps":['
    for place, step in enumerate(steps_of(trace, fine)):
        yield b"," * (place > 0)
        yield from _record(step, _step(step), _explanation(step))
    yield b"]}\n"


def trace_npz(trace: Trace, scenario: Scenario, fine: bool = False) -> Chunks:
    """The trace as npz: an array a step, and all else as JSON in the text `__trace__`."""
    yield from npz(_with_description(trace, scenario, fine))


def trace_safetensors(trace: Trace, scenario: Scenario, fine: bool = False) -> Chunks:
    """The trace as safetensors: a tensor a step, and all else as JSON in the metadata."""
    tensors = (Described(key, value.dtype, value.shape) for key, value in _keyed(trace, fine))
    arrays = (value.array for _, value in _keyed(trace, fine))
    yield from safetensors_bytes(tensors, arrays, {FORMAT: _description(trace, scenario, fine)})


Writer = Callable[[Trace, Scenario, bool], Chunks]

WRITERS: dict[str, Writer] = {".json": trace_json, ".npz": trace_npz, ".safetensors": trace_safetensors}
"""Every format by the ending of its files."""


def steps_of(trace: Trace, fine: bool) -> Iterator[Value]:
    """The steps in order, each followed by its finer steps where they are wanted."""
    for step in trace.steps.values():
        yield step
        if fine:
            yield from finer_steps(step, trace.planned)


def _keyed(trace: Trace, fine: bool) -> Iterator[tuple[str, Value]]:
    """Every tensor with its key in the binary formats."""
    yield from ((f"{PARAMETER}{name}", value) for name, value in trace.parameters.items())
    yield from ((step.path, step) for step in steps_of(trace, fine))


def _with_description(trace: Trace, scenario: Scenario, fine: bool) -> Iterator[tuple[str, Array]]:
    yield DESCRIPTION, np.array(_description(trace, scenario, fine))
    yield from ((key, _little_endian(value.array)) for key, value in _keyed(trace, fine))


def _little_endian(array: Array) -> Array:
    return np.asarray(array, array.dtype.newbyteorder("<"), order="C")


# --- what is said of a trace


def _header(trace: Trace, scenario: Scenario) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "format": FORMAT,
        "version": VERSION,
        "generator": {"name": "attn-explore", "version": version("attn-explore")},
        "scenario": with_output(scenario, trace).as_dict(),
        "tokens": trace.tokens,
    }


def _parameter(parameter: Value) -> dict[str, Any]:
    return {"name": parameter.path, "shape": parameter.shape, "dtype": str(parameter.dtype)}


def _step(step: Value) -> dict[str, Any]:
    title, symbol, _ = words(step)
    return {
        "path": step.path,
        "title": title,
        "symbol": symbol,
        "formula": formula(step),
        "axes": [{"name": axis.name, "labels": _written(axis.all_labels)} for axis in step.axes],
        "shape": step.shape,
        "dtype": str(step.dtype),
        "op": step.made_by.name,
        "inputs": [name_in_file(operand.value) for operand in step.operands],
    }


def _written(labels: AxisLabels | None) -> Sequence[str] | None:
    """The labels of an axis, all of them."""
    return labels if labels is None or isinstance(labels, tuple) else list(labels)


def name_in_file(operand: Value) -> str:
    """How an operand is called in a file: its path, or for what a stack reads `tokens` or `pad`, whichever stack."""
    return operand.name if operand.name in ("tokens", "pad") else operand.path


def _explanation(step: Value) -> dict[str, Any]:
    return {"explanation": words(step).explanation}


def _description(trace: Trace, scenario: Scenario, fine: bool) -> str:
    """The JSON without the numbers."""
    parameters = [_parameter(parameter) for parameter in trace.parameters.values()]
    steps = [_step(step) | _explanation(step) for step in steps_of(trace, fine)]
    return _text({**_header(trace, scenario), "parameters": parameters, "steps": steps}).decode()


# --- JSON


def _record(value: Value, before: dict[str, Any], after: dict[str, Any]) -> Chunks:
    """A JSON object with the numbers of `value` between the keys of `before` and of `after`."""
    yield _text(before)[:-1] + b',"values":'
    yield from numbers(value.array)
    yield b"," + _text(after)[1:] if after else b"}"


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
