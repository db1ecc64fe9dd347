"""Asks where to, and writes a file there without leaving the explorer: the trace, or the scenario with its edits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

Write = Callable[[Path, bool], Path]
"""Writes a file, over one that exists only if the second argument says so, and gives its path."""


class ExportScreen(Dialog[str | None]):
    """A file name. Dismissed with the path that was written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss(None)", "Back without writing", id="export.close", group=Binding.Group("Writing a file")
        )
    ]

    def __init__(self, title: str, asked: str, proposed: str, write: Write) -> None:
        super().__init__()
        self._title, self._asked, self._proposed, self._write = title, asked, proposed, write
        self._refused = ""

    def compose(self) -> ComposeResult:
        """A line for the name, and one for what is to be said about it."""
        with Vertical(id="export") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = "Enter writes · Esc goes back"
            yield Static(self._asked, markup=False)
            yield Input(value=self._proposed, id="target")
            yield Static("", id="answer", markup=False)

    @on(Input.Submitted)
    def write(self, event: Input.Submitted) -> None:
        """Write the file; asked for the same existing file twice, replace it."""
        event.stop()
        answer = self.query_one("#answer", Static)
        answer.update("writing …")
        self._export(event.value, force=event.value == self._refused)

    @work(thread=True, exclusive=True)
    def _export(self, target: str, force: bool) -> None:
        try:
            written = self._write(Path(target), force)
        except Problem as problem:
            self.app.call_from_thread(self._say, target, problem)
        else:
            self.app.call_from_thread(self.dismiss, visible(str(written)))

    def _say(self, target: str, problem: Problem) -> None:
        exists = Path(target).is_file() and target != self._refused
        self._refused = target if exists else ""
        more = "\nPress Enter again to replace it." if exists else f"\n{problem.hint}" if problem.hint else ""
        self.query_one("#answer", Static).update(f"{problem.what}{more}")
