"""The models that Ollama has: a manifest for each name, which says in which blob its GGUF is. Nothing is downloaded.

`manifests/registry.ollama.ai/library/NAME/TAG` is JSON; its layers are files `blobs/sha256-…`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from glob import glob
from pathlib import Path
from typing import Any

from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.strict_json import read_json
from attn_explore.model.problems import Problem

PREFIX = "ollama:"

_REGISTRY, _LIBRARY, _LATEST = "registry.ollama.ai", "library", "latest"
_FOLDERS = ("~/.ollama/models", "/usr/share/ollama/.ollama/models")
_NAME = re.compile(r"(?!\.)[\w.-]{1,96}(?:/(?!\.)[\w.-]{1,96}){0,2}(?::(?!\.)[\w.-]{1,96})?", re.ASCII)
_DIGEST = re.compile(r"sha256[:-]([0-9a-f]{64})")
_LARGEST_MANIFEST = 2**20
_MEMORY = 2**27
_MODEL, _ADAPTER = "application/vnd.ollama.image.model", "application/vnd.ollama.image.adapter"


def ollama_folders() -> list[Path]:
    """Where Ollama keeps its models: for this person, or for all of a machine."""
    given = os.environ.get("OLLAMA_MODELS")
    return [Path(os.path.expanduser(folder)) for folder in ([given] if given else _FOLDERS)]


def ollama_names(folder: Path) -> Iterator[str]:
    """The names of the models, as Ollama lists them: NAME:TAG, USER/NAME:TAG, or with another registry in front."""
    manifests = folder / "manifests"
    for path in sorted(glob("*/*/*/*", root_dir=manifests)):
        registry, user, name, tag = Path(path).parts
        above = (registry, user) if registry != _REGISTRY else (user,) if user != _LIBRARY else ()
        short = "/".join((*above, name)) + f":{tag}"
        if os.path.isfile(manifests / path) and _manifest(folder, short) == manifests / path:
            yield short


def ollama_file(folder: Path, name: str) -> Path | None:
    """The GGUF of a model, by its name; None where Ollama does not have it. Raises Problem where it is not whole."""
    manifest = _manifest(folder, name)
    if manifest is None or not os.path.isfile(manifest):
        return None
    found = read_json(read_regular(manifest, _LARGEST_MANIFEST), manifest, _MEMORY)
    layers = found.get("layers") if isinstance(found, dict) else None
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise Problem("this is no manifest of Ollama", path=manifest)
    if _digests(layers, _ADAPTER):
        raise Problem("this model has an adapter, and adapters are not implemented", path=manifest)
    models = _digests(layers, _MODEL)
    if len(models) != 1:
        raise Problem(f"this manifest names {len(models)} GGUF files, and one is read", path=manifest)
    return folder / "blobs" / f"sha256-{_hexadecimal(models[0], manifest)}"


def _manifest(folder: Path, name: str) -> Path | None:
    """Where the manifest of a name would be; None where it is no name."""
    if not _NAME.fullmatch(name):
        return None
    path, _, tag = name.partition(":")
    parts = path.split("/")
    registry = parts[0] if len(parts) == 3 else _REGISTRY
    user = parts[-2] if len(parts) > 1 else _LIBRARY
    return folder / "manifests" / registry / user / parts[-1] / (tag or _LATEST)


def _digests(layers: list[dict[str, Any]], kind: str) -> list[Any]:
    return [layer.get("digest") for layer in layers if layer.get("mediaType") == kind]


def _hexadecimal(digest: object, manifest: Path) -> str:
    found = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    if found is None:
        raise Problem("this manifest does not say in which blob the model is", path=manifest)
    return found[1]
