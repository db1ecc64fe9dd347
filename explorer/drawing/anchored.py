"""Text whose width terminals do not agree on, held in its place: what stands behind it begins where it should.

Rich counts the signs of தமிழ் as nothing, tmux as a cell each; 👍🏽 is two cells here and four there. Such a word is
given the room of the widest (`roomy`), and whatever a terminal draws there, the cursor goes back to where the word
began, and from there over the cells that it was given (`anchored`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import most_cells

_SAVE, _RESTORE = "\x1b7", "\x1b8"
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"  # at the right edge, a word that is drawn too wide stays in its line
_RIGHT = "\x1b[{}C"

_WORD = re.compile(r"[^\x00-\x7f]+ *")
"""A run of what is not ASCII, and the spaces behind it, which it may be drawn into."""
_MARKS = ("Mc", "Me", "Mn", "Cn")
_PICTURES = 0x1F000
"""From here on come pictures, flags and skin tones, of which there are more every year."""


@lru_cache(maxsize=4096)
def anchored(text: str) -> str:
    """The text with each word in it held in its place where terminals may draw it narrower or wider.

    >>> anchored("I love 我的 dog")
    'I love 我的 dog'
    """
    if text.isascii() or not any(map(_is_unsure, text)):
        return text
    return _WORD.sub(lambda found: _held(found[0]) if any(map(_is_unsure, found[0])) else found[0], text)


@lru_cache(maxsize=4096)
def roomy(text: str) -> str:
    """The text with spaces behind words that some terminals draw wider; spaces at its end make up for them.

    >>> roomy("A[தமிழ், dog]   ")
    'A[தமிழ் , dog]  '
    """
    if text.isascii() or not any(map(_is_unsure, text)):
        return text
    widened = _WORD.sub(lambda found: _with_room(found[0]), text)
    shown = widened.rstrip(" ")
    ends_with_word = not shown[-1:].isascii()
    spaces = len(widened) - len(shown)
    added = cell_len(widened) - cell_len(text)
    return widened if ends_with_word else shown + " " * max(0, spaces - added)


def _with_room(word: str) -> str:
    shown = word.rstrip(" ")
    least = most_cells(shown) - cell_len(shown)
    return shown + " " * max(len(word) - len(shown), least)


def _is_unsure(character: str) -> bool:
    return ord(character) >= _PICTURES or (ord(character) > 0x2FF and unicodedata.category(character) in _MARKS)


def _held(word: str) -> str:
    cells = cell_len(word)
    shown = word.rstrip(" ")
    return f"{_SAVE}{' ' * cells}{_RESTORE}{_NO_WRAP}{shown}{_WRAP}{_RESTORE}{_RIGHT.format(cells)}"
