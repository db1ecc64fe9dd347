"""The cache of Hugging Face's programs: which models it has, and the folder of each. Nothing is downloaded.

`models--ORG--NAME/refs/main` holds the name of a folder in `snapshots/`, whose files are links into `blobs/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from glob import glob
from pathlib import Path

from attn_explore.model.files.regular import read_regular
from attn_explore.model.problems import Problem

_PREFIX = "models--"
_NAME = re.compile(r"(?!\.)[\w.-]{1,96}(?:/(?!\.)[\w.-]{1,96})?", re.ASCII)
_COMMIT = re.compile(r"(?!\.)[\w.-]{1,100}", re.ASCII)
_LONGEST_REF = 1000


def hub_cache() -> Path:
    """Where the cache is, as its own programs find it."""
    environment = os.environ
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if environment.get(variable):
            return Path(os.path.expanduser(environment[variable]))
    home = environment.get("HF_HOME") or os.path.join(environment.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(os.path.expanduser(home)) / "hub"


def cached_names(cache: Path) -> Iterator[str]:
    """The names of the models in the cache, as people write them: ORG/NAME, or NAME alone."""
    for folder in sorted(glob(f"{_PREFIX}*", root_dir=cache)):
        name = folder.removeprefix(_PREFIX).replace("--", "/")
        if _NAME.fullmatch(name) and os.path.isdir(cache / folder):
            yield name


def cached_folder(cache: Path, name: str) -> Path | None:
    """The folder with the files of a model; None where the cache does not have it.

    Raises Problem where a download was begun and nothing can be opened.
    """
    folder = cache / f"{_PREFIX}{name.replace('/', '--')}"
    if not _NAME.fullmatch(name) or not os.path.isdir(folder):
        return None
    found = _of_main(folder) or _only(folder / "snapshots")
    if found is None:
        raise Problem("the cache has no files of this model", path=folder, hint="download it again")
    return found


def _of_main(folder: Path) -> Path | None:
    """The snapshot that `refs/main` names."""
    ref = folder / "refs" / "main"
    if not os.path.isfile(ref):
        return None
    commit = read_regular(ref, _LONGEST_REF).decode("ascii", "replace").strip()
    if not _COMMIT.fullmatch(commit):
        raise Problem("this does not name a snapshot", path=ref, hint="download the model again")
    snapshot = folder / "snapshots" / commit
    return snapshot if os.path.isdir(snapshot) else None


def _only(snapshots: Path) -> Path | None:
    """The one snapshot that there is, where it was downloaded by its commit alone."""
    found = [name for name in glob("*", root_dir=snapshots) if os.path.isdir(snapshots / name)]
    return snapshots / found[0] if len(found) == 1 else None
