"""Spoiled files of real models: tensors read by position, an index of shards, GGUF, the settings of a folder."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import struct
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.checkpoint import checkpoint_of
from attn_explore.model.checkpoints.model_files import INDEX, WEIGHTS, ModelFiles, open_files
from attn_explore.model.checkpoints.ollama import ollama_file
from attn_explore.model.checkpoints.pooling import MODULES
from attn_explore.model.files.gguf import gguf_store
from attn_explore.model.files.storages import GGML_TYPES
from attn_explore.model.files.stores import TensorStore, safetensors_store
from attn_explore.model.problems import Problem
from tests.fuzz.mutations import spoiled_tree, written
from tests.fuzz.reader import Reader, by_path, words
from tests.fuzz.tensors import file_of, with_changed_header

FAMILIES = Path(__file__).parents[1] / "data" / "families"

Data = dict[str, Any]


def _every_number(store: TensorStore) -> None:
    """Read all tensors, and a row of each; a type that is not read keeps nothing from the others."""
    refused = []
    for name, tensor in store.tensors.items():
        try:
            store.read(name)
            if tensor.shape:
                store.read(name, tensor.shape[0] // 2, tensor.shape[0] // 2 + 1)
        except Problem as problem:
            refused.append(problem)
    if refused:
        raise refused[0]


def _every_parameter(files: ModelFiles) -> None:
    """Read all parameters that the settings ask for."""
    for parameter in checkpoint_of(files).parameters.values():
        parameter.read()
        parameter.rows(0, 1)


def _folder() -> Path:
    """A folder in memory, where there is such a place, as long as the process lasts."""
    place = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 (a folder of its own is made in it)
    folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=place))
    atexit.register(shutil.rmtree, folder)
    return folder


def _as_json(data: object) -> bytes:
    return written(data).encode("utf-8", "replace")


# --- tensors by position

_TENSOR_KEYS = ("w", "b", "F32", "F64", "F16", "BF16", "I64", "F8_E4M3", "shape", "dtype", "data_offsets")


def tensors() -> Reader:
    """Make the reader of tensors by position."""
    stored: dict[str, Array] = {"w": np.ones((3, 2), np.float32), "b": np.zeros(3), "h": np.ones(4, np.float16)}
    known = words("F64 F16 BF16 I64 F8_E4M3 data_offsets shape dtype __metadata__ [0,8]", "\0" * 8)

    def keep(chance: Random, content: bytes) -> bytes:
        return with_changed_header(chance, content, "", (), _TENSOR_KEYS)

    return Reader("tensors", (file_of(stored, {}),), known, by_path(_read_tensors), keep)


def _read_tensors(path: Path) -> None:
    _every_number(safetensors_store(path))


# --- shards

_SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


def shards() -> Reader:
    """Make the reader of an index, beside two files of tensors."""
    folder = _folder()
    for name, tensor in zip(_SHARDS, ("a", "b"), strict=True):
        (folder / name).write_bytes(file_of({tensor: np.ones(2, np.float32)}, {}))
    (folder / "config.json").write_text("{}")
    seeds = (
        {"metadata": {"total_size": 16}, "weight_map": dict(zip("ab", _SHARDS, strict=True))},
        {"weight_map": {"b": _SHARDS[1]}},
    )
    known = words('weight_map metadata { } " : , / .. .safetensors \\u0000 config.json', *_SHARDS)

    def read(content: bytes) -> None:
        (folder / INDEX).write_bytes(content)
        _every_number(open_files(folder).store)

    def keep(chance: Random, content: bytes) -> bytes:
        keys = ("weight_map", "a", "b", *_SHARDS, "../x.safetensors", ".safetensors", "a/b.safetensors")
        return _as_json(spoiled_tree(chance, json.loads(content), keys))

    return Reader("shards", tuple(map(_as_json, seeds)), known, read, keep)


# --- GGUF

_NUMBERS = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""The bytes of each kind of numbers in GGUF."""
_TEXT, _LIST = 8, 9
_KINDS: dict[type, int] = {int: 4, float: 6, bool: 7, str: _TEXT}

_BARE: tuple[Data, ...] = (
    {
        "version": 3,
        "keys": [
            ["general.architecture", _TEXT, "llama"],
            ["llama.block_count", 4, 2],
            ["tokenizer.ggml.tokens", _LIST, [_TEXT, ["<s>", "a", ""]]],
            ["tokenizer.ggml.scores", _LIST, [6, [0, 1, 2]]],
            ["flag", 7, 1],
        ],
        "tensors": [["w", [32, 3], 8, 0], ["norm", [8], 0, 128], ["h", [4, 2], 1, 160]],
        "data": 192,
    },
    {
        "version": 2,
        "keys": [["general.alignment", 4, 64], ["split.count", 2, 1]],
        "tensors": [["k", [256, 2], 12, 0], ["q", [256], 14, 320], ["s", [], 0, 576], ["none", [0, 7], 0, 640]],
        "data": 640,
    },
)
_GGUF_KEYS = ("general.alignment", "split.count", "w", "norm", "a", *(str(number) for number in range(15)))


def gguf() -> Reader:
    """Make the reader of GGUF files: of all that they hold, and of two as models."""
    models = [_said_by(FAMILIES / f"gguf-{name}" / "model.gguf") for name in ("llama", "gemma3")]
    known_files = (*_BARE, *models)
    known = (
        b"GGUF", b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f", b"\1\0\0\0\0\0\0\0", b"general.alignment", b"split.count",
        *(struct.pack("<I", number) for number in (0, 1, 2, 3, 8, 9, 12, 14, 30, 32, 64, 99)),
    )  # fmt: skip

    def keep(chance: Random, _content: bytes) -> bytes:
        """Change what a file says, and write it with the lengths that belong to that."""
        said = chance.choice(known_files)
        keys = [key for key, _, _ in said["keys"]]
        return _packed(spoiled_tree(chance, json.loads(json.dumps(said)), (*_GGUF_KEYS, *keys)))

    return Reader("gguf", tuple(map(_packed, known_files)), known, by_path(_read_gguf), keep)


def _read_gguf(path: Path) -> None:
    files = open_files(path)
    for value in files.settings.values():
        if not isinstance(value, int | float | str):
            list(value[:3])
    _every_number(files.store)
    if any(key.endswith(".embedding_length") for key in files.settings):
        _every_parameter(files)


def _said_by(path: Path) -> Data:
    """What a file says; its numbers are left out."""
    store = gguf_store(path)
    keys = [[key, _KINDS[type(value)], value] for key, value in store.metadata.items()]
    first = min(tensor.offset for tensor in store.tensors.values())
    kinds = {name: number for number, (name, _) in GGML_TYPES.items()}
    tensors = [
        [name, [*each.shape[::-1]], kinds[each.storage], each.offset - first] for name, each in store.tensors.items()
    ]
    return {"version": 3, "keys": keys, "tensors": tensors, "data": path.stat().st_size - first}


def _packed(data: Any) -> bytes:
    """A file that says this, whatever it is; the right ones are what they should be."""
    said = data if isinstance(data, dict) else {}
    keys, tensors = _list(said.get("keys")), _list(said.get("tensors"))
    header = b"GGUF" + _number(said.get("version"), 4) + _number(len(tensors), 8) + _number(len(keys), 8)
    header += b"".join(map(_key, keys)) + b"".join(map(_tensor, tensors))
    return header + bytes(-len(header) % 64) + bytes(_whole(said.get("data")) % 20_000)


def _key(data: Any) -> bytes:
    name, kind, value = (*_list(data), None, None, None)[:3]
    return _text(name) + _number(kind, 4) + _value(_whole(kind), value)


def _value(kind: int, value: Any) -> bytes:
    if kind == _TEXT:
        return _text(value)
    if kind == _LIST:
        inner, items = (*_list(value), None, None)[:2]
        content = b"".join(_value(_whole(inner), item) for item in _list(items))
        return _number(inner, 4) + _number(len(_list(items)), 8) + content
    return _number(value, _NUMBERS.get(kind, 0))


def _tensor(data: Any) -> bytes:
    name, dims, kind, start = (*_list(data), None, None, None, None)[:4]
    sizes = b"".join(_number(size, 8) for size in _list(dims))
    return _text(name) + _number(len(_list(dims)), 4) + sizes + _number(kind, 4) + _number(start, 8)


def _list(data: Any) -> list[Any]:
    return data if isinstance(data, list) else []


def _text(data: Any) -> bytes:
    content = str(data).encode("utf-8", "replace")
    return _number(len(content), 8) + content


def _whole(data: Any) -> int:
    """A whole number, of whatever stands for one."""
    try:
        return int(data)
    except (TypeError, ValueError, OverflowError):
        return 0


def _number(data: Any, nbytes: int) -> bytes:
    if isinstance(data, float) and nbytes in (4, 8):
        return struct.pack("<f" if nbytes == 4 else "<d", data)
    return (_whole(data) % 2 ** (8 * nbytes)).to_bytes(nbytes, "little") if nbytes else b""


# --- folders

_MODELS = ("gpt2", "llama-3", "gemma3", "bert", "t5", "bart", "opt", "gpt-neo")
"""Families whose settings are spoiled."""
_CONFIGS: tuple[Data, ...] = (
    {
        "modules": [{"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}],
        "pooling": {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False},
    },
    {
        "layers": [
            {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:" + "a" * 64},
            {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "b" * 64},
        ],
    },
)  # fmt: skip
_MORE_KEYS = (
    "modules", "pooling", "layers", "type", "path", "mediaType", "digest", "x.Normalize", "rope_scaling", "llama3",
    "pooling_mode", "mean", "../1_Pooling", "yarn", "linear", "silu", "quantization_config", "rope_parameters",
)  # fmt: skip


def folder() -> Reader:
    """Make the reader of what folders say of themselves: settings, modules, and Ollama's manifests."""
    configs = [json.loads((FAMILIES / name / "config.json").read_text()) for name in _MODELS]
    places = {name: _folder() for name in _MODELS}
    for name, place in places.items():
        shutil.copy(FAMILIES / name / WEIGHTS, place)
        for inner in ("1_Pooling", "manifests/registry.ollama.ai/library/m"):
            (place / inner).mkdir(parents=True)
    keys = tuple(dict.fromkeys((*_MORE_KEYS, *(key for config in configs for key in config))))
    kinds = {config["model_type"]: places[name] for config, name in zip(configs, _MODELS, strict=True)}

    def read(content: bytes) -> None:
        place = next((kinds[kind] for kind in kinds if f'"{kind}"'.encode() in content), places["gpt2"])
        for name in ("config.json", "manifests/registry.ollama.ai/library/m/latest"):
            (place / name).write_bytes(content)
        _write_modules(place, content)
        files = open_files(place)
        assert files.pooling is None or files.pooling.way in ("mean", "first")
        if "layers" in files.settings:
            ollama_file(place, "m")
        elif "modules" not in files.settings:
            _every_parameter(files)

    def keep(chance: Random, content: bytes) -> bytes:
        return _as_json(spoiled_tree(chance, json.loads(content), keys))

    known = words('{ } [ ] " : , \\u0000 \\ud800 sha256:', *keys)
    return Reader("folder", tuple(map(_as_json, (*_CONFIGS, *configs))), known, read, keep)


def _write_modules(place: Path, content: bytes) -> None:
    """The modules and the pooling that stand in the content, each in its file, if they can be found there."""
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        data = None
    for name, key in ((MODULES, "modules"), ("1_Pooling/config.json", "pooling")):
        (place / name).unlink(missing_ok=True)
        if isinstance(data, dict) and key in data:
            (place / name).write_text(json.dumps(data[key]))
