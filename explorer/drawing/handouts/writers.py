"""A handout in each of its formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attn_explore.explorer.drawing.handouts.as_html import html_of
from attn_explore.explorer.drawing.handouts.as_latex import latex_of
from attn_explore.explorer.drawing.handouts.as_markdown import markdown_of
from attn_explore.explorer.drawing.handouts.page import Handout

WRITERS: Mapping[str, Callable[[Handout], str]] = MappingProxyType(
    {".md": markdown_of, ".html": html_of, ".tex": latex_of}
)
"""How a handout is written, by the ending of the file."""
