"""The plain data of a scenario together with the places in the file that it was written at.

A key path says where something is in nested data: `("model", "heads")`, `("input", "vectors", 0, 3)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import Any, TypeVar

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

_Found = TypeVar("_Found")

KeyPath = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, from 1

COMPARED = "compare"
"""The section that says what is different in a second run."""
TOLD_IN_FIRST = "lesson"
"""The section that the second run does without."""
CHANGED = ("model", "input", "mask", "experiment")
"""The sections of a scenario of which some keys may be different there."""
GIVEN_ONCE = (
    ("text", "tokens", "vectors", "ids"),
    ("target", "target_tokens", "target_vectors", "target_ids"),
)
"""Keys of `input` that say the same in different ways: one of each group, and in a second run another one."""


@dataclass(frozen=True)
class ScenarioSource:
    """Where a scenario came from: its data, and its text with the place of every key and value.

    Data that never was text (the scenario inside a trace) has no places; its problems are named by key path.
    """

    name: str
    data: dict[str, Any]
    folder: Path | None = None
    lines: tuple[str, ...] = ()
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    values: dict[KeyPath, Place] = field(default_factory=dict)
    plain: dict[KeyPath, str] = field(default_factory=dict)  # unquoted scalars, as they were written

    def at(self, path: KeyPath) -> Any:
        """Look up what the file says at a path of keys; None where it says nothing."""
        data: Any = self.data
        for step in path:
            data = data.get(step) if isinstance(data, dict) else None
        return data

    def holds(self, path: KeyPath) -> bool:
        """Whether the file itself says something at this path of keys."""
        section = self.at(path[:-1])
        return isinstance(section, dict) and path[-1] in section

    def compared(self) -> ScenarioSource:
        """Make the scenario of the second run; what `compare` changes keeps the place where the change is written."""
        changes = {path[1:]: path for path in self.values if path[:1] == (COMPARED,) and path[1:2] != ("label",)}
        data = {key: value for key, value in self.data.items() if key not in (COMPARED, TOLD_IN_FIRST)}
        changed = self.at((COMPARED,))
        if "edits" in changed:
            data["edits"] = changed["edits"]
        elif isinstance(data.get("edits"), list):
            data["edits"] = [_in_second(edit) for edit in data["edits"]]
        for key in CHANGED:
            if isinstance(changed.get(key), dict) and changed[key]:
                data[key] = merged(left_of(data.get(key), changed[key]), changed[key])
        return replace(
            self,
            data=data,
            keys=self.keys | {to: self.keys[path] for to, path in changes.items() if path in self.keys},
            values=self.values | {to: self.values[path] for to, path in changes.items()},
            plain=self.plain | {to: self.plain[path] for to, path in changes.items() if path in self.plain},
        )

    def with_data(self, data: dict[str, Any], changed: str) -> ScenarioSource:
        """The source with other data, of which one section was not read from the file and has no places there."""

        def kept(found: dict[KeyPath, _Found]) -> dict[KeyPath, _Found]:
            return {path: each for path, each in found.items() if path[:1] not in ((), (changed,))}

        return replace(self, data=data, keys=kept(self.keys), values=kept(self.values), plain=kept(self.plain))

    def problem(self, path: KeyPath, what: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem at the value of a path, or at its key; what the file does not say is placed at its parent."""
        place = self.keys.get(path) if at_key else None
        ancestry = [path[:length] for length in range(len(path), -1, -1)]
        place = place or next((self.values[parent] for parent in ancestry if parent in self.values), None)
        if place is None:
            return Problem(what, hint=hint, path=self.name, place=dotted(path))
        line, column = place
        return Problem(what, hint=hint, path=self.name, line=line, column=column, source=self.lines[line - 1])


def merged(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put changes into nested data; mappings are merged, all else is replaced."""
    both = dict(data)
    for key, value in changes.items():
        old = both.get(key)
        both[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return both


def dotted(path: KeyPath) -> str:
    """Write a key path as people do: `input.vectors[0][3]`."""
    written = ""
    for step in path:
        written += f"[{step}]" if isinstance(step, int) else f".{step}" if written else step
    return written


def left_of(section: object, changes: Mapping[str, Any]) -> dict[str, Any]:
    """A section without what the changes take the place of."""
    gone = {key for group in GIVEN_ONCE if any(key in changes for key in group) for key in group}
    return {key: value for key, value in section.items() if key not in gone} if isinstance(section, dict) else {}


def _in_second(edit: object) -> object:
    """An edit as it is in the second run: what would take numbers from there does nothing, and keeps its place."""
    takes = isinstance(edit, dict) and edit.get("swap") is True and "at" in edit
    return {"at": edit["at"], "scale": 1} if takes and isinstance(edit, dict) else edit
