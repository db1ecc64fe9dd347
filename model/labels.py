"""Labels of an axis: a word for each of its places, all of them in a tuple, or each made when it is asked for.

A lesson has a few dozen words, and a tuple holds them. A vocabulary of 260,000 words is `Labels`: it says what stands
at a place, where a word stands, and whether a label stands at one place only, and is never laid out as a whole.

Spaces, line breaks and tabs within a token are marks that can be seen: `␣Paris`, `↵`, `⇥`. Who looks for a word need
not write them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import overload

from attn_explore.model.text import visible

SPACE, NEWLINE, TAB = "␣", "↵", "⇥"
"""What stands in a label for a space, a line break and a tab of a token."""

_MARKS = {" ": SPACE, "\\n": NEWLINE, "\n": NEWLINE, "\\t": TAB, "\t": TAB}
_SAMPLE = 512
"""Labels by which the width of a column is judged."""


class Labels(Sequence[str]):
    """A label for each place along an axis. Hashable, and equal only to the labels of the same words."""

    @abstractmethod
    def label(self, place: int) -> str:
        """What stands at a place."""

    @abstractmethod
    def first(self, word: str) -> int | None:
        """Where a word stands first, as it is or else as it is shown; None where it stands nowhere."""

    @abstractmethod
    def is_unique(self, place: int) -> bool:
        """Whether no other place looks like this one."""

    def meant(self, word: str) -> tuple[int, ...]:
        """Every place that a word may mean that was written with or without its marks; the nearest first."""
        found = (self.first(spelling) for spelling in spellings(word))
        return tuple(dict.fromkeys(place for place in found if place is not None))

    def place(self, word: str) -> int | None:
        """The place that a word means, written with or without its marks: `Paris`, ` Paris` and `␣Paris`."""
        return next(iter(self.meant(word)), None)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        places = range(len(self))
        return tuple(map(self.label, places[at])) if isinstance(at, slice) else self.label(places[at])

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.first(word) is not None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} words>"


AxisLabels = tuple[str, ...] | Labels


class Listed(Labels):
    """The labels that a tuple holds."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words
        seen = [visible(word) for word in words]
        self._times = Counter(seen)
        self._first = _first_places(seen) | _first_places(words)

    def label(self, place: int) -> str:
        """See `Labels.label`."""
        return self._words[place]

    def first(self, word: str) -> int | None:
        """See `Labels.first`."""
        return self._first.get(word)

    def is_unique(self, place: int) -> bool:
        """See `Labels.is_unique`."""
        return self._times[visible(self._words[place])] == 1

    def __len__(self) -> int:
        return len(self._words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listed) and self._words == other._words

    def __hash__(self) -> int:
        return hash(self._words)


def _first_places(words: Sequence[str]) -> dict[str, int]:
    return {words[place]: place for place in reversed(range(len(words)))}


def as_labels(labels: AxisLabels) -> Labels:
    """A tuple as labels, too."""
    return _listed(labels) if isinstance(labels, tuple) else labels


@lru_cache(maxsize=256)
def _listed(words: tuple[str, ...]) -> Listed:
    return Listed(words)


def spellings(word: str) -> tuple[str, ...]:
    r"""The labels that a word may mean: itself, with its blanks as marks, and with a space before it.

    >>> spellings("Paris"), spellings(" New York"), spellings("\\n")
    (('Paris', '␣Paris'), (' New York', '␣New␣York'), ('\\n', '↵', '␣↵'))
    """
    marked = word
    for blank, mark in _MARKS.items():
        marked = marked.replace(blank, mark)
    behind_space = (SPACE + marked,) if marked and not marked.startswith(SPACE) else ()
    return tuple(dict.fromkeys((word, marked, *behind_space)))


def sample(labels: Sequence[str]) -> Sequence[str]:
    """Some labels by which the room for all can be judged: every one where they are laid out, else evenly spread."""
    if isinstance(labels, tuple) or len(labels) <= _SAMPLE:
        return labels
    return tuple(labels[place * len(labels) // _SAMPLE] for place in range(_SAMPLE))
