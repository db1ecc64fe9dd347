"""What a check finds wrong in a scenario, before it is known where in the file that stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from attn_explore.model.scenario.source import KeyPath, dotted


@dataclass(frozen=True)
class Finding:
    """Something wrong at a key path: at its value, or at the key itself."""

    path: KeyPath
    what: str
    hint: str = ""
    at_key: bool = False


def name(path: KeyPath) -> str:
    """Write a key path as it stands in a message."""
    return f"`{dotted(path)}`"


def listed(words: Iterable[object], last: str = "or") -> str:
    """Write a list as people do.

    >>> listed(["none", "layer", "rms"])
    'none, layer or rms'
    """
    texts = [str(word) for word in words]
    return f" {last} ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def touches(path: KeyPath, others: Iterable[KeyPath]) -> bool:
    """Whether a path is, holds or lies within one of the others."""
    return any(_agree(path, other) for other in others)


def _agree(path: Sequence[str | int], other: Sequence[str | int]) -> bool:
    shared = min(len(path), len(other))
    return path[:shared] == other[:shared]
