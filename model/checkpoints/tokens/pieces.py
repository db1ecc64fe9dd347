"""SentencePiece with scores, as llama.cpp has it: of neighbours that make pieces, the best piece's are joined first.

What no piece stands for is written in bytes, `<0xE6>`. Source: llama.cpp, src/llama-vocab.cpp, llm_tokenizer_spm.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import chain, pairwise
from operator import neg

from attn_explore.model.checkpoints.tokens.cut import Cut, Step, Word
from attn_explore.model.checkpoints.tokens.joining import joins
from attn_explore.model.checkpoints.tokens.making import Made, Tokens, joined_steps
from attn_explore.model.checkpoints.tokens.spelling import piece_bytes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

SPACE = "▁"
"""What a piece has for a space."""


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
        for part in self._marked(text):
            if isinstance(part, int):
                found.append(part)
            else:
                found += self._joined(part)
        return [*found, *self.behind]

    def cut(self, text: str) -> Cut:
        """See `Codec.cut`."""
        parts = list(self._marked(text))
        return Cut(
            text,
            "SentencePiece",
            (*self._around(self.before), *chain.from_iterable(map(self._words, parts)), *self._around(self.behind)),
            "".join(self.whole[part] if isinstance(part, int) else part for part in parts),
            ("Prepend", "Replace") if self.has_prefix else ("Replace",),
            unknown=self.unknown,
        )

    def decode(self, ids: Sequence[int], skips_special: bool) -> str:
        """See `Codec.decode`."""
        written = bytearray()
        for place in ids:
            if place not in self.special:
                written += piece_bytes(self._pieces.get(place, ""))
            elif not skips_special:
                written += self.whole[place].encode()
        text = written.decode("utf-8", "replace")
        return text.removeprefix(" ") if self.has_prefix else text

    @cached_property
    def _pieces(self) -> dict[int, str]:
        return {place: piece for piece, place in self.ids.items()}

    # --- whole pieces

    def _marked(self, text: str) -> Iterator[str | int]:
        """The whole pieces in a text, and what stands between them, with `▁` for each space."""
        is_first = True
        for part in self._parts(text):
            if isinstance(part, int):
                yield part
            else:
                spaced = f" {part}" if self.has_prefix and is_first else part
                yield spaced.replace(" ", SPACE)
            is_first = isinstance(part, int)

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
        deque(joins(symbols, self._cost), maxlen=0)
        return list(filter(None, symbols))

    def _cost(self, left: str, right: str) -> float | None:
        place = self.ids.get(left + right)
        return None if place is None else -self.scores[place]

    def _byte(self, byte: int) -> int:
        place = self.ids.get(f"<0x{byte:02X}>", self.unknown)
        if place is None:
            raise Problem(f"the tokenizer has no piece for the byte {byte:02X} of this text")
        return place

    # --- how tokens were made

    def _around(self, ids: Sequence[int]) -> Iterator[Word]:
        return (Word("around", (self._pieces[place],), (place,)) for place in ids)

    def _words(self, part: str | int) -> Iterator[Word]:
        """A whole piece, or the words of a text in which spaces are marked: each begins with its space."""
        if isinstance(part, int):
            yield Word("whole", (self.whole[part],), (part,), self.whole[part])
            return
        symbols = self._symbols(list(part))
        begins = [place for place, symbol in enumerate(symbols) if not place or symbol.startswith(SPACE)]
        for begin, end in pairwise((*begins, len(symbols))):
            text = "".join(symbols[begin:end])
            ids = tuple(self._joined(text))
            tokens = Tokens(tuple(map(self._pieces.__getitem__, ids)), ids, text.replace(SPACE, " ").strip())
            yield tokens.made_by(partial(self._made, text))

    def _made(self, text: str, word: Tokens) -> Made:
        steps = joined_steps(text, self._cost, neg)
        symbols = steps[-1].pieces if steps else tuple(text)
        unknown = tuple(symbol for symbol in symbols if symbol not in self.ids)
        in_bytes = (Step(word.tokens, unknown),) if unknown else ()
        return tuple(text), (*steps, *in_bytes), tuple(self.scores[place] for place in word.ids)


def _split(part: str | int, piece: str, place: int) -> Iterator[str | int]:
    if isinstance(part, int):
        yield part
        return
    for number, between in enumerate(part.split(piece)):
        if number:
            yield place
        if between:
            yield between
