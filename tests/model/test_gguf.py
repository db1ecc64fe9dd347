"""GGUF files: headers and numbers as the package `gguf` reads them, and nothing believed beyond the file."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType
from gguf.quants import dequantize
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.files.gguf import gguf_store
from attn_explore.model.files.gguf_values import LARGEST_HEADER
from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.files.storages import GGML_TYPES
from attn_explore.model.files.texts import Texts
from attn_explore.model.problems import Problem
from tests.building import bytes_read

TYPES = ("F32", "F16", "BF16", "F64", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K", "Q2_K", "IQ4_NL")
ROWS, WIDTH = 37, 512


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.exit_status == 2
    return caught.value.render()


def stored(name: str, rows: int = ROWS, width: int = WIDTH) -> np.ndarray:
    """The bytes of a matrix of a type: any will do, as they are compared with the same ones decoded elsewhere."""
    numbers, nbytes = GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    return np.random.default_rng(len(name)).integers(0, 255, (rows, width // numbers * nbytes), np.uint8)


def decoded(content: np.ndarray, name: str) -> np.ndarray:
    kind = GGMLQuantizationType[name]
    with np.errstate(all="ignore"):
        return content.view(np.float64) if name == "F64" else dequantize(content, kind)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of matrices of many types, and metadata of every kind."""
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    for kind, value in VALUES.items():
        writer.add_key_value(f"a.{kind.name.lower()}", value, kind)
    for kind, value in VALUES.items():
        writer.add_key_value(f"list.{kind.name.lower()}", [value, value], GGUFValueType.ARRAY, kind)
    writer.add_token_list(TOKENS)
    for name in TYPES:
        writer.add_tensor(f"{name}.weight", stored(name), raw_dtype=GGMLQuantizationType[name])
    writer.add_tensor("norm", np.arange(5, dtype=np.float32))
    writer.add_tensor("cube", np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    return finished(writer)


VALUES: dict[GGUFValueType, Any] = {
    GGUFValueType.UINT8: 200, GGUFValueType.INT8: -3, GGUFValueType.UINT16: 60000, GGUFValueType.INT16: -300,
    GGUFValueType.UINT32: 2**32 - 1, GGUFValueType.INT32: -7, GGUFValueType.FLOAT32: 0.5, GGUFValueType.BOOL: True,
    GGUFValueType.STRING: "naïve 猫", GGUFValueType.UINT64: 2**63, GGUFValueType.INT64: -(2**40),
    GGUFValueType.FLOAT64: 1e-300,
}  # fmt: skip
TOKENS = ["<s>", "Ġthe", "猫", "", "\x1b[31m", "x" * 1000]


def finished(writer: gguf.GGUFWriter) -> Path:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert writer.path is not None
    return writer.path


def test_numbers_are_those_that_the_package_gguf_gives(path: Path) -> None:
    store = gguf_store(path)
    theirs = {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}
    assert store.tensors.keys() == theirs.keys()
    for name, tensor in store.tensors.items():
        assert (tensor.storage, tensor.nbytes) == (theirs[name].tensor_type.name, theirs[name].n_bytes)
        assert (tensor.offset, tensor.shape) == (theirs[name].data_offset, tuple(theirs[name].shape[::-1].tolist()))
        wanted = decoded(theirs[name].data.view(np.uint8), tensor.storage).reshape(tensor.shape)
        np.testing.assert_array_equal(store.read(name), wanted)
        assert store.read(name).dtype == (np.float64 if tensor.storage == "F64" else np.float32)


@pytest.mark.parametrize("name", TYPES)
def test_of_a_matrix_of_blocks_rows_alone_are_read(path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store, content, lengths = gguf_store(path), stored(name), bytes_read(monkeypatch)
    for start, stop in ((0, 1), (5, 30), (36, 37), (9, 9)):
        lengths.clear()
        np.testing.assert_array_equal(store.read(f"{name}.weight", start, stop), decoded(content, name)[start:stop])
        assert sum(lengths) == content[start:stop].nbytes


def test_part_of_a_list_of_blocks_is_cut_out_of_whole_ones(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tensor("b", stored("Q8_0", 1)[0], raw_dtype=GGMLQuantizationType.Q8_0)
    store = gguf_store(finished(writer))
    np.testing.assert_array_equal(store.read("b", 5, 40), decoded(stored("Q8_0", 1)[0], "Q8_0")[5:40])


def test_every_type_takes_the_bytes_that_the_package_says() -> None:
    for number, (name, storage) in GGML_TYPES.items():
        kind = GGMLQuantizationType(number)
        assert (kind.name, GGML_QUANT_SIZES[kind]) == (name, (storage.numbers, storage.nbytes))


@pytest.mark.parametrize("name", [name for name, storage in GGML_TYPES.values() if storage.decode and name != "F64"])
def test_every_type_that_is_read_is_decoded_as_the_package_does_to_the_bit(tmp_path: Path, name: str) -> None:
    writer, content = gguf.GGUFWriter(tmp_path / "m.gguf", "llama"), stored(name, 300)
    writer.add_tensor("w", content, raw_dtype=GGMLQuantizationType[name])
    found, wanted = gguf_store(finished(writer)).read("w"), decoded(content, name)
    np.testing.assert_array_equal(found, wanted)
    numbers = np.isfinite(wanted)
    assert numbers.mean() > 0.9
    np.testing.assert_array_equal(found[numbers].view(np.uint32), wanted[numbers].view(np.uint32))


def test_metadata_of_every_kind_is_read(path: Path) -> None:
    metadata = gguf_store(path).metadata
    assert metadata["general.architecture"] == "llama"
    for kind, value in VALUES.items():
        assert metadata[f"a.{kind.name.lower()}"] == value
        assert list(metadata[f"list.{kind.name.lower()}"]) == [value, value]
    assert metadata["a.bool"] is True
    assert list(metadata["tokenizer.ggml.tokens"]) == TOKENS


def test_texts_are_a_sequence() -> None:
    texts = Texts(b"ab..c..\xff", (0, 4, 7, 10), between=2)
    assert (len(texts), texts[0], texts[1], texts[-1], texts[1:]) == (3, "ab", "c", "\ufffd", ["c", "\ufffd"])
    assert "c" in texts
    with pytest.raises(IndexError):
        texts[3]


def test_a_list_of_texts_where_a_number_must_be_is_shown_by_its_first() -> None:
    settings = Settings({"block_count": Texts(b"abcde", range(6), between=0)}, Path("m.gguf"))
    assert '`block_count`: ["a", "b", "c"] is not' in refused(lambda: settings.size("block_count"))


def test_a_large_vocabulary_opens_without_its_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_token_list([f"token {number}" for number in range(100_000)])
    writer.add_tensor("w", np.zeros((1000, 1000), np.float32))
    path, most = finished(writer), []
    read = PositionedFile.read
    monkeypatch.setattr(PositionedFile, "read", lambda file, at, n: most.append(at + n) or read(file, at, n))
    monkeypatch.setattr(Texts, "__getitem__", lambda *_: pytest.fail("a text was decoded"))
    store = gguf_store(path)
    assert len(store.metadata["tokenizer.ggml.tokens"]) == 100_000
    assert max(most) < 2 * store.tensors["w"].offset


def test_opening_a_file_needs_no_other_package(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name == "gguf" or name.startswith("gguf.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if "site-packages" not in each])
    store = gguf_store(path)
    np.testing.assert_array_equal(store.read("norm"), np.arange(5))
    assert np.isfinite(store.read("Q8_0.weight")).any()
    message = refused(lambda: store.read("Q5_K.weight"))
    assert "the type Q5_K needs the package gguf, which is not installed" in message
    assert "hint: pip install 'attn-explore[checkpoints]'" in message


def test_whole_numbers_are_refused_only_when_they_are_asked_for(tmp_path: Path) -> None:
    writer = gguf.GGUFWriter(tmp_path / "m.gguf", "llama")
    writer.add_tensor("ids", np.arange(4, dtype=np.int32))
    store = gguf_store(finished(writer))
    assert "tensor 'ids': has the type I32" in refused(lambda: store.read("ids"))


# --- what is wrong with a file


def text(content: str) -> bytes:
    return struct.pack("<Q", len(content.encode())) + content.encode()


def key(name: str, kind: int, content: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + content


def tensor(name: str = "w", dims: tuple[int, ...] = (8,), kind: int = 0, start: int = 0) -> bytes:
    return text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, start)


def file_of(keys: list[bytes], tensors: list[bytes], data: int = 32, version: int = 3) -> bytes:
    header = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(keys)) + b"".join(keys + tensors)
    return header + bytes(-len(header) % 32) + bytes(data)


GOOD = file_of([key("a", 4, struct.pack("<I", 7))], [tensor()])

BAD: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", "byte 0: this is not a GGUF file"),
    "an HTML page": (b"<!DOCTYPE html>", "hint: this looks like an HTML page"),
    "safetensors": (struct.pack("<Q", 2) + b"{}", "hint: this looks like a safetensors file"),
    "another version": (file_of([], [], version=1), "this is GGUF version 1"),
    "another byte order": (file_of([], [], version=3 << 24), "has another byte order"),
    "more tensors than there are bytes": (b"GGUF" + struct.pack("<IQQ", 3, 100, 0), "beyond the end of the file"),
    "endless tensors": (b"GGUF" + struct.pack("<IQQ", 3, 2**64 - 1, 0), "more than any model has"),
    "endless keys": (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**63), "more than any model has"),
    "only a magic": (b"GGUF", "byte 4: the header ends beyond the end"),
    "a text of 2^64 - 1": (file_of([key("a", 8, b"\xff" * 8)], []), "beyond the end"),
    "a list of 2^63": (file_of([key("a", 9, struct.pack("<IQ", 8, 2**63))], []), "beyond the end"),
    "a list of 2^63 numbers": (file_of([key("a", 9, struct.pack("<IQ", 12, 2**63))], []), "at most 4,194,304 are read"),
    "a list of 2^20 numbers": (file_of([key("a", 9, struct.pack("<IQ", 12, 2**20))], []), "beyond the end"),
    "a text in a list beyond the end": (
        file_of([key("a", 9, struct.pack("<IQQ", 8, 2, 2**62))], []), "beyond the end",
    ),
    "a list of lists": (file_of([key("a", 9, struct.pack("<IQ", 9, 1))], []), "a list of values of kind 9"),
    "an unknown kind": (file_of([key("a", 13, bytes(8))], []), "there is no kind 13 of values"),
    "a key twice": (file_of([key("a", 0, b"\0")] * 2, []), "the key 'a' stands twice"),
    "a tensor twice": (file_of([], [tensor(), tensor(start=32)], 64), "tensor 'w': this name stands twice"),
    "no alignment": (file_of([key("general.alignment", 4, bytes(4))], []), "is no power of two"),
    "an odd alignment": (file_of([key("general.alignment", 4, b"\x30\0\0\0")], []), "is no power of two"),
    "an alignment that is text": (file_of([key("general.alignment", 8, text("32"))], []), "is no power of two"),
    "five axes": (file_of([], [tensor(dims=(1,) * 5)]), "tensor 'w': has 5 axes"),
    "2^32 axes": (file_of([], [text("w") + b"\xff" * 4]), "has 4294967295 axes"),
    "a product that overflows": (file_of([], [tensor(dims=(2**40, 2**40))]), "has more numbers than any memory"),
    "an unknown type": (file_of([], [tensor(kind=99)]), "tensor 'w': has the type 99, which is not known"),
    "half a block": (file_of([], [tensor(dims=(40,), kind=8)]), "has rows of 40 numbers, and Q8_0 is stored by 32"),
    "tensors that overlap": (file_of([], [tensor(), tensor("v")], 64), "tensor 'v': its bytes overlap"),
    "a gap": (file_of([], [tensor(), tensor("v", start=64)], 128), "tensor 'v': its bytes overlap another tensor's or"),
    "an odd place": (file_of([], [tensor(start=1)], 64), "leave a gap"),
    "data cut short": (file_of([], [tensor()], 30), "tensor 'w': ends 2 bytes beyond the end of the file"),
    "no data": (file_of([], [tensor(dims=(2**50,))]), "beyond the end of the file"),
    "a list of numbers of files": (file_of([key("split.count", 9, struct.pack("<IQ", 4, 0))], []), "this is one of []"),
    "one of several files": (file_of([key("split.count", 2, b"\3\0")], []), "this is one of 3 files"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_header_that_cannot_be_is_refused_in_words(tmp_path: Path, case: str) -> None:
    content, said = BAD[case]
    (tmp_path / "m.gguf").write_bytes(content)
    assert said in refused(lambda: gguf_store(tmp_path / "m.gguf"))


def test_the_file_that_the_bad_ones_are_made_of_is_good(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(GOOD)
    store = gguf_store(tmp_path / "m.gguf")
    assert (store.metadata, store.read("w").tolist()) == ({"a": 7}, [0.0] * 8)


@pytest.mark.parametrize("cut", range(0, len(GOOD), 5))
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, cut: int) -> None:
    (tmp_path / "m.gguf").write_bytes(GOOD[:cut])
    assert "m.gguf: " in refused(lambda: gguf_store(tmp_path / "m.gguf"))


def test_a_header_without_end_is_given_up_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 8, 2**22)
    with (tmp_path / "m.gguf").open("wb") as file:
        file.write(head)
        file.truncate(10**12)  # texts of no characters, one after another, in a file of a terabyte
    lengths = bytes_read(monkeypatch)
    assert f"more than {LARGEST_HEADER:,} bytes" in refused(lambda: gguf_store(tmp_path / "m.gguf"))
    assert sum(lengths) <= LARGEST_HEADER + 4096


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_whatever_the_bytes_are_they_are_read_or_refused(tmp_path_factory: Any, content: bytes, kept: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(GOOD[:kept] + content)
    try:
        gguf_store(path)
    except Problem as problem:
        assert problem.exit_status == 2  # noqa: PT017
