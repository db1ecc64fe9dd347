"""Which position each token has: the number that its row of a table, or its wave, is found by."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Numbering:
    """The position of the token `first` is `offset`, and one more that of each token behind it. Padding is elsewhere.

    end      the first token behind the words, where what follows them is padding; None: everything is counted on
    padding  the position of padding; None: it has none
    """

    first: int = 0
    end: int | None = None
    offset: int = 0
    padding: int | None = None

    def words(self, tokens: int) -> slice:
        """Which of so many tokens are counted."""
        return slice(self.first, tokens if self.end is None else self.end)

    def positions(self, tokens: int) -> Array:
        """The position of each of so many tokens; −1 of those that have none."""
        found = np.full(tokens, -1 if self.padding is None else self.padding)
        words = self.words(tokens)
        found[words] = np.arange(self.offset, self.offset + words.stop - words.start)
        return found

    def along(self, tokens: Axis) -> Array:
        """The position of each token along an axis, which may be those at the end of a text."""
        return self.positions(tokens.places_in_text.stop)[tokens.start :]

    def position(self, token: int) -> int | None:
        """The position of one token, if it has one."""
        is_word = self.first <= token and (self.end is None or token < self.end)
        return token - self.first + self.offset if is_word else self.padding


FROM_THE_FIRST = Numbering()
"""Every token is counted, the first one from 0."""
