"""What a check finds wrong in a scenario, before it is known where in the file that stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from attn_explore.model.dataclass import dataclass
from attn_explore.model.scenario.source import KeyPath, dotted
from attn_explore.model.text import figure

MOST_LISTED = 12
"""Words of a list that a message shows."""


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


def first_of(words: Sequence[object]) -> str:
    """Write the first words of a list that may be long, and how many more there are.

    >>> first_of(["none", "layer", "rms"]), first_of(range(100))
    ('none, layer and rms', '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 88 more')
    """
    more = len(words) - MOST_LISTED
    return listed(words, "and") if more <= 0 else listed([*words[:MOST_LISTED], f"{figure(more)} more"], "and")


def repeated(words: Sequence[object]) -> set[int]:
    """The places of the words that stood before, found in one go through the list.

    >>> sorted(repeated(["a", "b", "a", "a"]))
    [2, 3]
    """
    first = {word: place for place, word in reversed(list(enumerate(words)))}
    return {place for place, word in enumerate(words) if first[word] != place}


def first_not_in(words: Iterable[str], known: Set[str]) -> str | None:
    """The first word that is not known."""
    return next((word for word in words if word not in known), None)


def touches(path: KeyPath, others: Iterable[KeyPath]) -> bool:
    """Whether a path is, holds or lies within one of the others."""
    return any(_agree(path, other) for other in others)


def _agree(path: Sequence[str | int], other: Sequence[str | int]) -> bool:
    shared = min(len(path), len(other))
    return path[:shared] == other[:shared]
