"""What a file says of a tokenizer, whatever kind of file it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from attn_explore.model.checkpoints.tokens.cut import Cut
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary
from attn_explore.model.dataclass import dataclass


class Codec(Protocol):
    """Turns a text into ids, and ids into a text."""

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with those that the tokenizer puts before and behind it."""

    def cut(self, text: str) -> Cut:
        """How the tokens that `encode` gives came about."""

    def decode(self, ids: Sequence[int], skips_special: bool) -> str:
        """The text of some ids, perhaps without those of special tokens."""


@dataclass(frozen=True)
class SpecialIds:
    """The ids that begin a text, end it and fill it up, and the one that a decoder beside an encoder begins with."""

    start: int | None = None
    ends: tuple[int, ...] = ()
    pad: int | None = None
    decoder_start: int | None = None


@dataclass(frozen=True)
class Source:
    """The tokens that a file has, what turns texts into their ids, and what has to be said of it.

    `is_begun` is whether other settings say that a text begins with `special.start`; None where they say nothing.
    """

    path: Path
    vocabulary: Vocabulary
    codec: Codec
    special: SpecialIds
    notes: tuple[str, ...] = ()
    is_begun: bool | None = None
