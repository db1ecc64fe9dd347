"""The last gate before the terminal: whatever a widget shows, the terminal obeys nothing of it.

Text from a file is made visible where it enters, so that it takes the room that it needs. What was missed there, and
what a widget of Textual shows as it was typed or pasted, passes here: a character that a terminal would obey, hide or
reorder is left out, or replaced where it has a width. Rich and Textual let ESC, C1 and bidirectional controls through.
What terminals draw in other widths is held in its place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from attn_explore.explorer.drawing.anchored import anchored
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from rich.console import Console

_render = Strip.render


def guard_terminal() -> None:
    """Let every line of every screen pass the gate. Textual, which is pinned, has no hook of its own for it."""
    Strip.render = _render_safely  # type: ignore[method-assign, assignment]


def _render_safely(strip: Strip, console: Console) -> str:
    if strip._render_cache is None and not all(text.isascii() and text.isprintable() for text, _, _ in strip):
        safe = Strip([Segment(anchored(_safe(text)), style) for text, style, _ in strip])
        strip._render_cache = _render(safe, console)
    return _render(strip, console)


def _safe(text: str) -> str:
    """The text in as many cells, without what is not shown as it is."""
    if text.isprintable():
        return text
    return "".join(character if visible(character) == character else _in_its_room(character) for character in text)


def _in_its_room(character: str) -> str:
    return "\ufffd" * cell_len(character)
