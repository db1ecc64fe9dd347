"""The plain data of a scenario together with the places in the file that it was written at.

A key path says where something is in nested data: `("model", "heads")`, `("input", "vectors", 0, 3)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from model.problems import Problem

KeyPath = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, from 1


@dataclass(frozen=True)
class Source:
    """Where a scenario came from: its data, and its text with the place of every key and value.

    Data that never was text (the scenario inside a trace) has no places; its problems are named by key path.
    """

    name: str
    data: dict[str, Any]
    folder: Path | None = None
    lines: tuple[str, ...] = ()
    keys: Mapping[KeyPath, Place] = field(default_factory=dict)
    values: Mapping[KeyPath, Place] = field(default_factory=dict)
    plain: Mapping[KeyPath, str] = field(default_factory=dict)  # unquoted scalars, as they were written

    def holds(self, path: KeyPath) -> bool:
        """Whether the file itself says something at this path."""
        data: Any = self.data
        for step in path:
            if not isinstance(data, dict) or step not in data:
                return False
            data = data[step]
        return True

    def problem(self, path: KeyPath, what: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem at the value of a path, or at its key; what the file does not say is placed at its parent."""
        place = self.keys.get(path) if at_key else None
        parent = path
        while place is None and parent:
            place = self.values.get(parent)
            parent = parent[:-1]
        if place is None:
            return Problem(what, hint=hint, path=self.name, place=dotted(path))
        line, column = place
        return Problem(what, hint=hint, path=self.name, line=line, column=column, source=self.lines[line - 1])


def dotted(path: KeyPath) -> str:
    """Write a key path as people do: `input.vectors[0][3]`."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else step
    return written
