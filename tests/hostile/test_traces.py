"""Traces from strangers. Each case names its row of the project's table of bad inputs."""

from __future__ import annotations

import io
import json
import os
import zipfile
from codecs import BOM_UTF8
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.session.opening import is_trace
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.traces.export import trace_json, trace_npz, trace_safetensors
from attn_explore.model.traces.reading import read_trace
from tests.hostile.refused_traces import LIMIT, refusal

SCENARIO = parse_scenario("model: {kind: attention, d_model: 2}\ninput: {text: a b, pad_to: 3}")
TRACE = run(SCENARIO)
JSON = b"".join(trace_json(TRACE, SCENARIO))
NPZ = b"".join(trace_npz(TRACE, SCENARIO))
SAFETENSORS = b"".join(trace_safetensors(TRACE, SCENARIO))

Data = dict[str, Any]


# --- D7: what is not strict JSON

D7 = {
    "NaN literal": (JSON.replace(b'"NaN"', b"NaN").replace(b"[0.0", b"[NaN", 1), "not strict JSON"),
    "Infinity literal": (JSON.replace(b'"-Infinity"', b"-Infinity", 1), "not strict JSON"),
    "1e999": (JSON.replace(b"[0.0", b"[1e999", 1), "infinity"),
    "5,000 digits": (JSON.replace(b"[0.0", b"[" + b"9" * 5000, 1), "infinity"),
    "duplicate key": (JSON.replace(b'"version":1', b'"version":1,"version":1'), "a name stands twice in this object"),
    "duplicate key by an escape": (JSON.replace(b'"version":1', b'"version":1,"v\\u0065rsion":1'), "stands twice"),
    "duplicate key inside": (JSON.replace(b'"op":', b'"path":"x","op":', 1), "stands twice"),
    "depth 100,000": (b"[" * 100_000, "depth"),
    "depth 100,000, closed": (b"[" * 100_000 + b"]" * 100_000, "depth"),
    "two byte order marks": (2 * BOM_UTF8 + JSON, "byte order mark"),
    "lone surrogate": (JSON.replace(b'"a"', b'"\\ud800"', 1), "surrogate"),
    "trailing comma": (JSON.replace(b"]}\n", b",]}"), "trailing comma"),
    "half a file": (JSON[: len(JSON) // 2], "end of data"),
    "two documents": (JSON.strip() + JSON, "after document"),
    "not UTF-8": (JSON.replace(b'"a"', b'"\xff"', 1), "UTF-8"),
    "empty": (b"", "empty"),
    "a page": (b"<!doctype html>", "hint: this looks like an HTML page; a trace is .json, .npz or .safetensors"),
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\n", "hint: this looks like a git-lfs pointer"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "hint: this looks like a PNG picture"),
    "a list": (b"[]", "this is not a trace"),
    "another object": (b'{"steps": []}', "this is not a trace"),
}


@pytest.mark.parametrize("case", D7)
def test_d7_json_that_is_not_strict_is_refused_at_its_line_and_column(case: str, tmp_path: Path) -> None:
    content, expected = D7[case]
    assert content != JSON
    message = refusal(content, tmp_path)
    assert expected in message
    assert message.startswith("error: trace:1:")


def test_d7_a_trace_with_a_byte_order_mark_is_read_as_a_scenario_with_one_is(tmp_path: Path) -> None:
    path = tmp_path / "saved-by-an-editor"
    path.write_bytes(BOM_UTF8 + JSON)
    assert is_trace(path)
    _, trace = read_trace(path, LIMIT)
    assert trace.steps.keys() == TRACE.steps.keys()


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (BOM_UTF8 + b'{"a": NaN}', "1:7"),
        (b'{\n  "a": 1,\n  "b": NaN\n}', "3:8"),
        (b'{\n "a": 1,\n "\xe5\x96\x9c": {}, "a": 2}', "3:11"),
    ],
)
def test_d7_the_column_counts_characters(content: bytes, place: str, tmp_path: Path) -> None:
    assert refusal(content, tmp_path).startswith(f"error: trace:{place}: ")


def test_d7_json_that_would_take_more_memory_than_the_limit_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    content = b'{"format":[' + b"[]," * 1_000_000 + b"[]]}"
    assert "may take 139,000," in refusal(content, tmp_path)


# --- D8: another version, other shapes, unknown steps


def changed(change: Callable[[Data], object]) -> bytes:
    data = json.loads(JSON)
    change(data)
    return json.dumps(data).encode()


def setting(key: str, value: object) -> Callable[[Data], object]:
    return lambda data: data.update({key: value})


def in_step(**changes: object) -> Callable[[Data], object]:
    return lambda data: data["steps"][1].update(changes)


def without(section: str, place: int) -> Callable[[Data], object]:
    return lambda data: data[section].pop(place)


D8: dict[str, tuple[Callable[[Data], object], str]] = {
    "newer": (setting("version", 2), "made by a newer attn-explore: version 2"),
    "version true": (setting("version", True), "version True"),
    "version of text": (setting("version", "\x1b[31m1"), "version '"),
    "inputs that name no step": (in_step(inputs=["encoder.nothing"]), "it names encoder.nothing, which is no step"),
    "inputs of control characters": (in_step(inputs=["\x1b[31m"]), "it names ␛[31m, which is no step"),
    "inputs that are no names": (in_step(inputs=[7]), "it names 7, which is no step"),
    "inputs that are no list": (in_step(inputs="tokens"), "inputs: this must be a list"),
    "no inputs": (lambda data: data["steps"][1].pop("inputs"), "inputs: this must be a list"),
    "no version": (lambda data: data.pop("version"), "version None"),
    "no scenario": (setting("scenario", None), "does not say what was run"),
    "a wrong scenario": (lambda data: data["scenario"]["model"].update(heads=0), "model.heads"),
    "a newer scenario": (lambda data: data["scenario"].update(version=9), "version 9"),
    "a scenario that is not there yet": (lambda data: data["scenario"]["model"].update(kind="decoder"), "decoder"),
    "a huge model": (lambda data: data["scenario"]["model"].update(d_ff=1, d_model=10**9, d_k=1, d_v=1), "takes"),
    "a deep model": (lambda data: data["scenario"]["model"].update(encoder_layers=10**4), "fewer steps"),
    "steps of text": (setting("steps", "steps"), "must be a list"),
    "no parameters": (setting("parameters", None), "must be a list"),
    "a step of text": (lambda data: data["steps"].append("x"), "steps[14]: a record needs a `path` of its own"),
    "a path that is a list": (in_step(path=[]), "steps[1]: a record needs"),
    "a step twice": (lambda data: data["steps"].append(data["steps"][0]), "a record needs"),
    "a parameter twice": (lambda data: data["parameters"].append(data["parameters"][0]), "a record needs"),
    "an unknown step": (in_step(path="encoder.positon"), "did you mean encoder.position?"),
    "an unknown step with an escape": (in_step(path="\x1b]0;x\x07"), "no such step"),
    "a missing step": (without("steps", 3), "this step or parameter is missing"),
    "a missing parameter": (without("parameters", 0), "this step or parameter is missing"),
    "steps in another order": (lambda data: data["steps"].reverse(), "not in the order"),
    "another shape": (in_step(shape=[2, 2]), "of shape [2, 2], and its scenario makes it float64 of shape [3, 2]"),
    "a shape of floats": (in_step(shape=[3.5, 2]), "of shape"),
    "another dtype": (in_step(dtype="float16"), "float16 of shape"),
    "too few rows": (in_step(values=[[0.0, 1.0]] * 2), "not nested as the shape [3, 2] says: 3 at depth 1"),
    "too many numbers in a row": (in_step(values=[[0.0, 1.0]] * 2 + [[0.0] * 3]), "2 at depth 2"),
    "numbers not nested": (in_step(values=[0.0] * 6), "not nested"),
    "numbers nested deeper": (in_step(values=[[[0.0], [1.0]]] * 3), "not all of these are numbers"),
    "no values": (in_step(values=None), "not nested"),
    "null": (in_step(values=[[None, 0.0]] * 3), "not all of these are numbers"),
    "truth values": (in_step(values=[[True, 0.0]] * 3), "not all of these are numbers"),
    "numbers as text": (in_step(values=[["1.0", 0.0]] * 3), "not all of these are numbers"),
    "gradients of a loss that there is not": (
        lambda data: data["scenario"].update(gradients={"of": "loss"}), "there is no loss without a head and a target"
    ),
    "classes that stand in a file": (
        lambda data: data["scenario"].update(
            experiment={"kind": "training", "data": "pairs.tsv"}, model={"head": "tokens"}, gradients={}
        ),
        "head tokens needs classes to choose from",
    ),
    "other words": (in_step(values=[["inf", "-Infinity"]] * 3), "not all of these are numbers"),
}  # fmt: skip


DEEP = "here"
"""Stands for a thousand lists in one another, which the writer of the tests cannot write."""
NESTED: dict[str, Callable[[Data], object]] = {
    "version": setting("version", DEEP),
    "shape": in_step(shape=DEEP),
    "dtype": in_step(dtype=DEEP),
    "path": in_step(path=DEEP),
    "values": in_step(values=DEEP),
    "title": lambda data: data["scenario"].update(title=DEEP),
    "weights": lambda data: data["scenario"]["model"]["weights"].update(set={"x": DEEP}),
    "beside a long seed": lambda data: (
        data["scenario"]["model"]["weights"].update(seed=10**30), data.update(others=DEEP)
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", NESTED)
def test_d8_what_is_nested_a_thousand_deep_is_refused_at_its_place(case: str, tmp_path: Path) -> None:
    message = refusal(changed(NESTED[case]).replace(b'"here"', b"[" * 1000 + b"]" * 1000), tmp_path)
    assert message.startswith("error: trace:1:")
    assert "nested deeper than 64" in message


@pytest.mark.parametrize("case", D8)
def test_d8_a_trace_that_does_not_fit_itself_is_refused(case: str, tmp_path: Path) -> None:
    change, expected = D8[case]
    assert expected in refusal(changed(change), tmp_path)


# --- D8 in safetensors and npz


def with_header(change: Callable[[Data], object]) -> bytes:
    length = int.from_bytes(SAFETENSORS[:8], "little")
    header = json.loads(SAFETENSORS[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + SAFETENSORS[8 + length :]


INPUT = "encoder.input"
IN_SAFETENSORS: dict[str, tuple[bytes, str]] = {
    "cut short": (SAFETENSORS[:-4], "bytes of data"),
    "header cut short": (SAFETENSORS[:100], "byte 8: the header of this safetensors file is cut short"),
    "no trace": (with_header(lambda header: header.pop("__metadata__")), "tensors but no trace"),
    "metadata of text": (with_header(lambda header: header.update(__metadata__="x")), "tensors but no trace"),
    "a missing tensor": (with_header(lambda header: header.pop(INPUT)), "tensor '"),
    "an unknown tensor": (with_header(lambda header: header.update({"x": header.pop(INPUT)})), "'x'"),
    "another shape": (with_header(lambda header: header[INPUT].update(shape=[2, 3])), "has the shape 2 × 3"),
    "another type": (with_header(lambda header: header[INPUT].update(dtype="I64")), "has the type I64"),
    "other offsets": (with_header(lambda header: header[INPUT].update(data_offsets=[0, 8])), "tensor '"),
    "a tensor of text": (with_header(lambda header: header.update({INPUT: "x"})), "damaged"),
    "a list": ((2).to_bytes(8, "little") + b"{]" + bytes(8), "not strict JSON"),
}


@pytest.mark.parametrize("case", IN_SAFETENSORS)
def test_d8_safetensors_that_do_not_fit_themselves_are_refused(case: str, tmp_path: Path) -> None:
    content, expected = IN_SAFETENSORS[case]
    assert expected in refusal(content, tmp_path)


def members() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(NPZ)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(found: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in found.items():
            archive.writestr(name, content)
    return target.getvalue()


def npy(array: Any, **options: Any) -> bytes:
    target = io.BytesIO()
    np.save(target, array, **options)
    return target.getvalue()


def with_member(content: bytes, name: str = f"{INPUT}.npy") -> bytes:
    return zipped(members() | {name: content})


def header(written: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(written).to_bytes(2, "little") + written.encode()


class Canary:
    """An object that leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("canary",)


GOOD = npy(np.zeros((3, 2)))


def claims(dtype: str, shape: str = "(3, 2)", data: bytes = b"") -> bytes:
    """A member that says anything of itself."""
    return header(f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n") + data


def damaged(compression: int) -> bytes:
    """An archive whose compressed member has bytes that its kind of compression never writes."""
    content = bytearray(zipped(members() | {f"{INPUT}.npy": GOOD}, compression))
    start = content.index(f"{INPUT}.npy".encode()) + len(f"{INPUT}.npy")
    content[start + 9 : start + 14] = b"\xff" * 5
    return bytes(content)


IN_NPZ: dict[str, tuple[bytes, str]] = {
    "cut short": (NPZ[:-10], "damaged or cut short"),
    "only a beginning": (b"PK\x03\x04", "damaged or cut short"),
    "no trace": (zipped({"a.npy": GOOD}), "__trace__: this array is missing"),
    "a trace of numbers": (with_member(GOOD, "__trace__.npy"), "this must be a text"),
    "a missing step": (zipped({name: each for name, each in members().items() if INPUT not in name}), "is missing"),
    "an unknown step": (with_member(GOOD, "encoder.inputs.npy"), "did you mean encoder.input?"),
    "a path": (with_member(GOOD, "../../evil.npy"), "no such step"),
    "an absolute path": (with_member(GOOD, "/etc/evil.npy"), "no such step"),
    "a pickle": (with_member(npy(np.array([Canary()], object), allow_pickle=True)), "not an array of numbers"),
    "a bare pickle": (with_member(b"\x80\x04."), "not an array of numbers"),
    "not an array": (with_member(b"hello"), "not an array of numbers"),
    "another shape": (with_member(npy(np.zeros((2, 3)))), "float64 of shape (2, 3), and the step is"),
    "another type": (with_member(npy(np.zeros((3, 2), np.float32))), "float32 of shape"),
    "short data": (with_member(GOOD[:-1]), "not an array of numbers"),
    "trailing bytes": (with_member(GOOD + b"PK"), "not an array of numbers"),
    "4 TB": (with_member(header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n")), "not an"),
    "negative": (with_member(header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n")), "not an array"),
    "evaluated": (with_member(header("{'descr': __import__('os').mkdir('canary'), }\n")), "not an array of numbers"),
    "deep": (with_member(header("(" * 60_000)), "not an array of numbers"),
    "version 9": (with_member(GOOD.replace(b"NUMPY\x01", b"NUMPY\x09")), "not an array of numbers"),
    "a bomb": (zipped(members() | {f"{INPUT}.npy": bytes(10**7)}, zipfile.ZIP_DEFLATED), "unpacks to"),
    "c21 floats of a byte": (with_member(claims("<f1", data=bytes(6))), "not an array of numbers"),
    "c21 truth values of two bytes": (with_member(claims("|b2", data=bytes(12))), "not an array of numbers"),
    "c21 texts of nothing": (with_member(claims("<U0")), "not an array of numbers"),
    "c21 dates": (with_member(npy(np.zeros((3, 2), "M8[s]"))), "not an array of numbers"),
    "c21 raw bytes": (with_member(claims("|V2000000000", "()")), "not an array of numbers"),
    "c14 no numbers in more axes than can be": (
        with_member(claims("<f8", "(0, 999999999999999999, 999999999999999999)")), "not an array of numbers"
    ),
    "c14 a truth value for a size": (with_member(claims("<f8", "(True,)")), "not an array of numbers"),
    "c14 2^70": (with_member(claims("<f8", f"({2**70},)")), "not an array of numbers"),
    "c14 65 axes": (with_member(claims("<f8", "(" + "1, " * 64 + "1)", bytes(8))), "not an array of numbers"),
    "c18 a character that there is not": (
        with_member(claims("<U1", "()", b"\xff\xff\xff\x7f"), "__trace__.npy"), "not an array of numbers"
    ),
    "c18 damaged deflate": (damaged(zipfile.ZIP_DEFLATED), "damaged"),
    "c18 damaged bzip2": (damaged(zipfile.ZIP_BZIP2), "damaged"),
    "c18 damaged lzma": (damaged(zipfile.ZIP_LZMA), "damaged"),
    "changed bytes": (NPZ.replace(TRACE[INPUT].array.tobytes()[:16], bytes(16)), "damaged"),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_NPZ)
def test_d8_npz_that_does_not_fit_itself_is_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, expected = IN_NPZ[case]
    assert expected in refusal(content, tmp_path)
    assert not (tmp_path / "canary").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_d8_npz_with_two_members_of_one_name_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO(NPZ)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr(f"{INPUT}.npy", GOOD)
    assert "two members of one name" in refusal(target.getvalue(), tmp_path)


def test_an_npz_that_numpy_wrote_itself_is_read(tmp_path: Path) -> None:
    with np.load(io.BytesIO(NPZ)) as found:
        arrays = dict(found)
    for path, save in ((tmp_path / "a.npz", np.savez), (tmp_path / "b.npz", np.savez_compressed)):
        save(path, **arrays)
        _, trace = read_trace(path, LIMIT)
        assert np.array_equal(trace[INPUT].array, TRACE[INPUT].array)


# --- D9: files that a trace names


def test_d9_weights_that_a_trace_names_are_never_opened(tmp_path: Path) -> None:
    def name_a_file(data: Data) -> None:
        data["scenario"]["model"]["weights"] = {"file": "trap.safetensors"}

    os.mkfifo(tmp_path / "trap.safetensors")  # to open it would wait for ever
    path = tmp_path / "trace.json"
    path.write_bytes(changed(name_a_file))
    scenario, trace = read_trace(path, LIMIT)
    assert scenario.model.weights.file == "trap.safetensors"
    assert np.array_equal(trace[INPUT].array, TRACE[INPUT].array)
