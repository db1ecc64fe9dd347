"""Asks where to, and writes a file there without leaving the explorer: the trace, or the scenario with its edits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.at_home import files_of
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.screens.working import AT_ONCE, Work, Working
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.where_files_go import Files
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible


@dataclass(frozen=True)
class Request:
    """What is asked for: a file, where files go, whether one that exists is replaced, and which steps are written.

    No steps are named where all are written, or where there are none to choose.
    """

    path: Path
    files: Files
    force: bool = False
    steps: tuple[str, ...] = ()


Write = Callable[[Request, Callable[[str], None]], Path | str]
"""Writes a file and gives its path, with what has to be said of it.

The second argument hears how far it is, where that takes its time.
"""


class ExportScreen(Dialog[str | None]):
    """A file name, and where `asks_steps` says so which steps. Dismissed with the path that was written, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.EXPORT_BINDINGS

    def __init__(self, title: str, asked: str, proposed: str, write: Write, *, asks_steps: bool = False) -> None:
        super().__init__()
        self._title, self._asked, self._proposed, self._write = title, asked, proposed, write
        self._asks_steps = asks_steps
        self._refused = ""
        self._work = Working(self, self._show_progress)

    def compose(self) -> ComposeResult:
        """A line for the name, perhaps one for the steps, and one for what is to be said about it."""
        with Vertical(id="export") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = f"Enter {files_of(self).verb} · Esc goes back"
            yield Static(self._asked, markup=False)
            yield Input(value=self._proposed, id="target")
            if self._asks_steps:
                yield Static("Steps, such as *.layers.0.* or weights (nothing: all of them):", markup=False)
                yield Input(id="steps")
            yield Static("", id="answer", markup=False)

    @on(Input.Submitted)
    def write(self, event: Input.Submitted) -> None:
        """Write the file; asked for the same existing file twice, replace it."""
        event.stop()
        if self._work.is_busy:
            return
        target = self.query_one("#target", Input).value
        steps = self.query_one("#steps", Input).value.split() if self._asks_steps else ()
        self._work.do(
            Work(
                what="writing",
                make=partial(self._make, Request(Path(target), files_of(self), target == self._refused, tuple(steps))),
                then=self.dismiss,
                refused=partial(self._say, target),
                seconds=AT_ONCE,  # a disk may take any time
            )
        )

    def _make(self, request: Request, counter: Counter) -> str:
        return visible(str(self._write(request, counter.say)))

    def action_back(self) -> None:
        """Leave; what is being written is given up."""
        self._work.stop()
        self.dismiss(None)

    def _show_progress(self, said: str) -> None:
        self.query_one("#answer", Static).update(said)

    def _say(self, target: str, problem: Problem) -> None:
        exists = files_of(self).exists(Path(target)) and target != self._refused
        self._refused = target if exists else ""
        more = "\nPress Enter again to replace it." if exists else f"\n{problem.hint}" if problem.hint else ""
        self.query_one("#answer", Static).update(f"{problem.what}{more}")
