"""Narration of words, emphasis and code alone, as most is, read without a Markdown parser, whose import takes long.

What is read here comes out as the parser would read it. Of everything else nothing is made: the parser reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Piece = tuple[str, str]
"""Text, and the tag of its style: strong, em, code or none."""

_OTHER = re.compile(r"[\\&\r\t\v\f\0]|[^\S\n][^\S\n]|(?<!\w)_|_(?!\w)|[^\S\n]$|^[^\S\n]", re.M)
"""What means something to a parser, or is changed by it, anywhere in a text."""

_LINE = re.compile(r"(?:[^\W\d]|\d+(?![\d.)])|[(√ΣΔ∂]|\*\*?(?=[^\W\d])|`(?!`))")
"""What a line of a plain paragraph begins with: no list, no heading, no quote, no fence."""

_PIECE = re.compile(
    r"(?:(?<=[\s(])|^)\*\*(?P<strong>(?=\w)[^*`]*\w)\*\*(?![\w*])"
    r"|(?:(?<=[\s(])|^)\*(?P<em>(?=\w)[^*`]*\w)\*(?![\w*])"
    r"|(?<!`)`(?P<code>(?=[^\s`])[^`\n]*(?<=\S))`(?!`)"
    r"|(?P<none>[^*`]+)"
)


def plain_paragraphs(text: str) -> list[list[Piece]] | None:
    """The pieces of each paragraph; None where a parser has to look."""
    if _OTHER.search(text):
        return None
    paragraphs = [list(_pieces(part)) for part in re.split(r"\n\n+", text.strip("\n")) if part]
    return None if any(("", "") in pieces for pieces in paragraphs) else paragraphs


def _pieces(paragraph: str) -> Iterator[Piece]:
    """The pieces in order; an empty one where something is not plain."""
    if not all(_LINE.match(line) for line in paragraph.split("\n")):
        yield "", ""
        return
    place = 0
    while place < len(paragraph):
        found = _PIECE.match(paragraph, place)
        if found is None or found.lastgroup is None:
            yield "", ""
            return
        tag = found.lastgroup
        yield found[tag].replace("\n", " "), "" if tag == "none" else tag
        place = found.end()
