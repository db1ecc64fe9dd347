"""The tokens of an input: the words that label the axes."""

from __future__ import annotations

from model.config import InputConfig

PAD = "<pad>"
"""The token that fills an input up to its length."""


def tokens_of(config: InputConfig) -> tuple[str, ...]:
    """List the tokens of an input, without padding.

    Characters are Unicode code points, and spaces are left out; vectors are called x0, x1, …

    >>> tokens_of(InputConfig(text="I love my dog"))
    ('I', 'love', 'my', 'dog')
    """
    if config.tokens is not None:
        return config.tokens
    if config.vectors is not None:
        return tuple(f"x{position}" for position in range(len(config.vectors)))
    words = (config.text or "").split()
    return tuple("".join(words)) if config.tokenizer == "character" else tuple(words)
