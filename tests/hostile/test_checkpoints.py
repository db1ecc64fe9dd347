"""Files of real models from strangers: safetensors read by position, shards, GGUF, folders (rows C of the table).

Each row of a case is in its name. What is refused is refused in words; what may be read is read right.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attn_explore.model.checkpoints.model_files import open_files
from attn_explore.model.files.gguf import gguf_store
from attn_explore.model.files.positioned import LARGEST_FILE
from attn_explore.model.files.shards import sharded_store
from attn_explore.model.files.stores import TensorStore, safetensors_store
from attn_explore.model.opened import opened, scenario_of
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from tests.program import is_refusal, program
from tests.usual_places import VARIABLES

FAMILIES = Path(__file__).parents[1] / "data" / "families"
MOST_MEMORY = 300 * 2**20


def refusal(act: Callable[[], object]) -> str:
    """The message of a refusal that keeps the contract."""
    tracemalloc.start()
    try:
        with pytest.raises(Problem) as caught:
            act()
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()
    message = caught.value.render()
    assert caught.value.exit_status == 2
    assert is_refusal(message), message
    return message


def every_number(store: TensorStore) -> None:
    """Read all that a store has."""
    for name in store.tensors:
        store.read(name)


# --- safetensors


def headed(header: bytes, data: bytes = b"", length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def entry(shape: Any = (2,), dtype: Any = "F32", start: Any = 0, end: Any = 8) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def file_of(entries: dict[str, Any], data: bytes = bytes(8)) -> bytes:
    return headed(json.dumps(entries).encode(), data)


def twice(name: str) -> bytes:
    one = json.dumps({name: entry()})[1:-1]
    return headed(f"{{{one}, {one}}}".encode(), bytes(8))


NONE, DAMAGED, GAP = "this is not a safetensors file", "the header of this safetensors file is damaged", "leave a gap"

SAFETENSORS: dict[str, tuple[bytes, str]] = {
    "c1 no byte": (b"", NONE),
    "c1 seven bytes": (b"\0" * 7, NONE),
    "c1 a length of 2^64 - 1": (headed(b"{}", length=2**64 - 1), NONE),
    "c1 a length of 100,000,001": (headed(b"{}", bytes(100), length=100_000_001), NONE),
    "c1 a length beyond the end": (headed(b"{}", length=3), NONE),
    "c1 a length of 0": (headed(b"{}", length=0), DAMAGED),
    "c2 no UTF-8": (headed(b'{"\xff": 1}'), DAMAGED),
    "c2 half an object": (headed(b'{"w":'), DAMAGED),
    "c2 a list": (headed(b"[]", bytes(8)), NONE),
    "c2 blanks in front": (headed(b"  {}"), NONE),
    "c2 a NUL behind": (headed(b"{}\0\0"), DAMAGED),
    "c2 deep": (headed(b'{"a":' * 50_000), DAMAGED),
    "c2 NaN": (headed(b'{"__metadata__": {"a": NaN}}'), DAMAGED),
    "c3 a tensor twice": (twice("w"), "tensor 'w': this name stands twice in the header"),
    "c3 a text twice": (headed(b'{"__metadata__": {"a": "1", "a": "2"}}'), "tensor 'a': this name stands twice"),
    "c4 an overlap": (file_of({"a": entry(), "b": entry(start=4, end=12)}, bytes(12)), "'b': its bytes overlap"),
    "c4 a hole": (file_of({"a": entry(), "b": entry(start=12, end=20)}, bytes(20)), GAP),
    "c4 an end before its start": (file_of({"a": entry(start=8, end=0)}), GAP),
    "c4 bytes behind": (file_of({"a": entry()}, bytes(8) + b"PK\5\6"), "12 bytes of data, but the tensors take 8"),
    "c4 two bytes missing": (file_of({"a": entry()}, bytes(6)), "6 bytes of data, but the tensors take 8"),
    "c5 a negative size": (file_of({"a": entry([-2])}), DAMAGED),
    "c5 a size that is no whole number": (file_of({"a": entry([2.0])}), DAMAGED),
    "c5 a size of 2^64": (file_of({"a": entry([2**64])}), "has more numbers than any memory"),
    "c5 a product that overflows": (file_of({"a": entry([2**40, 2**40])}), "has more numbers than any memory"),
    "c5 an empty product that overflows": (file_of({"a": entry([0, 2**60], end=0)}, b""), "has more numbers than"),
    "c5 a shape of other bytes": (file_of({"a": entry([3])}), "has 8 bytes, which is not 3 of F32"),
    "c5 5,000 digits": (headed(b'{"a": {"shape": [' + b"9" * 5000 + b'], "data_offsets": [0, 8]}}'), DAMAGED),
    "c6 F8": (file_of({"a": entry([8], "F8_E4M3")}), "tensor 'a': has the type F8_E4M3"),
    "c6 F4": (file_of({"a": entry([16], "F4")}), "tensor 'a': has the type F4"),
    "c6 no name": (file_of({"a": entry(dtype=None)}), "tensor 'a': has the type None"),
    "c7 C64": (file_of({"a": entry([1], "C64")}), "tensor 'a': has the type C64"),
    "c8 an escape": (file_of({"\x1b]0;x\x07": entry([3])}), "tensor '\\x1b]0;x\\x07': has 8 bytes"),
    "c8 markup": (file_of({"[@click=app.quit]x[/]": entry([3])}), "'[@click=app.quit]x[/]': has 8 bytes"),
    "c8 a long name": (file_of({"x" * 10_000: entry([3])}), "…(+"),
    "c9 a hundred axes": (file_of({"a": entry([1] * 100)}), "has 100 axes, and at most 32 are read"),
    "c11 a header of 11 MB": (headed(b"{" + b" " * (11 * 2**20) + b"}"), NONE),
    "c19 GGUF": (b"GGUF" + bytes(40), "hint: this looks like a GGUF file"),
    "c19 HTML": (b"<!DOCTYPE html>" + bytes(40), "hint: this looks like an HTML page"),
    "c19 git-lfs": (b"version https://git-lfs.github.com/spec/v1\n", "hint: this looks like a git-lfs pointer"),
    "c19 a pickle": (b"\x80\x02}q\0." + bytes(40), "torch.load('m.safetensors', weights_only=True)"),
    "c19 PyTorch": (b"PK\3\4" + bytes(40), "torch.load('m.safetensors', weights_only=True)"),
    "c21 dates": (file_of({"a": entry([1], "M8[s]")}), "tensor 'a': has the type M8[s]"),
    "c21 raw bytes": (file_of({"a": entry([1], "V2000000000")}), "tensor 'a': has the type V2000000000"),
}  # fmt: skip


@pytest.mark.parametrize("case", SAFETENSORS)
def test_a_safetensors_file_that_cannot_be_is_refused(case: str, tmp_path: Path) -> None:
    content, said = SAFETENSORS[case]
    (tmp_path / "m.safetensors").write_bytes(content)
    assert said in refusal(lambda: every_number(safetensors_store(tmp_path / "m.safetensors")))


@pytest.mark.parametrize("case", SAFETENSORS)
def test_a_shard_that_cannot_be_is_refused(case: str, tmp_path: Path) -> None:
    content, said = SAFETENSORS[case]
    (tmp_path / "m.safetensors").write_bytes(content)
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(("a", "w"), "m.safetensors")}))
    message = refusal(lambda: every_number(sharded_store(index)))
    assert said in message or "is not in m.safetensors, as the index says" in message


@pytest.mark.parametrize(
    "name", ["", " ", "../x", "__metadata__x", "\x1b[31m", "\n", "[/]", "\u202e", "x" * 10_000, "猫"]
)
def test_c8_a_tensor_of_any_name_is_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(file_of({name: entry()}, np.array([1.5, -2], np.float32).tobytes()))
    assert safetensors_store(tmp_path / "m").read(name).tolist() == [1.5, -2]


@pytest.mark.parametrize(("shape", "size"), [([], 4), ([0], 0), ([0, 10**12], 0), ([1] * 32, 4)])
def test_c9_no_axis_and_no_number_are_read(shape: list[int], size: int, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(file_of({"w": entry(shape, end=size)}, bytes(size)))
    assert safetensors_store(tmp_path / "m").read("w").shape == tuple(shape)


def test_c11_a_hundred_thousand_tensors_are_opened(tmp_path: Path) -> None:
    entries = {f"layers.{place}.weight": entry([0], end=0) for place in range(100_000)}
    (tmp_path / "m").write_bytes(file_of(entries, b""))
    store = safetensors_store(tmp_path / "m")
    assert len(store.tensors) == 100_000
    assert "did you mean layers.99999.weight?" in refusal(lambda: store.read("layers.99999.weigth"))


# --- files larger than any


@pytest.mark.parametrize("content", [file_of({"w": entry()}), b"GGUF" + struct.pack("<IQQ", 3, 0, 0)])
@pytest.mark.parametrize("read", [safetensors_store, gguf_store, open_files])
def test_c12_a_file_of_a_terabyte_is_refused_by_its_size(
    content: bytes, read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "model.safetensors"
    with path.open("wb") as file:
        file.write(content)
        file.truncate(2**40)
    assert f"this file has 1,099,511,627,776 bytes, and at most {LARGEST_FILE:,} are read" in refusal(
        lambda: read(path)
    )


def test_c12_a_tensor_of_half_a_terabyte_costs_nothing_until_somebody_reads_it(tmp_path: Path) -> None:
    header = json.dumps({"a": entry([2**37], end=2**39), "b": entry(start=2**39, end=2**39 + 8)}).encode()
    with (tmp_path / "m").open("wb") as file:
        file.write(headed(header))
        file.truncate(8 + len(header) + 2**39 + 8)
    tracemalloc.start()
    store = safetensors_store(tmp_path / "m")
    assert store.read("b").tolist() == [0.0, 0.0]
    assert store.read("a", 2**36, 2**36 + 3).tolist() == [0.0] * 3
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


# --- files that change


def changing(path: Path, how: str) -> None:
    if how == "shrinks":
        os.truncate(path, path.stat().st_size - 4)
    elif how == "grows":
        with path.open("ab") as file:
            file.write(b"more")
    else:
        with path.open("r+b") as file:
            file.seek(-4, os.SEEK_END)
            file.write(b"\xff\xff\xff\xff")
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))  # the clock of a file system ticks slowly


@pytest.mark.parametrize("how", ["shrinks", "grows", "is written over"])
@pytest.mark.parametrize("kind", ["safetensors", "shards", "gguf"])
def test_c20_a_file_that_changes_ends_in_a_message_and_never_in_other_numbers(
    kind: str, how: str, tmp_path: Path
) -> None:
    store, path = STORES[kind](tmp_path)
    store.read("w")
    changing(path, how)
    assert "this file changed after it was opened" in refusal(lambda: store.read("w"))
    assert "this file changed after it was opened" in refusal(lambda: store.read("w", 0, 1))


def _safetensors(folder: Path) -> tuple[TensorStore, Path]:
    path = folder / "m.safetensors"
    path.write_bytes(file_of({"w": entry()}))
    return safetensors_store(path), path


def _shards(folder: Path) -> tuple[TensorStore, Path]:
    _, path = _safetensors(folder)
    (folder / "index.json").write_text(json.dumps({"weight_map": {"w": path.name}}))
    return sharded_store(folder / "index.json"), path


def _gguf(folder: Path) -> tuple[TensorStore, Path]:
    path = folder / "m.gguf"
    tensor = struct.pack("<Q1sIQIQ", 1, b"w", 1, 2, 0, 0)
    header = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + tensor
    path.write_bytes(header + bytes(-len(header) % 32) + bytes(8))
    return gguf_store(path), path


STORES: dict[str, Callable[[Path], tuple[TensorStore, Path]]] = {
    "safetensors": _safetensors, "shards": _shards, "gguf": _gguf,
}  # fmt: skip


@pytest.mark.parametrize("how", ["shrinks", "is written over"])
def test_c20_a_run_whose_file_changes_ends_in_a_message(how: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FAMILIES / "gpt2", tmp_path / "gpt2"))
    checkpoint = opened(folder)
    changing(folder / "model.safetensors", how)
    message = refusal(lambda: run(scenario_of("gpt2", checkpoint, {"ids": [1, 2, 3]}))["logits"].array)
    assert "model.safetensors: this file changed after it was opened" in message


def test_c20_what_was_forgotten_does_not_come_back_from_another_file(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FAMILIES / "gpt2", tmp_path / "gpt2"))
    trace = run(scenario_of("gpt2", opened(folder), {"ids": [1, 2, 3]}))
    parameter = trace.parameters["decoder.layers.0.ffn.w_1"]
    assert parameter.array.size
    changing(folder / "model.safetensors", "is written over")
    assert parameter.keeper is not None
    parameter.keeper.forget(parameter)
    assert "this file changed after it was opened" in refusal(lambda: parameter.array)


# --- the program


def test_a_home_full_of_strange_models_is_listed(tmp_path: Path) -> None:
    hub = tmp_path / ".cache/huggingface/hub"
    for number, (content, _) in enumerate(SAFETENSORS.values()):
        snapshot = hub / f"models--org--case{number}" / "snapshots" / "main"
        snapshot.mkdir(parents=True)
        (snapshot / "config.json").write_text('{"model_type": "gpt2"}')
        (snapshot / "model.safetensors").write_bytes(content)
    found = program("models", HOME=str(tmp_path), **dict.fromkeys(VARIABLES))
    assert (found.returncode, found.stderr) == (0, b"")
    lines = found.stdout.decode().splitlines()
    assert len(lines) == len(SAFETENSORS) + 1
    assert b"\x1b" not in found.stdout
