"""The tokens of a tokenizer by their ids, and their labels, each made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from attn_explore.model.checkpoints.tokens.spelling import METASPACE, PLAIN, Spelling
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import Labels

_NO_TOKEN = re.compile(r"⟨([0-9]{1,12})⟩")


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The id of each token as the file writes it, and how it does so.

    `added` are tokens that are found in a text as they are, whatever the others look like: `<|endoftext|>`.
    """

    ids: Mapping[str, int]
    spelling: Spelling
    added: Mapping[int, str]

    @cached_property
    def tokens(self) -> dict[int, str]:
        """The token of each id."""
        return {place: token for token, place in self.ids.items()}

    @cached_property
    def size(self) -> int:
        """One more than the largest id."""
        return max(self.tokens, default=-1) + 1

    def label(self, place: int) -> str:
        """What is shown of the token with an id; the id itself where there is no token."""
        if place in self.added:
            return self._of_added.label(self.added[place])
        token = self.tokens.get(place)
        return f"⟨{place}⟩" if token is None else self.spelling.label(token)

    def with_label(self, label: str) -> set[int]:
        """The ids whose tokens have a label."""
        tokens = {*self.spelling.tokens(label), *self._of_added.tokens(label)}
        return {place for token in tokens if (place := self.ids.get(token)) is not None and self.label(place) == label}

    @property
    def _of_added(self) -> Spelling:
        """How added tokens are written: with the file's own mark for a space, but never as bytes."""
        return METASPACE if self.spelling is METASPACE else PLAIN


class TokenLabels(Labels):
    """The labels along an axis of so many rows: those beyond the vocabulary have their number, `⟨50263⟩`."""

    def __init__(self, vocabulary: Vocabulary, rows: int) -> None:
        self._vocabulary, self._rows = vocabulary, rows

    def label(self, place: int) -> str:
        """See `Labels.label`."""
        return self._vocabulary.label(place)

    def first(self, word: str) -> int | None:
        """See `Labels.first`."""
        return min(self._places(word), default=None)

    def is_unique(self, place: int) -> bool:
        """See `Labels.is_unique`."""
        return self._places(self.label(place)) <= {place}

    def _places(self, label: str) -> set[int]:
        bare = _NO_TOKEN.fullmatch(label)
        found = {int(bare[1])} - self._vocabulary.tokens.keys() if bare else self._vocabulary.with_label(label)
        return {place for place in found if place < self._rows}

    def __len__(self) -> int:
        return self._rows

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TokenLabels):
            return NotImplemented
        mine, others = self._vocabulary, other._vocabulary
        return self._rows == other._rows and (
            mine is others or (mine.spelling, mine.added, mine.ids) == (others.spelling, others.added, others.ids)
        )

    def __hash__(self) -> int:
        return hash((self._rows, len(self._vocabulary.ids)))
