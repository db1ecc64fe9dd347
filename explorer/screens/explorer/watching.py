"""Watching the files of a run: when one is saved, it runs again, and the place stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from textual import work
from textual.widgets import Static

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import edits, stepping
from attn_explore.explorer.session.run_files import inputs_of
from attn_explore.explorer.session.session import Session
from attn_explore.model.problems import Problem

LOOK_EVERY = 0.3
"""Seconds between two looks at the files."""

State = list[tuple[int, int, int] | None]

Reload = Callable[[], Session]
"""Reads and runs again. Raises Problem."""


class Watching(Showing):
    """Reloads while `reload` says how."""

    reload: Reload | None = None
    _state: State | None = None

    def on_mount(self) -> None:
        """Look at the files from now on."""
        if self.reload is not None:
            self._state = self._files()
            self.set_interval(LOOK_EVERY, self._look)

    def _files(self) -> State:
        session = self.session
        return [] if session.path is None else [_state(path) for path in inputs_of(session.path, session.run.scenario)]

    def _look(self) -> None:
        found = self._files()
        if self._editing is not None:
            return  # what is being typed comes first
        if found != self._state:
            self._state = found
            self._run_again()

    @work(thread=True, exclusive=True, group="watch")
    def _run_again(self) -> None:
        assert self.reload is not None  # noqa: S101 (nothing looks otherwise)
        try:
            session = self.reload()
        except Problem as problem:
            self.app.call_from_thread(self._tell_fault, problem.render())
        else:
            self.app.call_from_thread(self._take, session)

    def _tell_fault(self, said: str) -> None:
        fault = self.query_one("#fault", Static)
        fault.update(said)
        fault.display = True

    def _take(self, session: Session) -> None:
        """Show the new run at the same place."""
        stepping.take_place(session, self.session)
        lost = " The edits made here are gone." if edits.is_edited(self.session) else ""
        self.session = session
        self.query_one("#fault", Static).display = False
        self._build_tree()
        self.refresh_value()
        self.notify(f"Read and run again.{lost}", timeout=5 if lost else 2, markup=False)


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is saved; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
