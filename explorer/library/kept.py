"""Small objects of JSON that are kept for a person: in files of their data folder, or only while a visitor is there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.regular import read_regular
from attn_explore.model.problems import Problem


class Kept(Protocol):
    """What is kept, each by a name such as `lessons.json`."""

    def has(self, name: str) -> bool:
        """Whether something is kept by this name, readable or not."""

    def read(self, name: str, largest: int) -> dict[str, Any] | None:
        """The object of this name, of at most `largest` bytes; {} where there is none, None where it cannot be read."""

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Keep an object, if that can be: losing one loses no more than a place, or a width."""

    def set_aside(self, name: str, largest: int) -> Path | None:
        """Put what cannot be read beside itself, and give where it is now; None where it can, or cannot be moved."""


@dataclass(frozen=True)
class OnDisk:
    """Files in the data folder of whoever runs the program, which are read and written whole or not at all."""

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        try:
            return data_file(name).exists()
        except OSError:
            return False

    def read(self, name: str, largest: int) -> dict[str, Any] | None:
        """The object that a file holds."""
        return _object(data_file(name), largest) if data_file(name).exists() else {}

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Write an object down."""
        from attn_explore.model.files.writing import write_atomically  # a start only reads

        path = data_file(name)
        with suppress(Problem, OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, [json.dumps(data, indent=1).encode()], force=True)

    def set_aside(self, name: str, largest: int) -> Path | None:
        """Somebody may have written into it by hand, and one comma too many must not cost them everything."""
        path = data_file(name)
        with suppress(OSError):
            if path.is_file() and _object(path, largest) is None:
                return path.rename(next(aside for aside in _names_aside(path) if not os.path.lexists(aside)))
        return None


@dataclass(frozen=True)
class InMemory:
    """What lives no longer than the program: nothing of a visitor comes onto the disk of who serves them."""

    _objects: dict[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether it was written."""
        return name in self._objects

    def read(self, name: str, largest: int) -> dict[str, Any] | None:
        """What was written, as a file would give it back."""
        found: dict[str, Any] = json.loads(self._objects.get(name, "{}"))
        return found

    def write(self, name: str, data: Mapping[str, Any]) -> None:
        """Remember it."""
        self._objects[name] = json.dumps(data)

    def set_aside(self, name: str, largest: int) -> Path | None:
        """Nobody else writes here."""
        return None


def data_file(name: str) -> Path:
    """Where such a file is kept: `~/.local/share/attn-explore/NAME` on Linux."""
    from platformdirs import user_data_path

    return user_data_path("attn-explore", appauthor=False) / name


def _object(path: Path, largest: int) -> dict[str, Any] | None:
    """The object in a file; None where it cannot be read, or is something else."""
    try:
        data = json.loads(read_regular(path, largest))
    except (Problem, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _names_aside(path: Path) -> Iterator[Path]:
    """`lessons.json.bad`, then `lessons.json.bad2` and so on: what was kept before is kept, too."""
    return (path.with_name(f"{path.name}.bad{number if number > 1 else ''}") for number in count(1))
