"""Whether a text that is typed is like a name: all of its words are in it, or it begins words of it one after another.

Textual's own matcher tries every way to place the letters, and their number doubles with each: `eeeeeeeeeeee` against a
path of many e's would not end. These take a few steps for each letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_PARTS = re.compile(r"[^\W_]+")


def likeness(typed: str) -> Callable[[str], bool]:
    """What says of a name in small letters whether a text is like it.

    >>> [likeness("layer 5 weights")(name) for name in ("encoder.layers.5.cross.weights", "encoder.layers.5.ffn.w_1")]
    [True, False]
    >>> [likeness("l5weig")(name) for name in ("encoder.layers.5.cross.weights", "encoder.layers.15.cross.weights")]
    [True, False]
    """
    words = typed.casefold().split()
    if len(words) == 1:
        bare = "".join(_PARTS.findall(words[0]))
        return (lambda name: _begins_words(bare, _PARTS.findall(name))) if bare else _is_like_none
    return (lambda name: all(word in name for word in words)) if words else _is_like_none


def _begins_words(typed: str, words: list[str]) -> bool:
    """Whether a text is made of beginnings of some words, in their order: `hp` of `hidden_pre`."""
    reached = {0}
    for word in words:
        for typed_so_far in tuple(reached):
            end = typed_so_far
            for letter in word:
                if end == len(typed) or typed[end] != letter:
                    break
                end += 1
                reached.add(end)
    return len(typed) in reached


def _is_like_none(_: str) -> bool:
    return False
