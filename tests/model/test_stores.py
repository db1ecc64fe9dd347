"""Tensors in files: known from headers alone, read by position and by rows, and never wrong after a change."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from attn_explore.model.files import positioned
from attn_explore.model.files.stores import TensorStore, safetensors_store
from attn_explore.model.problems import Problem
from tests.building import bytes_read


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.exit_status == 2
    return caught.value.render()


def written(path: Path, header: dict[str, Any], data: bytes) -> Path:
    """A safetensors file with this header, right or wrong."""
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def of_bits(path: Path, dtype: str, bits: np.ndarray) -> TensorStore:
    entry = {"dtype": dtype, "shape": bits.shape, "data_offsets": [0, bits.nbytes]}
    return safetensors_store(written(path, {"w": entry}, bits.tobytes()))


@pytest.fixture
def table(tmp_path: Path) -> tuple[TensorStore, np.ndarray]:
    numbers = np.random.default_rng(0).normal(size=(70, 3, 5)).astype(np.float32)
    save_file({"other": np.ones(7), "table": numbers}, tmp_path / "m.safetensors")
    return safetensors_store(tmp_path / "m.safetensors"), numbers


def test_a_store_knows_its_tensors_without_reading_them(table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = table
    lengths = bytes_read(monkeypatch)
    tensor = store.tensors["table"]
    assert (tensor.file, tensor.shape, tensor.storage, tensor.nbytes) == (store.path, (70, 3, 5), "F32", 4200)
    assert (tensor.size, lengths) == (1050, [])
    assert store.nbytes == store.path.stat().st_size


def test_numbers_are_those_of_the_file(table: Any) -> None:
    store, numbers = table
    np.testing.assert_array_equal(store.read("table"), numbers)
    assert (store.read("table").dtype, store.read("other").dtype) == (np.float32, np.float64)


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (69, 70), (3, 60), (5, 5), (None, 4), (66, None)])
def test_rows_alone_are_read(table: Any, start: int | None, stop: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    store, numbers = table
    lengths = bytes_read(monkeypatch)
    np.testing.assert_array_equal(store.read("table", start, stop), numbers[start:stop])
    assert sum(lengths) == numbers[start:stop].nbytes


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("storage", ["F32", "F16", "BF16", "F64"])
def test_numbers_are_the_same_in_memory_of_any_type(tmp_path: Path, storage: str, dtype: str) -> None:
    width = {"F32": 4, "F64": 8}.get(storage, 2)
    entry = {"dtype": storage, "shape": [6], "data_offsets": [0, 6 * width]}
    bits = np.arange(6 * width, dtype=np.uint8).tobytes()
    store = safetensors_store(written(tmp_path / "m", {"w": entry}, bits))
    found = store.read("w", room=np.full(6, np.nan, dtype))
    np.testing.assert_array_equal(found, store.read("w").astype(found.dtype))


def test_a_tensor_larger_than_a_piece_is_read_whole(tmp_path: Path) -> None:
    bits = np.arange(3 * 2**20 + 5, dtype=np.uint32)
    store = of_bits(tmp_path / "m", "F32", bits)
    np.testing.assert_array_equal(store.read("w").view(np.uint32), bits)
    np.testing.assert_array_equal(store.read("w", 7, 2**21).view(np.uint32), bits[7 : 2**21])


@pytest.mark.parametrize("shape", [(), (0,), (0, 10**12), (3, 0)])
def test_a_single_number_and_no_number_are_read(tmp_path: Path, shape: tuple[int, ...]) -> None:
    size = 4 if shape == () else 0
    entry = {"dtype": "F32", "shape": shape, "data_offsets": [0, size]}
    store = safetensors_store(written(tmp_path / "m", {"w": entry}, np.float32(2.5).tobytes()[:size]))
    assert store.read("w").shape == shape
    assert store.read("w").sum() == (2.5 if size else 0)


# --- 16 bits


def test_every_number_of_bf16_is_the_upper_half_of_a_float32(tmp_path: Path) -> None:
    bits = np.arange(2**16, dtype="<u2")
    decoded = of_bits(tmp_path / "m", "BF16", bits).read("w")
    np.testing.assert_array_equal(decoded.view(np.uint32), bits.astype(np.uint32) << 16)
    assert decoded[[0x3F80, 0x8000, 0xC0A0]].tolist() == [1.0, -0.0, -5.0]
    assert np.signbit(decoded[0x8000])
    assert decoded[1] == 2.0**-133
    assert np.isnan(decoded[0x7FC0])


@pytest.mark.filterwarnings("error")
def test_every_number_of_f16_is_decoded_exactly(tmp_path: Path) -> None:
    bits = np.arange(2**16, dtype="<u2")
    decoded = of_bits(tmp_path / "m", "F16", bits).read("w")
    sign, exponent, fraction = bits >> 15, (bits >> 10 & 31).astype(int), (bits & 1023) / 1024
    wanted = np.where(exponent == 0, fraction * 2.0**-14, (1 + fraction) * 2.0 ** np.minimum(exponent - 15, 15))
    wanted = np.where(exponent == 31, np.where(fraction == 0, np.inf, np.nan), wanted) * np.where(sign, -1, 1)
    np.testing.assert_array_equal(decoded, wanted.astype(np.float32))
    assert decoded.dtype == np.float32


@pytest.mark.parametrize("dtype", ["I64", "BOOL", "F8_E4M3", "F4"])
def test_what_is_no_floating_point_is_refused_only_when_it_is_asked_for(tmp_path: Path, dtype: str) -> None:
    size = 8 if dtype == "I64" else 1
    header = {
        "ids": {"dtype": dtype, "shape": [1], "data_offsets": [0, size]},
        "w": {"dtype": "F32", "shape": [1], "data_offsets": [size, size + 4]},
    }
    store = safetensors_store(written(tmp_path / "m", header, bytes(size) + np.float32(3).tobytes()))
    assert store.read("w").tolist() == [3.0]
    assert f"tensor 'ids': has the type {dtype}" in refused(lambda: store.read("ids"))


# --- what is wrong with a file


def test_a_tensor_that_is_not_there_is_answered_with_the_nearest(table: Any) -> None:
    assert "did you mean table?" in refused(lambda: table[0].read("tabel"))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}, "tensor 'w': has 8 bytes, which is not 3 of F32"),
        ({"dtype": "I64", "shape": [2], "data_offsets": [0, 8]}, "tensor 'w': has 8 bytes, which is not 2 of I64"),
        ({"dtype": "F32", "shape": [1] * 100, "data_offsets": [0, 8]}, "has 100 axes, and at most 32 are read"),
        ({"dtype": "F32", "shape": [0, 2**60], "data_offsets": [0, 8]}, "has more numbers than any memory"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}, "overlap another tensor's or leave a gap"),
        ({"dtype": "F32", "shape": [2], "data_offsets": [0, 10**15]}, "the tensors take 1,000,000,000,000,000"),
        ({"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}, "the header of this safetensors file is damaged"),
    ],
)
def test_a_header_is_believed_only_within_its_file(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    path = written(tmp_path / "m", {"w": entry}, bytes(8))
    assert said in refused(lambda: safetensors_store(path))


@pytest.mark.parametrize("content", [b"", b"1234567", b"\xff" * 8 + b"{}", bytes(8) + b"[]", b"\x80\x02}q\x00" * 9])
def test_what_is_no_safetensors_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m").write_bytes(content)
    assert "this is not a safetensors file" in refused(lambda: safetensors_store(tmp_path / "m"))


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_they_are_read_or_refused(tmp_path_factory: Any, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    try:
        safetensors_store(path)
    except Problem as problem:
        assert problem.exit_status == 2  # noqa: PT017


# --- files that change


def _shrink(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 400)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-8, os.SEEK_END)
        file.write(b"12345678")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))  # the clock of a file system ticks slowly


@pytest.mark.parametrize("change", [_shrink, _overwrite])
def test_a_file_that_changed_is_a_message_and_never_other_numbers(table: Any, change: Callable[[Path], None]) -> None:
    store, _ = table
    store.read("table")
    change(store.path)
    assert "this file changed after it was opened" in refused(lambda: store.read("table"))


def test_a_file_that_was_replaced_by_another_is_still_the_one_that_was_opened(table: Any, tmp_path: Path) -> None:
    store, numbers = table
    save_file({"table": np.zeros((70, 3, 5), np.float32)}, tmp_path / "new")
    os.replace(tmp_path / "new", store.path)
    np.testing.assert_array_equal(store.read("table"), numbers)


def test_a_file_is_closed_with_its_store(tmp_path: Path) -> None:
    store = of_bits(tmp_path / "m", "F32", np.zeros(3, np.uint32))
    descriptor = store.files[store.path]._descriptor
    os.fstat(descriptor)
    del store
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("by_position", [True, False])
def test_threads_may_read_at_once(table: Any, monkeypatch: pytest.MonkeyPatch, by_position: bool) -> None:
    store, numbers = table
    if not by_position:
        monkeypatch.setattr(positioned, "_read_at", positioned._read_in_turn)
        monkeypatch.setattr(positioned, "_read_at_into", None)
    wrong = []

    def read(first: int) -> None:
        for start in range(first, 70):
            wrong.extend([start] * (not np.array_equal(store.read("table", start), numbers[start:])))

    threads = [threading.Thread(target=read, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
