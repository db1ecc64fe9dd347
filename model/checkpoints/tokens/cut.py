"""How a text became tokens: its words, and for each word the steps that made its tokens."""

from __future__ import annotations

from typing import Literal, get_args

from attn_explore.model.dataclass import dataclass

Kind = Literal["word", "whole", "around", "start", "padding", "given"]
"""Where tokens come from: a word of the text, or a special token that stands in it; the tokenizer, which puts one
before or behind every text; what a decoder begins with; what fills a text up; or whoever gave ids and no text."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Step:
    """A step: the pieces of a word after it, and what it joined (two pieces) or found (one).

    `number` is the rank of a merge, from 0, or the score of a piece.
    """

    pieces: tuple[str, ...]
    made: tuple[str, ...]
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """Tokens that come from one place: their ids, and how they were made.

    source   what stands in the text there; nothing for what is no part of it
    pieces   what the steps begin with, as the file writes tokens: letters, or the word
    steps    what was joined or found, in that order; the pieces after the last are the tokens
    scores   of the tokens, where the model chooses by them
    is_made  whether the steps lead to just these tokens; False where nobody here can say how they were made
    """

    kind: Kind
    pieces: tuple[str, ...]
    ids: tuple[int, ...]
    source: str = ""
    steps: tuple[Step, ...] = ()
    scores: tuple[float, ...] = ()
    is_made: bool = True

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens, as the file writes them."""
        return self.steps[-1].pieces if self.steps else self.pieces


@dataclass(frozen=True, slots=True)
class Cut:
    """A text, cut.

    text         before anything was done to it
    model        what makes tokens of words, as tokenizer.json calls it: BPE, WordPiece, Unigram, WordLevel; or
                 SentencePiece, which joins by scores
    words        in the order of the text
    normalised   the text as its normaliser left it; None where there is none
    normalisers, splitters   what rewrote the text, and what cut it into words, by the names of the file
    unknown      the id of the token for what the vocabulary cannot write
    """

    text: str
    model: str
    words: tuple[Word, ...]
    normalised: str | None = None
    normalisers: tuple[str, ...] = ()
    splitters: tuple[str, ...] = ()
    unknown: int | None = None

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of all tokens."""
        return tuple(each for word in self.words for each in word.ids)
