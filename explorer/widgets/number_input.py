"""A line for one number: it takes what numbers are written with, and leaves every other key to the screen."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input

from attn_explore.explorer.drawing.typed_number import LONGEST, WRITTEN_WITH

_BEHIND_A_NUMBER = "*×·/÷:) eE"
"""What no number begins with: on an empty line these keys do what they do elsewhere."""


class NumberInput(Input, inherit_bindings=False):
    """So the arrows step, and q quits, while a question waits for a number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Answer", show=False),
        Binding("backspace", "delete_left", "Take the last character away", show=False),
    ]

    def __init__(self, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(placeholder=placeholder, id=id, max_length=LONGEST)

    async def _on_key(self, event: events.Key) -> None:
        """A printable key that no number is written with is none of ours."""
        if event.is_printable and not self._is_typed(event.character):
            event.prevent_default()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Only these keys are typed."""
        return self._is_typed(character)

    def _is_typed(self, character: str | None) -> bool:
        if character is None or character not in WRITTEN_WITH:
            return False
        return bool(self.value) or character not in _BEHIND_A_NUMBER
