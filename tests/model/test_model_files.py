"""Folders as Hugging Face writes them, and what stands in their place: recognised by what is in them."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.model.checkpoints.model_files import INDEX, LARGEST_SETTINGS, WEIGHTS, open_files
from attn_explore.model.checkpoints.pooling import Pooling
from attn_explore.model.problems import Problem

CONFIG = {"model_type": "gpt2", "n_layer": 2}
TRANSFORMER, POOLING, NORMALIZE = (
    {"type": f"sentence_transformers.models.{kind}", "path": path}
    for kind, path in (("Transformer", ""), ("Pooling", "1_Pooling"), ("Normalize", "2_Normalize"))
)
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    save_file({"w": np.arange(6, dtype=np.float32)}, tmp_path / WEIGHTS)
    return tmp_path


def refused(path: Path, act: Callable[[Path], object] = open_files) -> str:
    with pytest.raises(Problem) as caught:
        act(path)
    assert caught.value.exit_status == 2
    return caught.value.render()


# --- what is opened


def test_a_folder_has_settings_and_tensors(folder: Path) -> None:
    files = open_files(folder)
    assert (files.settings, files.settings_path, files.is_gguf) == (CONFIG, folder / "config.json", False)
    np.testing.assert_array_equal(files.store.read("w"), np.arange(6))


@pytest.mark.parametrize("name", [WEIGHTS, INDEX])
def test_the_weights_of_a_folder_mean_the_folder(folder: Path, name: str) -> None:
    (folder / INDEX).write_text(json.dumps({"weight_map": {"w": WEIGHTS}}))
    assert open_files(folder / name).path == folder


def test_a_folder_may_have_its_weights_in_several_files(folder: Path) -> None:
    (folder / WEIGHTS).rename(folder / "model-00001-of-00001.safetensors")
    (folder / INDEX).write_text(json.dumps({"weight_map": {"w": "model-00001-of-00001.safetensors"}}))
    np.testing.assert_array_equal(open_files(folder).store.read("w"), np.arange(6))


def test_a_gguf_file_is_a_model_whatever_it_is_called(tmp_path: Path) -> None:
    import gguf

    for name in ("m.gguf", "sha256-0123"):
        writer = gguf.GGUFWriter(tmp_path / name, "llama")
        writer.add_tensor("w", np.arange(6, dtype=np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        files = open_files(tmp_path / name)
        assert (files.is_gguf, files.settings["general.architecture"], files.pooling) == (True, "llama", None)
    assert open_files(tmp_path).path == tmp_path / "m.gguf"
    (tmp_path / "n.gguf").touch()
    message = refused(tmp_path)
    assert "there are 2 models in this folder" in message
    assert "hint: name one of m.gguf, n.gguf" in message


def test_other_settings_are_read_where_they_are(folder: Path) -> None:
    (folder / "generation_config.json").write_text('{"bos_token_id": 1}')
    files = open_files(folder)
    assert files.beside("generation_config.json") == {"bos_token_id": 1}
    assert files.beside("tokenizer_config.json") is None


@pytest.mark.parametrize("name", ["../secret.json", "/etc/passwd", "a/b/c.json", "a\0b", "x" * 5000])
def test_nothing_outside_the_folder_is_read(folder: Path, name: str) -> None:
    (folder.parent / "secret.json").write_text("{}")
    assert open_files(folder).beside(name) is None


# --- sentence embeddings


def pooled(folder: Path, modules: object, settings: object = None) -> Pooling | None:
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    given = {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False} if settings is None else settings
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(given))
    return open_files(folder).pooling


@pytest.mark.parametrize(
    ("modules", "settings", "wanted"),
    [
        ([TRANSFORMER, POOLING, NORMALIZE], None, Pooling("mean", True)),
        ([TRANSFORMER, POOLING], {"pooling_mode_cls_token": True}, Pooling("first", False)),
        ([TRANSFORMER, POOLING], {"pooling_mode": "mean", "embedding_dimension": 3}, Pooling("mean", False)),
        ([TRANSFORMER], None, None),
    ],
)
def test_a_folder_says_how_one_vector_is_made(
    folder: Path, modules: object, settings: object, wanted: Pooling | None
) -> None:
    assert pooled(folder, modules, settings) == wanted


def test_a_folder_that_says_nothing_makes_none(folder: Path) -> None:
    assert open_files(folder).pooling is None


DENSE = {"type": "sentence_transformers.models.Dense", "path": "2_Dense"}


@pytest.mark.parametrize(
    ("modules", "settings", "said"),
    [
        ([TRANSFORMER, POOLING, DENSE], None, "the modules Transformer, Pooling, Dense are not implemented"),
        ([POOLING, TRANSFORMER], None, "the modules Pooling, Transformer are not implemented"),
        ([], None, "modules.json: the modules  are not implemented"),
        ([1], None, "this is no list of modules"),
        ({}, None, "this is no list of modules"),
        ([TRANSFORMER, POOLING], {"pooling_mode_max_tokens": True}, "pooling by max_tokens is not implemented"),
        ([TRANSFORMER, POOLING], {"pooling_mode": ["mean"]}, "pooling by ['mean'] is not implemented"),
        ([TRANSFORMER, POOLING], {}, "pooling by nothing is not implemented"),
        ([TRANSFORMER, POOLING], [], "1_Pooling/config.json:1:1: this is no table of settings"),
        (
            [TRANSFORMER, POOLING],
            {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
            "pooling by mean_tokens, cls_token is not implemented",
        ),
        ([TRANSFORMER, POOLING | {"path": "../elsewhere"}], None, "the folder has no ../elsewhere/config.json"),
        ([TRANSFORMER, POOLING | {"path": "/etc"}], None, "the folder has no /etc/config.json"),
        ([TRANSFORMER, POOLING | {"path": "\0"}], None, "the folder has no ␀/config.json"),
        ([TRANSFORMER, POOLING | {"path": 7}], None, "the folder has no 7/config.json"),
    ],
)
def test_a_way_that_is_not_implemented_is_refused_by_name(
    folder: Path, modules: object, settings: object, said: str
) -> None:
    assert said in refused(folder, lambda path: pooled(path, modules, settings))


# --- what is not opened


def test_a_folder_without_settings_is_none(tmp_path: Path) -> None:
    message = refused(tmp_path)
    assert "there is no config.json in this folder" in message
    assert "hint: a model's folder has config.json, model.safetensors and tokenizer.json" in message


def test_a_folder_without_weights_is_none(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    assert "there is no model.safetensors in this folder" in refused(folder)


PICKLES = {"a pickle": pickle.dumps({"w": [1.0]}), "PyTorch's archive": b"PK\x03\x04" + bytes(30)}


@pytest.mark.parametrize("case", PICKLES)
def test_a_pickle_is_refused_with_the_command_that_converts_it(folder: Path, case: str) -> None:
    (folder / WEIGHTS).unlink()
    (folder / "pytorch_model.bin").write_bytes(PICKLES[case])
    message = refused(folder)
    assert "there is no model.safetensors in this folder, but pytorch_model.bin" in message
    assert "torch.load('pytorch_model.bin', weights_only=True)" in message
    assert message.endswith("'model.safetensors')\"")


def test_pickles_in_several_files_are_converted_together(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    for number in (1, 2):
        (folder / f"pytorch_model-0000{number}-of-00002.bin").write_bytes(PICKLES["a pickle"])
    message = refused(folder)
    assert "but pytorch_model-00001-of-00002.bin, pytorch_model-00002-of-00002.bin" in message
    assert "from_pretrained('.').save_pretrained('.')" in message


@pytest.mark.parametrize("case", PICKLES)
def test_a_pickle_that_was_renamed_is_refused_all_the_same(folder: Path, case: str) -> None:
    (folder / WEIGHTS).write_bytes(PICKLES[case])
    message = refused(folder)
    assert "model.safetensors: byte 0: this is not a safetensors file" in message
    assert "torch.load('model.safetensors', weights_only=True)" in message


def test_a_command_holds_no_name_that_a_shell_would_obey(folder: Path) -> None:
    (folder / WEIGHTS).unlink()
    (folder / "$(touch x)'.pt").write_bytes(PICKLES["a pickle"])
    assert "torch.load('FILE'" in refused(folder)


class Canary:
    """Runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("canary",)


def test_nothing_in_a_pickle_is_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name in (WEIGHTS, "pytorch_model.bin", "config.json"):
        (folder / name).write_bytes(pickle.dumps(Canary()))
        refused(folder)
        refused(folder / name)
    assert not (folder / "canary").exists()


ELSE = {
    "a git-lfs pointer": (LFS, "this looks like a git-lfs pointer, not the file itself (try `git lfs pull`)"),
    "a page of the web": (b"<!DOCTYPE html><html>Sign in</html>", "this looks like an HTML page"),
    "nothing": (b"", ""),
    "text": (b"404: Not Found", ""),
}


@pytest.mark.parametrize("name", [WEIGHTS, "config.json"])
@pytest.mark.parametrize("case", ELSE)
def test_what_stands_in_the_place_of_a_file_is_named(folder: Path, name: str, case: str) -> None:
    content, said = ELSE[case]
    (folder / name).write_bytes(content)
    message = refused(folder)
    assert message.startswith(f"error: {folder / name}:")
    assert said in message


@pytest.mark.parametrize("content", [b"[]", b"null", b"3", b'"config"'])
def test_settings_are_a_table(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    assert "config.json:1:1: this is no table of settings" in refused(folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1, "a": 2}', "config.json:1:10: a name stands twice"),
        (b'{"a": NaN}', "config.json:1:7: not strict JSON"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "nested deeper than 64"),
        ('{"a": "é"}'.encode("latin-1"), "config.json:1:8: this is not UTF-8 text"),
        (b" " * (LARGEST_SETTINGS + 1), "at most 8,388,608 are read"),
    ],
)
def test_settings_are_strict_json(folder: Path, content: bytes, said: str) -> None:
    (folder / "config.json").write_bytes(content)
    assert said in refused(folder)


@pytest.mark.parametrize("name", ["README.md", "model.onnx", "x.safetensors"])
def test_a_file_that_is_no_model_is_told_what_one_is(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"# A model\n")
    message = refused(folder / name)
    assert "this is no model" in message
    assert "or a model is one .gguf file" in message


def test_what_is_no_file_is_refused_by_its_kind(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "this is a pipe" in refused(folder / "pipe")
    assert "there is no such file" in refused(folder / "missing")
    for name in (WEIGHTS, "config.json"):
        (folder / name).unlink()
        (folder / name).symlink_to("nowhere")
        assert "a symbolic link to a file that does not exist" in refused(folder)
        (folder / name).unlink()
        os.mkfifo(folder / name)
        assert "this is a pipe" in refused(folder)
