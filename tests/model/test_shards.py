"""Models in several files: their index is checked against what is in them, and names no file elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.model.files.shards import LARGEST_INDEX, sharded_store
from attn_explore.model.files.stores import TensorStore
from attn_explore.model.problems import Problem

FIRST, SECOND = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
MAP = {"a": FIRST, "b": FIRST, "c": SECOND}
NUMBERS = {name: np.full((2, 3), number, np.float32) for number, name in enumerate("abc")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_file({name: NUMBERS[name] for name in "ab"}, tmp_path / FIRST)
    save_file({"c": NUMBERS["c"]}, tmp_path / SECOND)
    return tmp_path


def opened(folder: Path, index: Any) -> TensorStore:
    path = folder / "model.safetensors.index.json"
    path.write_text(index if isinstance(index, str) else json.dumps(index), "utf-8")
    return sharded_store(path)


def refused(folder: Path, index: Any) -> str:
    with pytest.raises(Problem) as caught:
        opened(folder, index)
    assert caught.value.exit_status == 2
    return caught.value.render()


def test_tensors_are_read_from_whichever_file_they_are_in(folder: Path) -> None:
    store = opened(folder, {"metadata": {"total_size": 72}, "weight_map": MAP})
    assert {name: tensor.file.name for name, tensor in store.tensors.items()} == MAP
    for name, numbers in NUMBERS.items():
        np.testing.assert_array_equal(store.read(name), numbers)
    assert store.nbytes == sum((folder / name).stat().st_size for name in (FIRST, SECOND))


def test_files_may_be_links_as_in_a_cache(folder: Path) -> None:
    (folder / "blobs").mkdir()
    for name in (FIRST, SECOND):
        (folder / name).rename(folder / "blobs" / name)
        (folder / name).symlink_to(f"blobs/{name}")
    np.testing.assert_array_equal(opened(folder, {"weight_map": MAP}).read("c"), NUMBERS["c"])


def test_every_file_that_is_missing_is_said(folder: Path) -> None:
    (folder / SECOND).unlink()
    index = {"weight_map": MAP | {"d": "model-00003-of-00003.safetensors"}}
    message = refused(folder, index)
    assert f"2 of the 3 files of this model are missing: {SECOND}, model-00003-of-00003.safetensors" in message


def test_a_tensor_in_another_file_than_said_is_told_with_both(folder: Path) -> None:
    message = refused(folder, {"weight_map": MAP | {"b": SECOND, "x": FIRST}})
    assert f"tensor 'b': is not in {SECOND}, as the index says, but in {FIRST}" in message
    assert f"tensor 'x': is not in {FIRST}, as the index says" in message


def test_a_tensor_in_two_files_is_told_with_both(folder: Path) -> None:
    save_file({name: NUMBERS[name] for name in "ac"}, folder / SECOND)
    assert f"tensor 'a': is in {FIRST} and in {SECOND}" in refused(folder, {"weight_map": MAP})


def test_a_name_that_stands_twice_in_the_index_is_refused_at_its_place(folder: Path) -> None:
    index = f'{{"weight_map": {{"a": "{FIRST}", "a": "{SECOND}"}}}}'
    assert "index.json:1:58: a name stands twice in this object" in refused(folder, index)


@pytest.mark.parametrize(
    "name", ["../secret.safetensors", "/etc/x.safetensors", "a/b.safetensors", "..\\x.safetensors", "a\0.safetensors"]
)
def test_a_file_elsewhere_is_never_opened(folder: Path, name: str) -> None:
    save_file({"c": NUMBERS["c"]}, folder.parent / "secret.safetensors")
    assert "in this folder" in refused(folder, {"weight_map": MAP | {"c": name}})


@pytest.mark.parametrize("name", ["", ".", "..", "pytorch_model.bin", "config.json", "x" * 300 + ".safetensors"])
def test_a_file_of_another_kind_is_never_opened(folder: Path, name: str) -> None:
    assert "is no name of a .safetensors file in this folder" in refused(folder, {"weight_map": MAP | {"c": name}})


@pytest.mark.parametrize(
    "index", [[], {}, {"weight_map": {}}, {"weight_map": []}, {"weight_map": {"a": 1}}, {"weight_map": {"a": [FIRST]}}]
)
def test_an_index_without_a_map_is_refused_with_its_form(folder: Path, index: Any) -> None:
    message = refused(folder, index)
    assert "this index does not say which tensor is in which file" in message
    assert 'hint: it is {"weight_map"' in message


@pytest.mark.parametrize("index", ["", "{", '{"weight_map": NaN}', "[" * 100 + "]" * 100, "404: not found"])
def test_an_index_that_is_no_strict_json_is_refused(folder: Path, index: str) -> None:
    assert "index.json:1:" in refused(folder, index)


def test_an_index_of_too_many_bytes_is_not_read(folder: Path) -> None:
    assert "at most 20,971,520 are read" in refused(folder, " " * (LARGEST_INDEX + 1))


def test_a_damaged_file_is_named(folder: Path) -> None:
    (folder / SECOND).write_bytes(b"<!DOCTYPE html><html>Sign in</html>")
    message = refused(folder, {"weight_map": MAP})
    assert f"{SECOND}: byte 0: this is not a safetensors file" in message
    assert "hint: this looks like an HTML page" in message
