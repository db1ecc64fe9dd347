"""Narration as it stands in a file that others open: nothing in it is obeyed but emphasis, code, lists and quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.wrapping import parser
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

_CODE = re.compile(r"(`+[^`]*`+)")
_ACTIVE = re.compile(r"(<|!(?=\[)|\](?=[(\[]))")
_HEADING = re.compile(r"^( {0,3})(#{1,6})(?=\s|$)|^( {0,3})(=+|-+)(?=\s*$)", re.M)


def clean(text: str) -> str:
    """A narration whose control characters are shown, line by line."""
    return "\n".join(map(visible, text.split("\n")))


def tokens(text: str) -> Sequence[Token]:
    """What the parser finds in a narration. Headings, which would stand in the way of the handout's, are paragraphs."""
    found = parser().parse(clean(text))
    for token in found:
        if token.type in ("heading_open", "heading_close"):
            token.type, token.tag = token.type.replace("heading", "paragraph"), "p"
    return found


def as_html(text: str) -> str:
    """A narration as HTML, in which everything else is text."""
    written: str = parser().renderer.render(tokens(text), parser().options, {})
    return written.strip()


def as_markdown(text: str) -> str:
    r"""A narration as Markdown for any reader: without HTML, links and pictures, which ours does not follow either.

    >>> as_markdown("*so* `<b>` <b> ![x](http://y)")
    '*so* `<b>` \\<b> \\![x\\](http://y)'
    """
    parts = _CODE.split(_HEADING.sub(lambda found: f"\\{found[0].lstrip()}", clean(text)))
    return "".join(part if place % 2 else _ACTIVE.sub(r"\\\1", part) for place, part in enumerate(parts))
