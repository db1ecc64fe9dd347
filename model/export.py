"""A trace as a file: JSON, npz or safetensors. Names and formats are public and have a version of their own."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import orjson

from model.axes import Array
from model.explain import formula, words
from model.finer import finer_steps
from model.scenario import Scenario
from model.trace import Trace
from model.values import Value

FORMAT = "attn-explore-trace"
VERSION = 1

PARAMETER = "parameters."
"""In the binary formats, keys of parameters begin with this."""

Chunks = Iterator[bytes]


def trace_json(trace: Trace, scenario: Scenario, fine: bool = False) -> Chunks:
    """The trace as strict JSON, piece by piece. `fine` adds the finer steps after the step that they are part of."""
    for place, (key, value) in enumerate(_header(trace, scenario).items()):
        yield b"{" if place == 0 else b","
        yield _text(key) + b":" + _text(value)
    yield b',"parameters":['
    for place, parameter in enumerate(trace.parameters.values()):
        yield b"," * (place > 0) + _record(_parameter(parameter), {"values": parameter})
    yield b'],"steps":['
    for place, step in enumerate(steps_of(trace, fine)):
        yield b"," * (place > 0) + _record(_step(step), {"values": step}, {"explanation": words(step).explanation})
    yield b"]}\n"


def trace_safetensors(trace: Trace, scenario: Scenario, fine: bool = False) -> Chunks:
    """The trace as safetensors: a tensor a step, and all else as JSON in the metadata."""
    from safetensors.numpy import save

    arrays = {key: np.ascontiguousarray(array) for key, array in _arrays(trace, fine).items()}
    yield save(arrays, {FORMAT: _description(trace, scenario, fine)})


def trace_npz(trace: Trace, scenario: Scenario, fine: bool = False) -> Chunks:
    """The trace as npz: the same keys, and the JSON as the text `__trace__`. The same trace gives the same bytes."""
    target = io.BytesIO()
    arrays = {"__trace__": np.array(_description(trace, scenario, fine)), **_arrays(trace, fine)}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for key, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)
    yield target.getvalue()


Writer = Callable[[Trace, Scenario, bool], Chunks]

WRITERS: dict[str, Writer] = {".json": trace_json, ".npz": trace_npz, ".safetensors": trace_safetensors}
"""Every format by the ending of its files."""


def steps_of(trace: Trace, fine: bool) -> Iterator[Value]:
    """The steps in order, each followed by its finer steps where they are wanted."""
    for step in trace.steps.values():
        yield step
        if fine:
            yield from finer_steps(step)


def _header(trace: Trace, scenario: Scenario) -> dict[str, Any]:
    from importlib.metadata import version

    return {
        "format": FORMAT,
        "version": VERSION,
        "generator": {"name": "attn-explore", "version": version("attn-explore")},
        "scenario": scenario.as_dict(),
        "tokens": {"encoder": list(trace.given["tokens"].axes[0].labels or ())},
    }


def _parameter(parameter: Value) -> dict[str, Any]:
    return {
        "name": parameter.path,
        "axes": _axes(parameter),
        "shape": parameter.shape,
        "dtype": str(parameter.dtype),
    }


def _step(step: Value) -> dict[str, Any]:
    title, symbol, _ = words(step)
    assert step.operation is not None
    return {
        "path": step.path,
        "title": title,
        "symbol": symbol,
        "formula": formula(step),
        "axes": _axes(step),
        "shape": step.shape,
        "dtype": str(step.dtype),
        "op": step.operation.name,
        "inputs": [operand.path for operand in step.operands],
    }


def _axes(value: Value) -> list[dict[str, Any]]:
    return [{"name": axis.name, "labels": axis.all_labels} for axis in value.axes]


def _description(trace: Trace, scenario: Scenario, fine: bool) -> str:
    """The JSON without the numbers."""
    steps = [{**_step(step), "explanation": words(step).explanation} for step in steps_of(trace, fine)]
    parameters = [_parameter(parameter) for parameter in trace.parameters.values()]
    return _text({**_header(trace, scenario), "parameters": parameters, "steps": steps}).decode()


def _arrays(trace: Trace, fine: bool) -> dict[str, Array]:
    parameters = {f"{PARAMETER}{name}": value.array for name, value in trace.parameters.items()}
    return {**parameters, **{step.path: step.array for step in steps_of(trace, fine)}}


def _record(head: dict[str, Any], *rest: dict[str, Any]) -> bytes:
    """A JSON object: `head`, then the keys of `rest` in order; a value among them is written as its numbers."""
    pairs = (
        b"," + _text(key) + b":" + (numbers(item.array) if isinstance(item, Value) else _text(item))
        for part in rest
        for key, item in part.items()
    )
    return _text(head)[:-1] + b"".join(pairs) + b"}"


def _text(data: object) -> bytes:
    """Compact JSON; integers of any size; a lone surrogate, which UTF-8 cannot hold, becomes a replacement mark."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()


def numbers(array: Array) -> bytes:
    """An array as nested JSON lists that read back as the same floats, with "NaN" and "-Infinity" as strings."""
    written = orjson.dumps(np.ascontiguousarray(array), option=orjson.OPT_SERIALIZE_NUMPY)
    bad = array[~np.isfinite(array)]  # orjson writes null for all of them
    if not bad.size:
        return written
    kinds = [_not_finite(float(number)) for number in bad]
    if len(set(kinds)) == 1:
        return written.replace(b"null", kinds[0])
    parts = written.split(b"null")
    return b"".join(part + kind for part, kind in zip(parts, [*kinds, b""], strict=True))


def _not_finite(number: float) -> bytes:
    if number != number:
        return b'"NaN"'
    return b'"Infinity"' if number > 0 else b'"-Infinity"'
