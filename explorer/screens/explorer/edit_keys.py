"""What-if edits: typing them, making them, and taking them back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import events

from attn_explore.explorer.screens.at_home import home_of
from attn_explore.explorer.screens.working import Work
from attn_explore.explorer.session import edits
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.edit_line import EditLine
from attn_explore.model.dataclass import dataclass
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Listener

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

LONGEST_LINE = 200
"""Characters of an edit that are typed."""

_KEYS = ("backspace", "ctrl+u")
"""What changes the line that is typed, beside what is printable."""


@dataclass(frozen=True, eq=False)
class EditKeys:
    """Changes numbers, and runs again."""

    screen: ExplorerScreen

    # --- typing

    def begin(self) -> None:
        """Ask what to change around the cell; the question stands where its arithmetic stood."""
        screen, state = self.screen, self.screen.state
        session = state.session
        if state.value.path not in (*session.run.trace.steps, *session.run.trace.parameters):
            screen.refuse("Steps and parameters can be edited; this is inside a step.")
        elif is_gradient(state.value):
            screen.refuse("A gradient follows from the run: edit the number itself (v goes to it).")
        elif session.question is None and not screen.hides_numbers():
            screen.groups.player.stop()
            screen.set_focus(None)  # what is typed belongs to the edit
            state.edit = EditLine(state.value, state.index, edits.word_here(session), session.other is not None)
            screen.show_cell()

    def takes(self, event: events.Key) -> bool:
        """Whether a key belongs to the line that is typed."""
        return self.screen.state.edit is not None and (event.is_printable or event.key in _KEYS)

    def type_key(self, event: events.Key) -> None:
        """Type a character, or take one or all of them away. An Input would cost frames of layout and focus."""
        if (edit := self.screen.state.edit) is not None:
            shorter = {"backspace": edit.typed[:-1], "ctrl+u": ""}
            self._show_line(edit, shorter[event.key] if event.key in shorter else edit.typed + (event.character or ""))

    def paste(self, text: str) -> None:
        """Type the first line of a text."""
        if (edit := self.screen.state.edit) is not None:
            self._show_line(edit, edit.typed + "".join(text.splitlines()[:1]))

    def _show_line(self, edit: EditLine, line: str) -> None:
        edit.type(line[:LONGEST_LINE])
        self.screen.show_cell()

    def choose(self, edit: EditLine, count: int) -> None:
        """Take more numbers, or fewer."""
        edit.choose(count)
        self.screen.show_cell()

    # --- making

    def make(self, edit: EditLine) -> None:
        """Run again with what was typed, or say what is wrong with it."""
        session = self.screen.state.session
        refused = partial(self._refuse, edit)
        try:
            change = edit.change()
        except Problem as problem:
            refused(problem)
            return
        if self._run(edit.text_of(change), partial(edits.run_with, session, change), refused):
            self.screen.state.edit = None
            self.screen.show_cell()

    def drop(self) -> None:
        """Take back every edit."""
        session = self.screen.state.session
        if edits.is_edited(session):
            said = "every edit taken back"
            self._run(said, partial(edits.run_without_edits, session), self.screen.tell_problem)
        else:
            self.screen.app.bell()

    def _run(self, said: str, make: Callable[[Listener], Run], refused: Callable[[Problem], None]) -> bool:
        """Run again, and say what was changed; whether that goes on behind the screen."""
        session, work = self.screen.state.session, self.screen.work
        nbytes = session.run.trace.nbytes
        work.do(
            Work(
                what="running again",
                make=work.measured("edit", nbytes, make),
                then=partial(self._take, session, said),
                refused=refused,
                seconds=work.seconds("edit", nbytes),
                steps=len(session.run.trace.steps),
            )
        )
        return work.is_busy

    def _take(self, session: Session, said: str, run: Run) -> None:
        edits.take_edited(session, run)
        self._show(said)

    def _refuse(self, edit: EditLine, problem: Problem) -> None:
        """Say what is wrong with an edit, in its line: it is there to be mended."""
        edit.refusal = home_of(self.screen).told(problem).in_one_line
        self.screen.state.edit = edit
        self.screen.show_cell()

    def _show(self, said: str) -> None:
        self.screen.show()
        self.screen.note(said)  # a message over the screen would cost a frame

    # --- taking back

    def undo(self) -> None:
        """Take back the last edit."""
        self._go_to(edits.undo, self.screen.state.session.history.behind, "taken back")

    def redo(self) -> None:
        """Make the edit again that was taken back."""
        self._go_to(edits.redo, self.screen.state.session.history.ahead, "made again")

    def _go_to(self, go: Callable[[Session, Run], bool], runs: list[Run], said: str) -> None:
        """Go to the last of some runs; with the weights of another moment since, it has to be made again."""
        session = self.screen.state.session
        if not runs:
            self.screen.app.bell()
            return
        is_same_moment = runs[-1].moment == session.run.moment
        self.screen.work.do(
            Work(
                what="running again",
                make=partial(edits.at_this_moment, session, runs[-1]),
                then=partial(self._take_back, session, go, said),
                refused=self.screen.tell_problem,
                seconds=0 if is_same_moment or session.moments is None else session.moments.seconds,
                steps=len(session.run.trace.steps),
            )
        )

    def _take_back(self, session: Session, go: Callable[[Session, Run], bool], said: str, run: Run) -> None:
        go(session, run)
        self._show(said)
