"""Long lists of texts, kept as the bytes of their file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import overload


class Texts(Sequence[str]):
    """Texts of a file, of which each is decoded when it is asked for."""

    def __init__(self, content: bytes, starts: Sequence[int], between: int) -> None:
        """`content` has them one after another, and so many bytes `between` two; `starts` has one start more."""
        self._content = content
        self._starts = starts
        self._between = between

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __iter__(self) -> Iterator[str]:
        content, between = self._content, self._between
        for start, after in pairwise(self._starts):
            yield content[start : after - between].decode("utf-8", "replace")

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self[each] for each in range(len(self))[place]]
        at = range(len(self))[place]
        return self._content[self._starts[at] : self._starts[at + 1] - self._between].decode("utf-8", "replace")
