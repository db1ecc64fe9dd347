"""What is shown of attention among words: the weights of the head that is looked at, or of all heads on average."""

from __future__ import annotations

import numpy as np

from attn_explore.explorer.drawing.among_words import Among
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.word_view import Attention, word_of
from attn_explore.model.axes import Array


def among(session: Session, attention: Attention, all_heads: bool, leaves_first: bool) -> Among:
    """The weights, the words of both sides, and the pair under the cursor.

    The colours end at the largest weight of the word that asks; `leaves_first`: of those behind the first word.
    """
    word = word_of(session, attention)
    weights = attention.scores[-1]
    heads, queries, keys = weights.axes
    found: Array = np.mean([weights[head] for head in range(heads.size)], axis=0) if all_heads else weights[word.head]
    row = np.nan_to_num(np.asarray(found[word.query], np.float64))
    end = float(row[1:].max(initial=0) if leaves_first else row.max(initial=0))
    is_one_text = queries.labels is not None and queries.labels == keys.labels
    own = f"{heads.label(word.head)} of {heads.size}" if heads.size > 1 else ""
    of = f"all {heads.size} heads on average" if all_heads and heads.size > 1 else own
    return Among(found, queries, keys, word.query, word.key, end, is_one_text, of)
