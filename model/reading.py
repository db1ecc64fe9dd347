"""Reading an exported trace back: the records are planned again from its scenario, the numbers come from the file.

So a trace from a stranger shows the arithmetic that this program would do, over the numbers that are in the file.
Files that its scenario names are not opened: the parameters are in the trace.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from model.axes import Array
from model.export import FORMAT, PARAMETER, VERSION
from model.files import read_regular
from model.finer import finer_steps
from model.problems import Problem, nearest, raise_any
from model.run import memory_needed, plan
from model.scenario import Scenario, scenario_from_dict
from model.trace import Trace
from model.values import Value
from model.weights import read_safetensors

Description = dict[str, Any]
Expected = Mapping[str, Value]
Fetch = Callable[[Expected, set[str]], dict[str, Array]]
"""From the values that there must be, and the keys that there may be, to the arrays."""

LARGEST_HEADER = 64 * 2**20
"""Bytes of the description in a binary trace."""


def read_trace(path: Path, limit: int) -> tuple[Scenario, Trace]:
    """The scenario and the trace in a `.json`, `.npz` or `.safetensors` file, told apart by what is in it.

    `limit` bounds the bytes of the file and of the trace. Raises Problem for everything that does not fit.
    """
    content = read_regular(path, limit)
    if content[:2] == b"PK":
        description, fetch = _open_npz(content, path)
    elif content[8:9] == b"{" and int.from_bytes(content[:8], "little") < len(content):
        description, fetch = _open_safetensors(content, path)
    else:
        description, fetch = _open_json(content, path)
    scenario = _scenario(description, path, limit)
    return scenario, _filled(plan(scenario), description, fetch, path)


def _scenario(description: Description, path: Path, limit: int) -> Scenario:
    if description.get("format") != FORMAT:
        raise Problem("this is not a trace of attn-explore", path=path, hint="a trace is what `attn-explore export` writes")
    version = description.get("version")
    if version != VERSION:
        what = f"this trace has version {version!r:.20} of the format; this program reads version {VERSION}"
        raise Problem(what, path=path, hint="update attn-explore, or export the trace again")
    if not isinstance(description.get("scenario"), dict):
        raise Problem("the trace does not say what was run", path=path, place="scenario")
    scenario = scenario_from_dict(description["scenario"], str(path))
    need = memory_needed(scenario).nbytes
    if need > limit:
        raise Problem(f"this trace needs {need:,} bytes, and the limit is {limit:,}", path=path, hint="raise --memory-limit")
    return scenario


def _filled(trace: Trace, description: Description, fetch: Fetch, path: Path) -> Trace:
    """The planned trace with the file's numbers in it."""
    expected = {**{f"{PARAMETER}{name}": value for name, value in trace.parameters.items()}, **trace.steps}
    optional = {finer.path for step in trace.steps.values() for finer in finer_steps(step, planned=True)}
    _check_names(description, trace, optional, path)
    for key, array in fetch(expected, optional).items():
        value = expected[key]
        value.held = np.ascontiguousarray(array, value.dtype)
        value.held.flags.writeable = False
    trace.planned = False
    return trace


def _check_names(description: Description, trace: Trace, optional: set[str], path: Path) -> None:
    """The steps and parameters that are described are those of the scenario, all of them and in order."""
    found = [step.get("path") if isinstance(step, dict) else None for step in _list(description, "steps", path)]
    named = [item.get("name") if isinstance(item, dict) else None for item in _list(description, "parameters", path)]
    wanted = [*trace.steps, *trace.parameters]
    known = {*wanted, *optional}
    unknown = [name for name in (*found, *named) if name not in known]
    raise_any([_unknown(name, wanted, path) for name in unknown])
    missing = [name for name in wanted if name not in {*found, *named}]
    raise_any([Problem("this step or parameter is missing", path=path, place=name) for name in missing])
    if [name for name in found if name not in optional] != list(trace.steps):
        raise Problem("the steps are not in the order in which they are computed", path=path, place="steps")


def _unknown(name: object, wanted: list[str], path: Path) -> Problem:
    near = nearest(str(name), wanted)
    hint = f"did you mean {near}?" if near else ""
    return Problem("its scenario has no such step or parameter", path=path, place=str(name), hint=hint)


def _list(description: Description, key: str, path: Path) -> list[Any]:
    found = description.get(key)
    if not isinstance(found, list):
        raise Problem("this must be a list", path=path, place=key)
    return found


# --- JSON


def _open_json(content: bytes, path: Path) -> tuple[Description, Fetch]:
    description = _parsed(content, path)

    def fetch(expected: Expected, optional: set[str]) -> dict[str, Array]:
        named = {f"{PARAMETER}{item['name']}": item for item in description["parameters"]}
        named |= {item["path"]: item for item in description["steps"] if item["path"] not in optional}
        return {key: _array(named[key].get("values"), value, path) for key, value in expected.items()}

    return description, fetch


def _parsed(content: bytes, path: Path) -> Description:
    """Strict JSON (RFC 8259): no NaN, no key twice, no infinite number, nothing after it."""
    try:
        text = content.decode()
        found = json.loads(text, parse_constant=_refuse, object_pairs_hook=_unique)
    except UnicodeDecodeError as error:
        raise Problem("this is not UTF-8 text", path=path, place=f"byte {error.start}") from error
    except json.JSONDecodeError as error:
        hint = "a trace is .json, .npz or .safetensors, as `attn-explore export` writes it"
        raise Problem(f"not JSON: {error.msg}", path=path, line=error.lineno, column=error.colno, hint=hint) from error
    except RecursionError as error:
        raise Problem("this JSON is nested too deeply", path=path) from error
    except ValueError as error:
        raise Problem(f"not strict JSON: {error}", path=path) from error
    if not isinstance(found, dict):
        raise Problem("this is not a trace: it must be an object", path=path, line=1, column=1)
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f'{constant} must be written "{constant}"')


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _array(values: object, value: Value, path: Path) -> Array:
    """Nested lists as an array in the value's shape; "NaN", "Infinity" and "-Infinity" stand for what JSON lacks."""
    try:
        array = np.array(values)
        if array.dtype.kind not in "fiu":
            array = np.array(list(map(_number, _flat(values))), np.float64).reshape(np.shape(values))  # type: ignore[arg-type]
        elif not np.isfinite(array).all():
            raise ValueError("a number is too large")
    except (ValueError, TypeError, RecursionError) as error:
        raise Problem("these are not numbers in equally long rows", path=path, place=value.path) from error
    if array.shape != value.shape:
        what = f"the numbers have the shape {array.shape}, and the step has {value.shape}"
        raise Problem(what, path=path, place=value.path)
    return array


def _flat(values: object) -> Iterator[object]:
    if isinstance(values, list):
        for item in values:
            yield from _flat(item)
    else:
        yield values


def _number(item: object) -> float:
    if isinstance(item, str) and item in ("NaN", "Infinity", "-Infinity"):
        return float(item)
    if isinstance(item, int | float) and not isinstance(item, bool):
        return float(item)
    raise ValueError("not a number")


# --- safetensors


def _open_safetensors(content: bytes, path: Path) -> tuple[Description, Fetch]:
    length = int.from_bytes(content[:8], "little")
    header = _parsed(content[8 : 8 + min(length, LARGEST_HEADER)], path)
    metadata = header.get("__metadata__")
    text = metadata.get(FORMAT) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise Problem("this file holds tensors but no trace", path=path, place=f"metadata key {FORMAT!r}")

    def fetch(expected: Expected, optional: set[str]) -> dict[str, Array]:
        return read_safetensors(content, str(path), {key: value.axes for key, value in expected.items()}, optional)

    return _parsed(text.encode("utf-8", "replace"), path), fetch


# --- npz


def _open_npz(content: bytes, path: Path) -> tuple[Description, Fetch]:
    """The members are looked at before anything of their size is allocated; pickles are never loaded."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise Problem("this npz file is damaged", path=path) from error
    members = archive.infolist()
    if len({member.filename for member in members}) != len(members):
        raise Problem("a member stands twice in this npz file", path=path)
    if sum(member.file_size for member in members) > 2 * len(content) + LARGEST_HEADER:
        raise Problem("this npz file unpacks to far more than its size", path=path)
    description = _member(archive, "__trace__", path)
    if description.ndim != 0 or description.dtype.kind != "U":
        raise Problem("this must be a text", path=path, place="__trace__")

    def fetch(expected: Expected, optional: set[str]) -> dict[str, Array]:
        known = {f"{key}.npy" for key in (*expected, *optional, "__trace__")}
        raise_any([_unknown(member.filename, [], path) for member in members if member.filename not in known])
        return {key: _shaped(_member(archive, key, path), value, path) for key, value in expected.items()}

    return _parsed(str(description).encode("utf-8", "replace"), path), fetch


def _member(archive: zipfile.ZipFile, key: str, path: Path) -> Array:
    try:
        size = archive.getinfo(f"{key}.npy").file_size
        with archive.open(f"{key}.npy") as member:
            _check_npy(member.read(), size)
        with archive.open(f"{key}.npy") as member:
            return np.asarray(np.lib.format.read_array(member, allow_pickle=False))
    except KeyError as error:
        raise Problem("this member is missing", path=path, place=key) from error
    except (ValueError, OSError, EOFError, OverflowError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise Problem("this member is not an array of numbers", path=path, place=key) from error


def _check_npy(content: bytes, size: int) -> None:
    """The header must ask for exactly the bytes that follow it, before an array is made from it."""
    stream = io.BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0) and version != (2, 0):
        raise ValueError("unknown version")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream, max_header_size=2**16)
    count = 1
    for length in shape:
        count *= int(length)
    if dtype.hasobject or count < 0 or count * dtype.itemsize != size - stream.tell():
        raise ValueError("the header does not fit the data")


def _shaped(array: Array, value: Value, path: Path) -> Array:
    if array.dtype.kind != "f" or array.shape != value.shape:
        what = f"{array.dtype} of shape {array.shape}, and the step is {value.dtype} of shape {value.shape}"
        raise Problem(what, path=path, place=value.path)
    return array
