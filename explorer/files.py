"""The files of a run: the formats of a trace by their endings, and the files that must not be written over."""

from __future__ import annotations

from pathlib import Path

from model.problems import Problem
from model.scenario import Scenario

TRACES = (".json", ".npz", ".safetensors")
"""The endings of an exported trace."""


def format_of(target: Path) -> str:
    """The format that a file's ending asks for. Raises Problem for any other ending."""
    if target.suffix.lower() in TRACES:
        return target.suffix.lower()
    raise Problem("this ending is no format of a trace", path=target, hint=f"end it with {', '.join(TRACES)}")


def inputs_of(path: Path, scenario: Scenario | None) -> list[Path]:
    """The files that a run was read from: its own, and the weights that its scenario names."""
    if scenario is None or scenario.source.folder is None or scenario.model.weights.file is None:
        return [path]
    return [path, scenario.source.folder / scenario.model.weights.file]
