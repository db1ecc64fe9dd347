"""What holds panels and never scrolls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.containers import Horizontal, Vertical
from textual.geometry import Size
from textual.layout import DockArrangeResult
from textual.message import Message
from textual.widget import Widget

from attn_explore.explorer.widgets.drawn import Kept


def arranged(
    widget: Widget, size: Size, arrange: Callable[[Size, bool], DockArrangeResult], optimal: bool = False
) -> DockArrangeResult:
    """Where the panels in a widget stand, found again when one of them came, went or changed.

    Textual finds it again too when something came or went within one of them, at any depth. Whatever that decides the
    size of empties the cache by itself (Textual is pinned).
    """
    cache: Any = widget._arrangement_cache
    key = (size, tuple(panel for panel in widget._nodes if panel.display), optimal)
    found: DockArrangeResult | None = cache.get(key)
    if found is None:
        found = cache[key] = arrange(size, optimal)
    return found


class Unscrolled(Kept):
    """Holds panels and never scrolls: Textual would lay everything out a second time to see whether it has to."""

    def arrange(self, size: Size, optimal: bool = False) -> DockArrangeResult:
        """See `arranged`."""
        return arranged(self, size, super().arrange, optimal)

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
