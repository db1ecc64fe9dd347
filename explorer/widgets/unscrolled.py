"""What holds panels and never scrolls."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.message import Message

from attn_explore.explorer.widgets.drawn import Kept


class Unscrolled(Kept):
    """Holds panels and never scrolls: Textual would lay everything out a second time to see whether it has to."""

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        return super()._size_updated(size, virtual_size, container_size, layout=False)


class Row(Horizontal, Unscrolled):
    """Panels side by side."""


class Column(Vertical, Unscrolled):
    """Panels one below the other. It says when there is more room for them, or less."""

    class Resized(Message):
        """There is another size for the panels."""

    def on_resize(self) -> None:
        """Say so."""
        self.post_message(self.Resized())
