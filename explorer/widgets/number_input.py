"""A line for one number: it takes what numbers are written with, and leaves every other key to the screen."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

WRITTEN_WITH = "0123456789.,+-−eE"


class NumberInput(Input, inherit_bindings=False):
    """So the arrows step, and q quits, while a question waits for a number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Answer", show=False),
        Binding("backspace", "delete_left", "Take the last character away", show=False),
    ]

    async def _on_key(self, event: events.Key) -> None:
        """A printable key that no number is written with is none of ours."""
        if event.character is not None and event.is_printable and event.character not in WRITTEN_WITH:
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Only these keys are typed."""
        return character is not None and character in WRITTEN_WITH
