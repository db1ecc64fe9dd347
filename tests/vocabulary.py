"""A vocabulary that is never laid out: it counts the labels that it was asked for."""

from __future__ import annotations

import re

from attn_explore.model.labels import SPACE, Labels

_WORD = re.compile(rf"({SPACE}?)word([0-9]+)")


class Vocabulary(Labels):
    """`word0`, `␣word0`, `word1`, `␣word1` and so on. `made` is how many labels were asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self.made = 0

    def label(self, place: int) -> str:
        self.made += 1
        return f"{SPACE if place % 2 else ''}word{place // 2}"

    def first(self, word: str) -> int | None:
        self.made += 1
        found = _WORD.fullmatch(word)
        place = 2 * int(found[2]) + bool(found[1]) if found else self._size
        return place if place < self._size else None

    def is_unique(self, place: int) -> bool:
        return True

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self._size == other._size

    def __hash__(self) -> int:
        return hash(self._size)
