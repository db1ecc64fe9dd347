"""A list to choose from."""

from __future__ import annotations

from typing import Literal

from textual.widgets import OptionList


class Choices(OptionList):
    """Textual's list of options. Until it was drawn it has no pages, and asking for one does nothing."""

    def _move_page(self, direction: Literal[-1, 1]) -> None:
        if self.size:
            super()._move_page(direction)
