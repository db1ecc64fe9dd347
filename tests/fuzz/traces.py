"""Spoiled traces: as JSON, in the texts of safetensors files, and as npz, whose members say anything of themselves."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.files.npz import npz as npz_file
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import DESCRIPTION, trace_json
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.records import FORMAT
from attn_explore.model.traces.wanted import PARAMETER
from tests.fuzz.mutations import spoiled, spoiled_tree, written
from tests.fuzz.reader import Reader, by_path, words
from tests.fuzz.scenarios import KEYS, LIMIT
from tests.fuzz.tensors import file_of, with_changed_header

Data = dict[str, Any]

_READ = ("name", "path", "shape", "dtype", "inputs", "values")
"""What a reader looks at in a record."""
_TRACED = (
    "model: {kind: attention, d_model: 1}\ninput: {text: a, pad_to: 2}",
    "model: {kind: decoder, d_model: 1, head: vocabulary, feed_forward: false, norm: none, residual: false}\n"
    "input: {text: a, max_new_tokens: 1}",
    "model: {kind: encoder, d_model: 1, feed_forward: false, norm: none, head: sequence, classes: [x, y]}\n"
    "input: {text: a, target: x}\ngradients: {}",
)
_KEYS = (
    *_READ, "version", "scenario", "parameters", "steps", "tokens", "decoder", "encoder", "of", "loss",
    "float64", "float32", "weights", "seed", "set", "title", *KEYS,
)  # fmt: skip

_IN_MEMBERS = (
    *words("<f8 >f4 |b1 <U5 <U0 <f1 |b2 |O <M8[s] True False () (0,) 'descr' __import__('os') .npy", "(1, 1)"),
    b"PK\5\6", b"PK\1\2", b"\x93NUMPY\1\0", b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0",
)  # fmt: skip


def trace() -> Reader:
    """Make the reader of traces as JSON and safetensors."""
    seeds = tuple(write(*each) for write in (_as_json, _as_safetensors) for each in _traces())
    known = words('[ ] { } , : "NaN" \\u0000 \\ud800 "Infinity"', *_KEYS)
    return Reader("trace", seeds, known, by_path(_read), _keep)


def npz() -> Reader:
    """Make the reader of traces as npz."""
    seeds = tuple(_as_npz(*each) for each in _traces())
    return Reader("npz", seeds, _IN_MEMBERS, by_path(_read), _keep_archive)


def _read(path: Path) -> object:
    return read_trace(path, LIMIT)


@cache
def _traces() -> tuple[tuple[Data, Trace], ...]:
    """Traces as data, with no more in their records than a reader looks at."""
    scenarios = [parse_scenario(text) for text in _TRACED]
    traces = [run(each) for each in scenarios]
    found = [json.loads(b"".join(trace_json(*both))) for both in zip(traces, scenarios, strict=True)]
    for data in found:
        for section in ("parameters", "steps"):
            data[section] = [{key: record[key] for key in record if key in _READ} for record in data[section]]
    return tuple(zip(found, traces, strict=True))


def _as_json(data: Data, _trace: Trace) -> bytes:
    return json.dumps(data).encode()


def _as_safetensors(data: Data, trace: Trace) -> bytes:
    return file_of(_arrays(trace), {FORMAT: _description(data)})


def _as_npz(data: Data, trace: Trace) -> bytes:
    return b"".join(npz_file([(DESCRIPTION, np.array(_description(data))), *_arrays(trace).items()]))


def _description(data: Data) -> str:
    """What a binary format says beside the numbers."""
    described = json.loads(json.dumps(data))
    for record in (*described["parameters"], *described["steps"]):
        del record["values"]
    return json.dumps(described)


def _arrays(trace: Trace) -> dict[str, Array]:
    parameters = {f"{PARAMETER}{name}": value.array for name, value in trace.parameters.items()}
    return parameters | {path: value.array for path, value in trace.steps.items()}


def _keep(chance: Random, content: bytes) -> bytes:
    if content.startswith(b"{"):
        return written(spoiled_tree(chance, json.loads(content), _KEYS)).encode("utf-8", "replace")
    return with_changed_header(chance, content, FORMAT, _KEYS, _KEYS)


# --- archives

_NAMES = ("../../evil.npy", "/a.npy", "x", "", "a.npy", f"{DESCRIPTION}.npy", "a\0b.npy", "x" * 300)
_PACKED = (zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
_THEN = (2020, 1, 1, 0, 0, 0)

Member = tuple[str, bytes]


def _keep_archive(chance: Random, content: bytes) -> bytes:
    """Change a member, and write an archive whose sums are right."""
    members = list(_members(content))
    place = chance.randrange(len(members)) if chance.random() < 0.7 else 0
    name, inside = members[place]
    if place == 0 and chance.random() < 0.8:
        inside = _changed_description(chance, inside)
    elif chance.random() < 0.1:
        name = chance.choice(_NAMES)
    else:
        inside = spoiled(chance, inside, [inside for _, inside in members], _IN_MEMBERS)
    members[place] = (name, inside)
    packed = chance.choice(_PACKED) if chance.random() < 0.1 else zipfile.ZIP_STORED
    return _archive(members, {place: packed})


def _changed_description(chance: Random, inside: bytes) -> bytes:
    changed = written(spoiled_tree(chance, json.loads(np.load(io.BytesIO(inside)).item()), _KEYS))
    sink = io.BytesIO()
    np.save(sink, np.array(changed.encode("utf-8", "replace").decode()))
    return sink.getvalue()


def _archive(members: Iterable[Member], packed: dict[int, int]) -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w") as archive:
        warnings.simplefilter("ignore")  # of two members of one name
        for place, (name, inside) in enumerate(members):
            archive.writestr(zipfile.ZipInfo(name, _THEN), inside, packed.get(place, zipfile.ZIP_STORED))
    return sink.getvalue()


@cache
def _members(content: bytes) -> tuple[Member, ...]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return tuple((info.filename, archive.read(info)) for info in archive.infolist())
