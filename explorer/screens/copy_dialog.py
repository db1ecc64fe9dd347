"""Asks what to copy to the clipboard, and in which notation. Nothing goes there unasked."""

from __future__ import annotations

from itertools import product
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from attn_explore.explorer.drawing.notations import NOTATIONS, checked, fits, parts, size_of
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.at_home import home_of
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.widgets.choices import Choices
from attn_explore.model.axes import Array
from attn_explore.model.explain import Index
from attn_explore.model.problems import Problem
from attn_explore.model.text import figure
from attn_explore.model.values import Value


class CopyScreen(Dialog[str | None]):
    """A list of what there is. Dismissed with what was copied, in words, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.COPY_BINDINGS

    def __init__(self, value: Value, index: Index, arithmetic: str) -> None:
        super().__init__()
        self._value, self._index, self._arithmetic = value, index, arithmetic
        self._parts = parts(index)
        self._choices = list(product(self._parts, NOTATIONS))

    def compose(self) -> ComposeResult:
        """The arithmetic, then every part in every notation."""
        with Vertical(id="copy") as box:
            box.border_title = "Copy to the clipboard"
            box.border_subtitle = "↑ ↓ choose · Enter copies · Esc goes back"
            lines = [f"{part}, as {notation}" for part, notation in self._choices]
            yield Choices(Option("the arithmetic, as text"), *(Option(Content(line)) for line in lines))
            yield Static("", id="answer", markup=False)

    def _numbers(self, part: Index) -> Array:
        """The numbers of a part. Raises Problem before so many are read that they cannot fit."""
        if not fits(size := size_of(self._value, part)):
            what = f"{figure(size)} numbers do not fit through a terminal"
            raise Problem(what, hint="export the trace (x)", shell_hint="`attn-explore show … --csv`")
        return self._value[part]

    @on(OptionList.OptionSelected)
    def copy(self, event: OptionList.OptionSelected) -> None:
        """Copy it, or say why it does not go."""
        part, notation = self._choices[event.option_index - 1] if event.option_index else ("the arithmetic", "text")
        write = NOTATIONS.get(notation)
        try:
            text = checked(write(self._numbers(self._parts[part])) if write else self._arithmetic)
        except Problem as problem:
            told = home_of(self).told(problem)
            self.query_one("#answer", Static).update(f"{told.what}\n{told.hint}")
            return
        self.app.copy_to_clipboard(text)
        self.dismiss(f"{part}, as {notation}")
