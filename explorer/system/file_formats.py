"""The formats of files by the endings of their names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attn_explore.model.problems import Problem

TRACES = (".json", ".npz", ".safetensors")
"""The endings of an exported trace."""

PICTURES = (".svg", ".png")
"""The endings of a picture: in lines, or in pixels."""

PLOTS = (*PICTURES, ".pdf", ".csv", ".json")
"""The endings of a plot: a picture, also as a page, or its numbers."""

HANDOUTS = (".md", ".html", ".tex")
"""The endings of a handout."""

MODELS = (".gguf",)
"""The endings of a model that is one file; others are folders."""

SCENARIOS = (".yaml", ".yml")
"""The endings of a scenario."""


def format_of(target: Path, formats: Sequence[str] = TRACES, what: str = "a trace") -> str:
    """The format that a file's ending asks for. Raises Problem for any other ending."""
    if target.suffix.lower() in formats:
        return target.suffix.lower()
    raise Problem(f"this ending is no format of {what}", path=target, hint=f"end it with {', '.join(formats)}")
