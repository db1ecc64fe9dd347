"""Asks where to, and writes the trace there without leaving the explorer."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from explorer.session import Session
from model.problems import Problem
from model.text import visible


class ExportScreen(ModalScreen[str | None]):
    """A file name; its ending says the format. Dismissed with the path that was written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape", "dismiss(None)", "Back without exporting", id="export.close", group=Binding.Group("Exporting")
        )
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._refused = ""

    def compose(self) -> ComposeResult:
        """A line for the name, and one for what is to be said about it."""
        with Vertical(id="export") as box:
            box.border_title = "Export the trace"
            box.border_subtitle = "Enter writes · Esc goes back"
            yield Static("File (.json, .npz or .safetensors):", markup=False)
            yield Input(value=f"{self.session.name}.json", id="target")
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
            written = self.session.export(Path(target), force=force)
        except Problem as problem:
            self.app.call_from_thread(self._say, target, problem)
        else:
            self.app.call_from_thread(self.dismiss, visible(str(written)))

    def _say(self, target: str, problem: Problem) -> None:
        exists = Path(target).is_file() and target != self._refused
        self._refused = target if exists else ""
        more = "\nPress Enter again to replace it." if exists else f"\n{problem.hint}" if problem.hint else ""
        self.query_one("#answer", Static).update(f"{problem.what}{more}")
