"""At which word of a text a model is asked what it says, where nobody names one."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.looking.text_read import are_words
from attn_explore.model.passes import in_first_pass
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

MASKS = ("[MASK]", "<mask>")
"""What stands for a word that a model has to find out (Devlin et al. 2018, section 3.1)."""


def usual_place(trace: Trace, said: Value) -> int:
    """The place along the first axis of what is said at each word: the first mask, or else the last word.

    Padding is no word, whatever a tokenizer calls it.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> text = "{kind: encoder, head: tokens, classes: [a, b]}, input: {tokens: [my, dog], pad_to: 4}"
    >>> trace = run(parse_scenario(f"{{model: {text}}}"))
    >>> usual_place(trace, trace["logits"])
    1
    """
    tokens, is_word = said.axes[0], _is_word(trace, said)
    masked = (place for place in range(tokens.size) if tokens.label(place) in MASKS)
    words = (place for place in reversed(range(tokens.size)) if is_word[place])
    return next(masked, next(words, tokens.size - 1))


def _is_word(trace: Trace, said: Value) -> Array:
    """Which places of the text along which something is said are no padding."""
    chapter = said.path.removesuffix(in_first_pass(said.path))
    for stack in (f"{chapter}decoder.", chapter):
        read = trace.given.get(f"{stack}tokens")
        if read is not None and read.axes[0] == said.axes[0]:
            return are_words(read, trace.given.get(f"{stack}pad"))
    return np.ones(said.shape[0], bool)
