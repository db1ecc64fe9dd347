"""SentencePiece with scores, as llama.cpp has it: of neighbours that make pieces, the best piece's are joined first.

What no piece stands for is written in bytes, `<0xE6>`. Source: llama.cpp, src/llama-vocab.cpp, llm_tokenizer_spm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from heapq import heapify, heappop, heappush

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

SPACE = "▁"
"""What a piece has for a space."""

_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


@dataclass(frozen=True)
class Pieces:
    """The pieces of a vocabulary, and what it does round a text.

    whole           pieces that are looked for in a text before anything else, `<s>`, by their ids
    special         those of them that are no text
    has_prefix      whether a space is put before a text, and behind every whole piece
    before, behind  ids that are put before and behind a text
    unknown         the id of a byte that has no piece
    """

    ids: Mapping[str, int]
    scores: Sequence[float]
    whole: Mapping[int, str]
    special: frozenset[int]
    has_prefix: bool
    before: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()
    unknown: int | None = None

    def encode(self, text: str) -> list[int]:
        """See `Codec.encode`."""
        found = list(self.before)
        is_first = True
        for part in self._parts(text):
            if isinstance(part, int):
                found.append(part)
            else:
                spaced = f" {part}" if self.has_prefix and is_first else part
                found += self._joined(spaced.replace(" ", SPACE))
            is_first = isinstance(part, int)
        return [*found, *self.behind]

    def decode(self, ids: Sequence[int], skips_special: bool) -> str:
        """See `Codec.decode`."""
        written = bytearray()
        for place in ids:
            if place not in self.special:
                written += self._bytes_of(self._pieces.get(place, ""))
            elif not skips_special:
                written += self.whole[place].encode()
        text = written.decode("utf-8", "replace")
        return text.removeprefix(" ") if self.has_prefix else text

    @cached_property
    def _pieces(self) -> dict[int, str]:
        return {place: piece for piece, place in self.ids.items()}

    @staticmethod
    def _bytes_of(piece: str) -> bytes:
        byte = _BYTE.fullmatch(piece)
        return bytes([int(byte[1], 16)]) if byte else piece.replace(SPACE, " ").encode()

    # --- whole pieces

    def _parts(self, text: str) -> list[str | int]:
        """The whole pieces in a text, the longest found first, and what stands between them."""
        parts: list[str | int] = [text] if text else []
        for place, piece in self._longest_first:
            if piece in text:
                parts = [inner for part in parts for inner in _split(part, piece, place)]
        return parts

    @cached_property
    def _longest_first(self) -> list[tuple[int, str]]:
        return sorted(self.whole.items(), key=lambda pair: -len(pair[1]))

    # --- joining

    def _joined(self, text: str) -> Iterator[int]:
        """The ids of a text in which spaces are marked."""
        for symbol in self._symbols(list(text)):
            place = self.ids.get(symbol)
            if place is not None:
                yield place
            else:
                yield from map(self._byte, symbol.encode())

    def _symbols(self, symbols: list[str]) -> list[str]:
        """Join neighbours while they make pieces: the best piece's first, and of equally good ones the leftmost."""
        after, before = list(range(1, len(symbols) + 1)), list(range(-1, len(symbols) - 1))
        waiting = [pair for left in range(len(symbols) - 1) if (pair := self._pair(symbols, left, left + 1))]
        heapify(waiting)
        while waiting:
            _, left, right, joined = heappop(waiting)
            if not symbols[left] or not symbols[right] or symbols[left] + symbols[right] != joined:
                continue  # one of them was joined with another
            symbols[left], symbols[right] = joined, ""
            after[left] = after[right]
            if after[left] < len(symbols):
                before[after[left]] = left
            for first, second in ((before[left], left), (left, after[left])):
                if first >= 0 and second < len(symbols) and (pair := self._pair(symbols, first, second)):
                    heappush(waiting, pair)
        return list(filter(None, symbols))

    def _pair(self, symbols: list[str], left: int, right: int) -> tuple[float, int, int, str] | None:
        """Two neighbours, in the order in which they are joined; None where they make no piece."""
        joined = symbols[left] + symbols[right]
        place = self.ids.get(joined)
        return None if place is None else (-self.scores[place], left, right, joined)

    def _byte(self, byte: int) -> int:
        place = self.ids.get(f"<0x{byte:02X}>", self.unknown)
        if place is None:
            raise Problem(f"the tokenizer has no piece for the byte {byte:02X} of this text")
        return place


def _split(part: str | int, piece: str, place: int) -> Iterator[str | int]:
    if isinstance(part, int):
        yield part
        return
    for number, between in enumerate(part.split(piece)):
        if number:
            yield place
        if between:
            yield between
