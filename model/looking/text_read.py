"""What a stack read in a pass of a run: its tokens, their ids, and which of them are no padding."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_token import token_text
from attn_explore.model.passes import in_first_pass
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


@dataclass(frozen=True, eq=False)
class Text:
    """Tokens that were read: `vocabulary` are the rows of the table that their `ids` name."""

    tokens: Axis
    ids: Array
    is_word: Array
    vocabulary: Axis

    @property
    def words(self) -> tuple[str, ...]:
        """The tokens as they are shown along the axis."""
        return tuple(map(self.tokens.label, range(self.tokens.size)))

    @property
    def first(self) -> int:
        """The place of the first word that is no padding."""
        return int(np.argmax(self.is_word))

    def written(self, place: int) -> str:
        """A token as the model writes it, with its space."""
        return token_text(self.vocabulary, int(self.ids[place]))


def text_of(trace: Trace, stack: str, chapter: str = "") -> Text:
    """What a stack reads in a pass of a generation: `generated.1.`, or in the first one."""
    is_beside = stack == "decoder" and f"{chapter}decoder.tokens" in trace.given
    prefix = f"{chapter}decoder." if is_beside else chapter
    tokens, pad = trace.given[f"{prefix}tokens"], trace.given.get(f"{prefix}pad")
    vocabulary = trace.parameters[f"{stack}.embedding_table"].axes[0]
    return Text(tokens.axes[0], tokens.array, are_words(tokens, pad), vocabulary)


def are_words(tokens: Value, pad: Value | None) -> Array:
    """Which tokens that a pass reads are no padding."""
    return np.ones(tokens.shape, bool) if pad is None else np.equal(pad.array[-tokens.size :], 0)


def text_along(trace: Trace, path: str) -> Text:
    """What the stack of a step reads in the pass of the step."""
    own = in_first_pass(path)
    return text_of(trace, own.partition(".")[0], path[: len(path) - len(own)])
