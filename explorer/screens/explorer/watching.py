"""Watching the files of a run: when one is saved, it runs again, and the place stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.working import AT_ONCE, Work
from attn_explore.explorer.session import edits, stepping
from attn_explore.explorer.session.run_files import inputs_of
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

LOOK_EVERY = 0.3
"""Seconds between two looks at the files."""

Reload = Callable[[Counter], Session]
"""Reads and runs again, and tells each value. Raises Problem."""

_Files = list[tuple[int, int, int] | None]


class Watching:
    """Looks at the files of the run, and reloads when one was saved. What is typed or made meanwhile comes first."""

    def __init__(self, screen: ExplorerScreen, reload: Reload) -> None:
        self.screen = screen
        self.reload = reload
        self._seen = self._files()

    def start(self) -> None:
        """Look at the files from now on."""
        self.screen.set_interval(LOOK_EVERY, self._look)

    def _files(self) -> _Files:
        session = self.screen.state.session
        return [] if session.path is None else [_state(path) for path in inputs_of(session.path, session.run.scenario)]

    def _look(self) -> None:
        found = self._files()
        if found == self._seen or self.screen.state.edit is not None or self.screen.work.is_busy:
            return
        self._seen = found
        session = self.screen.state.session
        self.screen.work.do(
            Work(
                what="reading and running again",
                make=self.reload,
                then=self._take,
                refused=lambda problem: self.screen.show_fault(problem.render()),
                seconds=AT_ONCE,  # files are read: that may take any time
                steps=len(session.run.trace.steps),
            )
        )

    def _take(self, session: Session) -> None:
        """Show the new run at the same place."""
        state = self.screen.state
        stepping.take_place(session, state.session)
        lost = " The edits made here are gone." if edits.is_edited(state.session) else ""
        session.answers = state.session.answers
        state.session = session
        self.screen.show_fault("")
        self.screen.show_tree()
        self.screen.show()
        self.screen.say(f"Read and run again.{lost}", timeout=5 if lost else 2)


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is saved; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
