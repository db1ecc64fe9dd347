"""Asks for a text, and runs the model over it, or as it says, behind the dialog."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.screens.styles import STYLES
from attn_explore.explorer.screens.working import AT_ONCE, Work, Working
from attn_explore.explorer.system.counter import Counter
from attn_explore.model.problems import Problem

Made = TypeVar("Made")

Read = Callable[[str, Counter], Made]
"""From a text to what comes of it: the session that reads it. Raises Problem for what the model cannot read."""


class TextScreen(Dialog[Made]):
    """A text, at first the one that is given. Dismissed with what comes of it, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.TEXT_BINDINGS

    CSS = STYLES
    SCOPED_CSS = False  # it may be the first screen there is

    def __init__(
        self,
        asked: str,
        read: Read[Made],
        title: str = "Read another text",
        does: str = "runs the model",
        first: str = "",
    ) -> None:
        super().__init__()
        self._asked, self._read, self._title, self._does, self._first = asked, read, title, does, first
        self._work = Working(self, self._answer)

    def compose(self) -> ComposeResult:
        """A line for the text, and one for what is to be said about it."""
        with Vertical(id="export") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = f"Enter {self._does} · Esc goes back"
            yield Static(self._asked, markup=False)
            yield Input(self._first, id="text", select_on_focus=False)
            yield Static("", id="answer", markup=False)

    @on(Input.Submitted)
    def run_over(self, event: Input.Submitted) -> None:
        """Run the model over the text."""
        event.stop()
        if not self._work.is_busy:
            make = partial(self._read, event.value)
            self._work.do(
                Work(what="running the model", make=make, then=self.dismiss, refused=self._say, seconds=AT_ONCE)
            )

    def action_back(self) -> None:
        """Leave; the run that is being made is given up."""
        self._work.stop()
        self.dismiss(None)

    def _answer(self, said: str) -> None:
        self.query_one("#answer", Static).update(said)

    def _say(self, problem: Problem) -> None:
        self._answer(f"{problem.what}\n{problem.hint}" if problem.hint else problem.what)
