"""What there is of a model on the disk: a folder as Hugging Face writes it, or one GGUF file.

Everything is recognised by what it holds, never by its name alone, and nothing outside the folder is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.pooling import MODULES, Pooling, pooling_of
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.gguf import MAGIC, gguf_store
from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.shards import sharded_store
from attn_explore.model.files.signatures import LOOKED_AT, advice_for
from attn_explore.model.files.stores import TensorStore, safetensors_store
from attn_explore.model.files.strict_json import read_json
from attn_explore.model.problems import Problem

CONFIG = "config.json"
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
GGUF = ".gguf"

LARGEST_SETTINGS = 8 * 2**20
"""Bytes of a file of settings that are read: those of a tokenizer with thousands of added tokens take one megabyte."""

_MEMORY = 2**28
_OTHERS = (
    "pytorch_model*.bin",
    "*.pth",
    "*.pt",
    "*.ckpt",
    "tf_model.h5",
    "flax_model.msgpack",
    "*.safetensors",
    "*.onnx",
)
"""What a folder may have instead of the weights that are read."""
_CONVERT_ALL = (
    'convert them in the folder: python -c "import json, transformers as t; '
    "getattr(t, json.load(open('config.json'))['architectures'][0]).from_pretrained('.').save_pretrained('.')\""
)
_LISTED = 4
_WHOLE = f"a model's folder has {CONFIG}, {WEIGHTS} and tokenizer.json"


@dataclass(frozen=True, eq=False)
class ModelFiles:
    """What there is of a model.

    path           the folder, or the GGUF file
    store          its tensors
    settings       of config.json, as they are; of a GGUF file its metadata
    settings_path  where those stand
    """

    path: Path
    store: TensorStore
    settings: Mapping[str, Any]
    settings_path: Path

    @property
    def is_gguf(self) -> bool:
        """Whether everything is in one GGUF file."""
        return self.settings_path == self.path

    @property
    def pooling(self) -> Pooling | None:
        """How one vector is made of a text, where the folder says so (sentence embeddings)."""
        path = self.path / MODULES
        modules = None if self.is_gguf else _read_if_there(path)
        return None if modules is None else pooling_of(modules, path, self.beside)

    def beside(self, name: str) -> Mapping[str, Any] | None:
        """The settings in another file of the folder, such as generation_config.json; None where there is none."""
        parts = Path(name).parts
        if self.is_gguf or len(parts) > 2 or ".." in parts or Path(name).is_absolute():
            return None
        found = _read_if_there(self.path / name)
        return None if found is None else _object(found, self.path / name)


def open_files(path: Path) -> ModelFiles:
    """What there is at a path: a folder, a GGUF file, or the weights in a folder. Raises Problem for anything else."""
    if os.path.isdir(path):
        return _open_folder(path)
    file = PositionedFile(path)
    start = file.read(0, min(file.size, LOOKED_AT))
    if start[:4] == MAGIC:
        store = gguf_store(path)
        return ModelFiles(path, store, store.metadata, path)
    if path.name in (WEIGHTS, INDEX):
        return _open_folder(path.parent)
    hint = advice_for(start, path.name) or f"{_WHOLE}; or a model is one {GGUF} file"
    raise Problem("this is no model", path=path, hint=hint)


def models_in(path: Path) -> list[Path]:
    """The models at a path: a folder with settings is one, without them it is as many as there are GGUF files in it."""
    if not os.path.isdir(path) or os.path.lexists(path / CONFIG):
        return [path]
    return [path / name for name in sorted(glob(f"*{GGUF}", root_dir=path))]


def _open_folder(folder: Path) -> ModelFiles:
    found = models_in(folder)
    if not found:
        raise Problem(f"there is no {CONFIG} in this folder", path=folder, hint=_WHOLE)
    if len(found) > 1:
        hint = f"name one of {_listed([path.name for path in found])}"
        raise Problem(f"there are {len(found)} models in this folder", path=folder, hint=hint)
    if found[0] != folder:
        return open_files(found[0])
    config = folder / CONFIG
    settings = _object(read_settings(config), config)
    return ModelFiles(folder, _weights(folder), settings, config)


def _weights(folder: Path) -> TensorStore:
    for name, read in ((WEIGHTS, safetensors_store), (INDEX, sharded_store)):
        if os.path.lexists(folder / name):
            return read(folder / name)
    others = [name for pattern in _OTHERS for name in sorted(glob(pattern, root_dir=folder))]
    if not others:
        raise Problem(f"there is no {WEIGHTS} in this folder", path=folder, hint=_WHOLE)
    what = f"there is no {WEIGHTS} in this folder, but {_listed(others)}"
    raise Problem(what, path=folder, hint=_CONVERT_ALL if len(others) > 1 else _advice(folder / others[0]))


def _advice(path: Path) -> str:
    file = PositionedFile(path)
    return advice_for(file.read(0, min(file.size, LOOKED_AT)), path.name)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


# --- settings


def read_settings(path: Path) -> Any:
    """What a JSON file of a model's folder holds. Raises Problem where it is none."""
    return read_json(read_regular(path, LARGEST_SETTINGS), path, _MEMORY)


def _read_if_there(path: Path) -> Any:
    return read_settings(path) if os.path.lexists(path) else None


def _object(found: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise Problem("this is no table of settings", path=path, line=1, column=1)
    return found
