"""A list to choose from."""

from __future__ import annotations

from typing import Literal

from textual import events
from textual.widgets import OptionList

_click = OptionList._on_click


async def _click_what_is_there(options: OptionList, event: events.Click) -> None:
    place = event.style.meta.get("option")
    if place is None or place < options.option_count:
        await _click(options, event)


def guard_lists() -> None:
    """Let a click on what a list no longer has do nothing: Textual, which is pinned, looks it up as it was drawn."""
    OptionList._on_click = _click_what_is_there  # type: ignore[method-assign, assignment]


class Choices(OptionList):
    """Textual's list of options. Until it was drawn it has no pages, and asking for one does nothing."""

    def on_mount(self) -> None:
        """A click finds what is there."""
        guard_lists()

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        if self.size:
            super()._move_page(direction)
