"""Small files of JSON in the user's data folder, which are read whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attn_explore.model.files.regular import read_regular
from attn_explore.model.problems import Problem


def data_file(name: str) -> Path:
    """Where such a file is kept: `~/.local/share/attn-explore/NAME` on Linux."""
    from platformdirs import user_data_path

    return user_data_path("attn-explore", appauthor=False) / name


def read_object(path: Path, largest: int) -> dict[str, Any] | None:
    """The object that a file of at most `largest` bytes holds; None where it cannot be read, or is something else."""
    try:
        data = json.loads(read_regular(path, largest))
    except (Problem, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def write_object(path: Path, data: Mapping[str, Any]) -> None:
    """Write an object down. Where nothing can be written, nothing is kept: it is no more than a place, or a width."""
    from attn_explore.model.files.writing import write_atomically  # a start only reads

    with suppress(Problem, OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, [json.dumps(data, indent=1).encode()], force=True)
