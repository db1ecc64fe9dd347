"""Asks which figure of a step is written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.telling.figures import Choice
from attn_explore.explorer.widgets.choices import Choices


class FigureScreen(Dialog[Choice | None]):
    """A list of the figures that there are. Dismissed with the one that was chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.FIGURE_BINDINGS

    def __init__(self, title: str, choices: Sequence[Choice]) -> None:
        super().__init__()
        self._title, self._choices = title, choices

    def compose(self) -> ComposeResult:
        """The list, the usual figure first."""
        with Vertical(id="figure") as box:
            box.border_title = Content(f"A figure: {self._title}")
            box.border_subtitle = "↑ ↓ choose · Enter goes on · Esc goes back"
            yield Choices(*(Option(Content(choice.said)) for choice in self._choices))

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Give the figure."""
        self.dismiss(self._choices[event.option_index])
