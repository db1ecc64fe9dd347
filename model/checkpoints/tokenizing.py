"""Texts in, ids and labels out: the tokenizer of a checkpoint, whatever it is made of.

No token is added that the tokenizer does not add, and none is left out: what its file would do beyond that is a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.tokens.codec import Codec, SpecialIds
from attn_explore.model.checkpoints.tokens.cut import Cut
from attn_explore.model.checkpoints.tokens.folder_tokenizer import folder_source
from attn_explore.model.checkpoints.tokens.gguf_tokenizer import gguf_source
from attn_explore.model.checkpoints.tokens.vocabulary import TokenLabels, Vocabulary
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip

LONGEST_TEXT = 2**24
"""Characters of a text that are encoded: no model reads as many."""
MOST_ROWS = 2**24
"""Rows of an embedding that is not known."""

_LONGEST = 40


@dataclass(frozen=True)
class Encoded:
    """A text as a model reads it: the ids of its tokens, how each is shown, and what has to be said of it."""

    ids: tuple[int, ...]
    labels: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Tokenizer:
    """The tokenizer of a model whose embedding has so many `rows`.

    path      the file that it is in
    notes     what the file would do to texts by itself, and what of it is not done; rows without a token
    is_begun  whether other settings say that a text begins with the start token; None where they say nothing
    """

    path: Path
    vocabulary: Vocabulary
    codec: Codec
    special: SpecialIds
    rows: int
    notes: tuple[str, ...] = ()
    is_begun: bool | None = None

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return len(self.vocabulary.tokens)

    @cached_property
    def labels(self) -> TokenLabels:
        """A label for each row of the embedding, made when it is asked for."""
        return TokenLabels(self.vocabulary, self.rows)

    @property
    def start(self) -> int | None:
        """The id that begins a text, if there is one."""
        return self.special.start

    @property
    def end(self) -> int | None:
        """The id that ends a text, if there is one; `special.ends` has all of them."""
        return next(iter(self.special.ends), None)

    @property
    def pad(self) -> int | None:
        """The id that fills up a text, if there is one."""
        return self.special.pad

    def label(self, place: int) -> str:
        """How the token with an id is shown: `␣Paris`."""
        return self.vocabulary.label(place)

    def encode(self, text: str) -> Encoded:
        """The ids and labels of a text. Raises Problem where the tokenizer or the model has no way to read it."""
        _check_text(text)
        ids = self.codec.encode(text)
        for place in ids:
            if place >= self.rows:
                what = f"the token {clip(self.label(place), _LONGEST)} has the id {place}"
                raise Problem(f"{what}, and the model's embedding has {self.rows:,} rows", path=self.path)
        return Encoded(tuple(ids), tuple(map(self.label, ids)), tuple(self._notes_on(ids)))

    def cut(self, text: str) -> Cut:
        """How the tokens of a text came about. Raises Problem as `encode` does."""
        _check_text(text)
        return self.codec.cut(text)

    def text(self, ids: Sequence[int], *, skips_special: bool = True) -> str:
        """The text of some ids: what a person would read, without special tokens unless these are wanted."""
        return self.codec.decode(ids, skips_special)

    def _notes_on(self, ids: list[int]) -> Iterator[str]:
        if len(ids) > 1 and ids[0] == ids[1] and ids[:1] == self._added_before:
            yield f"the text begins with {self.label(ids[0])} twice: it holds one, and the tokenizer adds one"
        if self.start is not None and self.is_begun not in (None, self._added_before == [self.start]):
            puts = "puts it" if self._added_before else "does not put it"
            said = f"a text {'begins' if self.is_begun else 'does not begin'} with {self.label(self.start)}"
            yield f"tokenizer_config.json says that {said}; the tokenizer {puts} there"

    @cached_property
    def _added_before(self) -> list[int]:
        """The id that the tokenizer puts before every text, in a list; the list is empty where it puts none."""
        return self.codec.encode("")[:1]


def _check_text(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise Problem(f"a text of {len(text):,} characters is too long to be read", hint=f"at most {LONGEST_TEXT:,}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            what = f"character {error.start + 1} of the text is none"
            raise Problem(what, hint="write the text in UTF-8") from error


def tokenizer_of(path: Path, rows: int | None = None, metadata: Mapping[str, Any] | None = None) -> Tokenizer:
    """The tokenizer of a model whose embedding has so many rows: in its folder, or in the metadata of its GGUF file.

    Raises Problem where there is none, or where it does not fit the model.
    """
    source = folder_source(path) if metadata is None else gguf_source(metadata, path)
    vocabulary = source.vocabulary
    if rows is None and vocabulary.size > MOST_ROWS:
        raise Problem(f"the id {vocabulary.size - 1} is beyond any vocabulary", path=source.path)
    count = vocabulary.size if rows is None else rows
    notes = (*source.notes, *_fitting(vocabulary, count, source.path))
    return Tokenizer(source.path, vocabulary, source.codec, source.special, count, notes, source.is_begun)


def _fitting(vocabulary: Vocabulary, rows: int, path: Path) -> list[str]:
    """What has to be said where a tokenizer has other tokens than the embedding has rows.

    Raises Problem where a word has no row. Added tokens without one are refused where a text has them.
    """
    beyond = [place for place in vocabulary.tokens if place >= rows]
    words = [place for place in beyond if place not in vocabulary.added]
    if words:
        what = f"the tokenizer has ids up to {vocabulary.size - 1}, and the model's embedding has {rows:,} rows"
        raise Problem(what, path=path, hint="this is the tokenizer of another model")
    missing = rows - (len(vocabulary.tokens) - len(beyond))
    notes = [f"{len(beyond)} added tokens have no row among the {rows:,} of the embedding"] if beyond else []
    if missing:
        notes.append(f"the tokenizer has {len(vocabulary.tokens):,} tokens, and the embedding {rows:,} rows")
    return notes
