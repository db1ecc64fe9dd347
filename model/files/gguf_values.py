"""The values in the header of a GGUF file, one after another: numbers, texts, lists of them."""

from __future__ import annotations

from array import array
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np

from attn_explore.model.files.positioned import PositionedFile
from attn_explore.model.files.texts import Texts
from attn_explore.model.problems import Problem

LARGEST_HEADER = 32 * 2**20
"""Bytes before the tensors that are read: 260,000 tokens with 500,000 merges take half of them."""

_MOST_NUMBERS = 2**22
_FIRST_READ = 2**20

_NUMBERS = {
    kind: Struct(f"<{code}")
    for kind, code in {
        0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"
    }.items()
}  # fmt: skip
"""The kinds of numbers, and how they are packed."""
UINT32, UINT64 = _NUMBERS[4], _NUMBERS[10]
_TEXT, _LIST = 8, 9


class Values:
    """Goes from value to value through the beginning of a file, and reads more of it as it is needed."""

    def __init__(self, file: PositionedFile) -> None:
        self.at = 0
        self._file = file
        self._content = bytearray()

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    def number(self, packed: Struct) -> Any:
        """The next number."""
        start = self.at
        self._need(start + packed.size)
        self.at += packed.size
        return packed.unpack_from(self._content, start)[0]

    def text(self) -> str:
        """The next text: its length, and that many bytes."""
        length = self.number(UINT64)
        return self._bytes(length).decode("utf-8", "replace")

    def value(self) -> Any:
        """The next value, whatever its kind says that it is."""
        kind = self.number(UINT32)
        if kind in _NUMBERS:
            return self.number(_NUMBERS[kind])
        if kind == _TEXT:
            return self.text()
        if kind == _LIST:
            return self._list(self.number(UINT32), self.number(UINT64))
        raise self.problem(f"there is no kind {kind} of values")

    def _list(self, kind: int, count: int) -> Any:
        """The items of a list; texts are not yet decoded."""
        if kind == _TEXT:
            return self._texts(count)
        if kind not in _NUMBERS:
            raise self.problem(f"a list of values of kind {kind} is not read")
        if count > _MOST_NUMBERS:
            raise self.problem(f"a list of {count:,} numbers, and at most {_MOST_NUMBERS:,} are read")
        packed = _NUMBERS[kind]
        content = self._bytes(count * packed.size)
        return np.frombuffer(content, np.dtype(packed.format)).tolist()

    def _texts(self, count: int) -> Texts:
        """So many texts, walked over by their lengths: the loop is short, as there are hundreds of thousands."""
        content, unpack, first = self._content, UINT64.unpack_from, self.at
        self._need(first + 8 * count)
        starts, at = array("Q"), first
        for _ in range(count):
            start = at + 8
            if start > len(content):
                self._need(start)
            starts.append(start - first)
            at = start + unpack(content, at)[0]
        self._need(at)
        self.at = at
        starts.append(at + 8 - first)
        return Texts(bytes(content[first:at]), starts, between=8)

    def _bytes(self, length: int) -> bytes:
        start = self.at
        self._need(start + length)
        self.at += length
        return bytes(self._content[start : self.at])

    def _need(self, end: int) -> None:
        """Have all bytes before `end`: more than asked for, so that a long header is read in few turns."""
        known = len(self._content)
        if end <= known:
            return
        if end > self._file.size:
            raise self.problem(f"the header ends beyond the end of the file, at {self._file.size:,}")
        if end > LARGEST_HEADER:
            raise self.problem(f"the header has more than {LARGEST_HEADER:,} bytes, and so many are read")
        until = min(max(end, 2 * known, _FIRST_READ), self._file.size, LARGEST_HEADER)
        self._content += self._file.read(known, until - known)

    def problem(self, what: str) -> Problem:
        """What is wrong, where it is being read."""
        return Problem(what, path=self.path, place=f"byte {self.at:,}")
