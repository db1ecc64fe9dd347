"""A picture of the screen that stands by itself.

Rich's asks the network for its font, and trusts that every letter is as wide as in that one: in any other font, and in
programs that do not stretch text, the numbers drift out of their columns. Here each cell has a place of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

from rich.cells import cell_len

from attn_explore.explorer.drawing.png import EVEN_LETTERS

CELL = 12.2
"""Width of a cell in Rich's pictures."""

_FONT_FACE = re.compile(r"@font-face \{[^}]*\}\s*")
_FAMILY = re.compile(r"font-family: (?:Fira Code, monospace|arial);")
_COMMENT = re.compile(r"<!--.*?-->\s*", re.S)
_TEXT = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)" textLength="[^"]*"[^>]*>(?P<text>[^<]*)</text>'
)


def standing_alone(svg: str) -> bytes:
    """Rich's picture of a screen without anything from elsewhere, each cell's text at its own place."""
    plain = _FAMILY.sub(f"font-family: {EVEN_LETTERS};", _FONT_FACE.sub("", _COMMENT.sub("", svg)))
    return _TEXT.sub(lambda found: "".join(_cells(found)), plain).encode()


def _cells(run: re.Match[str]) -> Iterator[str]:
    """The letters of a run of text, each with its own place; spaces need none."""
    at = float(run["x"])
    for letter in _letters(unescape(run["text"])):
        if letter.strip():
            yield f'<text class="{run["style"]}" x="{at:g}" y="{run["y"]}">{escape(letter, quote=False)}</text>'
        at += CELL * cell_len(letter)


def _letters(text: str) -> Iterator[str]:
    """Characters, each with the marks that stand over it."""
    letter = ""
    for character in text:
        if letter and cell_len(character):
            yield letter
            letter = ""
        letter += character
    if letter:
        yield letter
