"""The keys that matter now, on one line; each can be clicked. Those that do not fit are under `?`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.widgets.drawn import Drawn


class Key(NamedTuple):
    """A key, what it does in a word or two, and the action it stands for. `is_kept`: it stands there at any width."""

    key: str
    what: str
    action: str
    is_kept: bool = False

    @property
    def width(self) -> int:
        """Cells that it takes, with the space around it."""
        return cell_len(self.key) + cell_len(self.what) + 3


@lru_cache(maxsize=256)
def _doing(action: str) -> Style:
    """What tells a click which action it stands for."""
    return Style(meta={"action": action})


class KeyBar(Drawn):
    """Shows as many keys as fit, whole: those that are always kept, and of the others the first."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-bar--key", "key-bar--what"}

    class Pressed(Message):
        """A key of the bar was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys: tuple[Key, ...] = ()

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys that matter now, those too that do not fit."""
        return self._keys

    def show(self, keys: Sequence[Key]) -> None:
        """Show `keys`, the most important first."""
        if tuple(keys) != self._keys:
            self._keys = tuple(keys)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """` ← → step  ␣ play`."""
        key_style, what_style = self.style_of("key-bar--key"), self.style_of("key-bar--what")
        segments: list[Segment] = []
        for key in self._shown() if y == 0 else ():
            meta = _doing(key.action)
            segments += [Segment(f" {key.key} ", key_style + meta), Segment(f"{key.what} ", what_style + meta)]
        return self.line(segments)

    def _shown(self) -> list[Key]:
        room = self.size.width - sum(key.width for key in self._keys if key.is_kept)
        ends = accumulate(0 if key.is_kept else key.width for key in self._keys)
        return [key for key, end in zip(self._keys, ends, strict=True) if key.is_kept or end <= room]

    def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        action = event.style.meta.get("action")
        if action:
            self.post_message(self.Pressed(action))
