"""Reading an exported trace back: the records are planned again from its scenario, the numbers come from the file.

So a trace from a stranger shows the arithmetic that this program would do, over the numbers that are in the file.
Files that its scenario names are not opened: the parameters are in the trace.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.files.npz import Npz
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.safetensors import read_safetensors
from attn_explore.model.files.strict_json import Advice, read_json
from attn_explore.model.known import Known, known_of
from attn_explore.model.memory import memory_of
from attn_explore.model.prepared import plan_of
from attn_explore.model.problems import Problem, nearest, raise_any
from attn_explore.model.scenario import Scenario, scenario_from_dict
from attn_explore.model.scenario.tokens import generates
from attn_explore.model.text import clip, figure
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import DESCRIPTION, FORMAT, PARAMETER, VERSION, name_in_file, steps_of
from attn_explore.model.values import Value

Records = dict[str, dict[str, Any]]
"""What a file says of its tensors, by their keys in the binary formats."""

Expected = Mapping[str, Value]
"""The tensors that there must be, by the same keys."""

_SEEDS = (("scenario", "model", "weights", "seed"), ("scenario", "experiment", "seed"))

_LONGEST_NAME = 60

_NOT_NUMBERS = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}


@dataclass(frozen=True)
class _Opened:
    """A file whose JSON was read. `fetch` gives the arrays of keys that it expects, and may meet others to ignore."""

    description: dict[str, Any]
    fetch: Callable[[Expected, Iterable[str]], Iterator[tuple[str, Array]]]


def read_trace(path: Path, limit: int) -> tuple[Scenario, Trace]:
    """The scenario and the trace in a `.json`, `.npz` or `.safetensors` file, told apart by what is in it.

    `limit` bounds the memory of reading it and of the trace. Raises Problem for everything that does not fit.
    """
    opened = _opened(read_regular(path, limit), path, limit)
    known = _known(opened.description, path, limit)
    trace = plan_of(known, _generated(opened.description, known, path))
    expected = {**{f"{PARAMETER}{name}": value for name, value in trace.parameters.items()}, **trace.steps}
    finer = {step.path: step for step in steps_of(trace, fine=True) if step.path not in trace.steps}
    records = _records(opened.description, path)
    _check_records(records, expected, finer, path)
    _check_inputs(records, {*trace.steps, *finer, *trace.parameters, *map(name_in_file, trace.given.values())}, path)
    with np.errstate(all="ignore"):  # what is too large for float32 is shown as ∞ where it appears
        for key, array in opened.fetch(expected, finer):
            expected[key].held = np.asarray(array, expected[key].dtype, order="C")
    trace.planned = False
    trace.unedited = {name: value.array for name, value in trace.parameters.items()}
    return known.scenario, trace


def _opened(content: bytes, path: Path, limit: int) -> _Opened:
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


def _known(description: dict[str, Any], path: Path, limit: int) -> Known:
    """What is known of the scenario that was run."""
    version = description.get("version")
    if type(version) is not int or version != VERSION:
        is_newer = isinstance(version, int) and version > VERSION
        what = "made by a newer attn-explore: " if is_newer else ""
        what += f"version {version!r:.20} of the format, and this program reads version {VERSION}"
        raise Problem(what, path=path, place="version", hint="update attn-explore" if is_newer else "export it again")
    if not isinstance(description.get("scenario"), dict):
        raise Problem("the trace does not say what was run", path=path, place="scenario")
    scenario = scenario_from_dict(description["scenario"], str(path))
    layers = scenario.model.encoder_layers * scenario.model.has_encoder
    layers += scenario.model.decoder_layers * scenario.model.has_decoder
    if layers > len(_list(description, "steps", path)):
        raise Problem("there are fewer steps than layers", path=path, place="steps")
    known = known_of(scenario)
    need = memory_of(known).nbytes
    if need > limit:
        what = f"this trace takes {figure(need)} bytes, and the limit is {limit}"
        raise Problem(what, path=path, hint="raise --memory-limit")
    return known


def _generated(description: dict[str, Any], known: Known, path: Path) -> tuple[str, ...] | None:
    """The words that the decoder chose: what stands behind those that it was fed. None where nothing is generated."""
    scenario = known.scenario
    if not generates(scenario.model, scenario.input):
        return None
    tokens = description.get("tokens")
    words = tokens.get("decoder") if isinstance(tokens, dict) else None
    fed, rows = known.readings["decoder"].padded(), known.rows["decoder"]
    if (
        not isinstance(words, list)
        or tuple(words[: len(fed)]) != fed
        or not all(isinstance(word, str) and word in rows for word in words)
    ):
        what = "these must be the words that the decoder was fed, and then words that it knows"
        raise Problem(what, path=path, place="tokens.decoder")
    if not 1 <= len(words) - len(fed) <= scenario.input.max_new_tokens:
        raise Problem("this is not the number of words that the decoder generates", path=path, place="tokens.decoder")
    return tuple(words[len(fed) :])


def _records(description: dict[str, Any], path: Path) -> Records:
    """The records of all parameters and steps. Raises Problem when one has no name, or two have the same."""
    found: Records = {}
    for section, name, prefix in (("parameters", "name", PARAMETER), ("steps", "path", "")):
        for place, record in enumerate(_list(description, section, path)):
            key = record.get(name) if isinstance(record, dict) else None
            if not isinstance(key, str) or f"{prefix}{key}" in found:
                what = f"a record needs a `{name}` of its own"
                raise Problem(what, path=path, place=f"{section}[{place}]")
            found[f"{prefix}{key}"] = record
    return found


def _list(description: dict[str, Any], key: str, path: Path) -> list[Any]:
    found = description.get(key)
    if not isinstance(found, list):
        raise Problem("this must be a list", path=path, place=key)
    return found


def _check_records(records: Records, expected: Expected, finer: Expected, path: Path) -> None:
    """The records must be those of the scenario: all of them, in order, with the shapes and types that they have."""
    known = {**expected, **finer}
    raise_any(partial(_unknown, key, known, path) for key in records if key not in known)
    raise_any(partial(_missing, key, path) for key in expected if key not in records)
    misfits = (key for key, record in records.items() if not _fits(record, known[key]))
    raise_any(partial(_misfit, records[key], known[key], path) for key in misfits)
    if [key for key in records if key in expected] != list(expected):
        raise Problem("the steps are not in the order in which they are computed", path=path, place="steps")


def _check_inputs(records: Records, names: Container[str], path: Path) -> None:
    """What a step was computed from must be in the trace, too. Raises Problem with the first that is not."""
    for key, record in records.items():
        if key.startswith(PARAMETER):
            continue
        inputs = record.get("inputs")
        if not isinstance(inputs, list):
            raise Problem("this must be a list", path=path, place=f"{key}: inputs")
        lost = next((name for name in inputs if not isinstance(name, str) or name not in names), None)
        if lost is not None:
            what = f"it names {clip(str(lost), _LONGEST_NAME)}, which is no step or parameter of the trace"
            raise Problem(what, path=path, place=f"{key}: inputs", hint="export it again")


def _unknown(key: str, known: Expected, path: Path) -> Problem:
    near = nearest(key, known)
    hint = f"did you mean {near}?" if near else ""
    return Problem("its scenario has no such step or parameter", path=path, place=key, hint=hint)


def _missing(key: str, path: Path) -> Problem:
    return Problem("this step or parameter is missing", path=path, place=key)


def _fits(record: dict[str, Any], value: Value) -> bool:
    return record.get("shape") == list(value.shape) and record.get("dtype") == str(value.dtype)


def _misfit(record: dict[str, Any], value: Value, path: Path) -> Problem:
    shape, dtype = record.get("shape"), record.get("dtype")
    what = f"{dtype!s:.20} of shape {shape!s:.60}, and its scenario makes it {value.dtype} of shape {list(value.shape)}"
    return Problem(what, path=path, place=value.path)


# --- JSON


def _open_json(content: bytes, path: Path, limit: int) -> _Opened:
    description = _description(content, path, limit)

    def fetch(expected: Expected, _ignored: Iterable[str]) -> Iterator[tuple[str, Array]]:
        records = _records(description, path)
        for key, value in expected.items():
            yield key, _array(records[key].get("values"), value, path)

    return _Opened(description, fetch)


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


def _open_safetensors(content: bytes, path: Path, limit: int) -> _Opened:
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

    return _Opened(_description(text.encode(), path, limit), fetch)


def _open_npz(content: bytes, path: Path, limit: int) -> _Opened:
    archive = Npz(content, path, limit)
    description = archive[DESCRIPTION]
    if description.shape != () or description.dtype.kind != "U":
        raise Problem("this must be a text", path=path, place=DESCRIPTION)

    def fetch(expected: Expected, ignored: Iterable[str]) -> Iterator[tuple[str, Array]]:
        known = {*expected, *ignored, DESCRIPTION}
        raise_any(partial(_unknown, key, expected, path) for key in archive.keys if key not in known)
        for key, value in expected.items():
            array = archive[key]
            if (array.shape, array.dtype) != (value.shape, value.dtype):
                what = f"{array.dtype} of shape {array.shape}, and the step is {value.dtype} of shape {value.shape}"
                raise Problem(what, path=path, place=key)
            yield key, array

    return _Opened(_description(str(description).encode("utf-8", "replace"), path, limit), fetch)
