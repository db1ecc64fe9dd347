"""The keys that matter now, on one line; each can be clicked. Those that do not fit are under `?`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.widgets.drawn import Drawn


class Key(NamedTuple):
    """A key, what it does in a word or two, and the action it stands for."""

    key: str
    what: str
    action: str


class KeyBar(Drawn):
    """Shows as many keys as fit, whole."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--what"}

    class Pressed(Message):
        """A key of the bar was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: tuple[Key, ...] = ()

    def show(self, keys: Sequence[Key]) -> None:
        """Show `keys`, the most important first."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """` ← → step  ␣ play`."""
        key_style, what_style = self.style_of("key-bar--key"), self.style_of("key-bar--what")
        segments: list[Segment] = []
        room = self.size.width if y == 0 else 0
        for key in self._keys:
            room -= len(key.key) + len(key.what) + 3
            if room < 0:
                break
            meta = Style(meta={"action": key.action})
            segments += [Segment(f" {key.key} ", key_style + meta), Segment(f"{key.what} ", what_style + meta)]
        return self.line(segments)

    def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        action = event.style.meta.get("action")
        if action:
            self.post_message(self.Pressed(action))
