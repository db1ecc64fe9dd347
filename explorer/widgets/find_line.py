"""A line for what is to be found: the arrows choose in the list over it, Tab completes."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input

_GROUP = Binding.Group("While you type what to find")


class FindLine(Input):
    """An input that leaves to its screen what moves in the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "screen.choose_found(1)", "The next line of what was found", id="found.next", group=_GROUP),
        Binding("up", "screen.choose_found(-1)", "The line before", id="found.previous", group=_GROUP),
        Binding("pagedown", "screen.page_found(1)", "A page further", id="found.page_down", group=_GROUP),
        Binding("pageup", "screen.page_found(-1)", "A page back", id="found.page_up", group=_GROUP),
        Binding("tab", "screen.complete", "Complete what is typed", id="found.complete", group=_GROUP),
    ]

    def action_cursor_right(self, select: bool = False) -> None:
        """Go right in the text; from its end there is no further: complete it, as shells do."""
        if select or self.cursor_position < len(self.value):
            super().action_cursor_right(select)
        else:
            self.call_later(self.run_action, "screen.complete")
