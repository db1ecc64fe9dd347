"""The places where other programs keep models, empty at first, and models put there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attn_explore.model.checkpoints.hub_cache import hub_cache
from attn_explore.model.checkpoints.ollama import ollama_folders

COMMIT, DIGEST = "a" * 40, "b" * 64
MODEL = "application/vnd.ollama.image.model"
VARIABLES = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME", "OLLAMA_MODELS")


def empty_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder the home, without models, and without variables that name another place."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setattr("attn_explore.model.checkpoints.ollama._FOLDERS", ("~/.ollama/models",))


def cached(name: str, cache: Path | None = None, ref: str | None = COMMIT, config: str = "{}") -> Path:
    """A model in the cache of Hugging Face, its files links into blobs; the folder that holds them."""
    folder = (cache or hub_cache()) / f"models--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / COMMIT
    for each in (snapshot, folder / "blobs", folder / "refs"):
        each.mkdir(parents=True)
    (folder / "blobs" / "c0ffee").write_text(config)
    (snapshot / "config.json").symlink_to("../../blobs/c0ffee")
    if ref is not None:
        (folder / "refs" / "main").write_text(ref)
    return snapshot


def pulled(path: str, manifest: Any = None) -> Path:
    """A model that Ollama has, by the path of its manifest; where its blob is to be."""
    models = ollama_folders()[0]
    file = models / "manifests" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    (models / "blobs").mkdir(exist_ok=True)
    layers = [
        {"mediaType": "application/vnd.ollama.image.template", "digest": f"sha256:{'c' * 64}"},
        {"mediaType": MODEL, "digest": f"sha256:{DIGEST}", "size": 3},
    ]
    given = {"schemaVersion": 2, "layers": layers} if manifest is None else manifest
    file.write_text(given if isinstance(given, str) else json.dumps(given))
    return models / "blobs" / f"sha256-{DIGEST}"
