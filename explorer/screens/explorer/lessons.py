"""Lessons: from stop to stop, and answers that are typed."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from textual import on, work
from textual.timer import Timer
from textual.widgets import Input

from attn_explore.explorer.drawing.typed_number import typed_number
from attn_explore.explorer.library.bookmarks import keep, resume
from attn_explore.explorer.library.entries import open_lesson
from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.screens.explorer.watching import Reload
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.course import after
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.pictures import Side
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

REST = 0.5
"""Seconds after which a place in a lesson is written down."""


class Lessons(Showing):
    """Follows the scenario's lesson."""

    _keeper: Timer | None = None
    _restarts_at: int | None = None
    """The stop at which the lesson begins again when it is asked for once more."""
    reload: Reload | None

    def refresh_value(self) -> None:
        """Show the value, and keep the place."""
        super().refresh_value()
        self._keep_place()
        if self._restarts_at != self.session.lesson.place:
            self._restarts_at = None

    def action_lesson(self) -> None:
        """Be guided from stop to stop, or step through everything."""
        session = self.session
        if not session.lesson.stops:
            self.app.bell()
            self.notify("This scenario has no lesson: `lesson:` in its file adds one.", markup=False)
            return
        if session.lesson.is_guided:
            session.lesson.is_guided = False
        else:
            self._resume()
            self._take_view()
        self._build_tree()
        self.refresh_value()

    def _resume(self) -> None:
        """Go on where the lesson was left, here or the last time."""
        lesson = self.session.lesson
        if lesson.place or lesson.outcomes:
            stepping.follow_lesson(self.session)
        else:
            resume(self.session)

    def action_restart(self) -> None:
        """Ask the question of this stop again; at once once more, or where there is none: begin the lesson again."""
        lesson = self.session.lesson
        if not lesson.stops:
            self.action_lesson()
            return
        if self._restarts_at == lesson.place:
            lesson.restart()
        elif not lesson.ask_again() and lesson.outcomes:
            self._say_restart("Ctrl+R again forgets every answer and begins the lesson again.")
            return
        else:
            self._say_restart("Ctrl+R again begins the whole lesson again.")
        stepping.follow_lesson(self.session)
        self._take_view()
        self._build_tree()  # words that are asked for are hidden again
        self.refresh_value()

    def _say_restart(self, said: str) -> None:
        self.notify(said, markup=False)
        self._restarts_at = self.session.lesson.place

    # --- the next lesson

    def action_next_lesson(self) -> None:
        """Open the lesson that follows in the course, in the place of this one."""
        path = after(self.session.path) if self.session.path is not None else None
        if path is None or self.reload is not None:
            self.app.bell()
            self.notify("No lesson of the course follows this one.", markup=False)
        else:
            self._keep_now()
            self._open_lesson(path)

    @work(thread=True, exclusive=True, group="next lesson")
    def _open_lesson(self, path: Path) -> None:
        """Run it, and begin where it was left."""
        try:
            session = open_lesson(path)
        except Problem as problem:
            self.app.call_from_thread(self.notify, problem.render(), severity="warning", markup=False)
        else:
            self.app.call_from_thread(self._show_lesson, session)

    def _show_lesson(self, session: Session) -> None:
        """Look at another session; nothing of what was looked at before is left."""
        self.session = session
        self._matches, self._overview, self._overview_name = [], None, ""
        self._side, self._shows_uses, self._by_word, self._as_plot = Side.one, False, False, False
        self._take_view()
        self._build_tree()
        self.refresh_value()

    @on(Input.Submitted, "#given")
    def number_given(self, event: Input.Submitted) -> None:
        """A number was typed as an answer."""
        event.stop()
        try:
            self._answer(typed_number(event.value))
        except ValueError as fault:
            said = f"“{visible(event.value)}” is no number ({fault}): try 0.25, or 1/3 + 0.5*2"
            self.notify(said, severity="warning", markup=False)

    def action_hint(self) -> None:
        """Show a hint at the question that waits."""
        if self.session.question is None:
            self.app.bell()
        else:
            self.session.lesson.hint()
            self.refresh_cell()

    def _keep_place(self) -> None:
        """Write down how far the lesson was followed, when the person has rested for a moment."""
        if self.session.lesson.is_guided:
            if self._keeper is not None:
                self._keeper.stop()
            self._keeper = self.set_timer(REST, partial(keep, self.session))

    def on_unmount(self) -> None:
        """Write down how far the lesson was followed."""
        self._keep_now()

    def _keep_now(self) -> None:
        """Write the place down, whichever of two runs is looked at."""
        for session in (self.session, self.session.other):
            if session is not None and session.lesson.is_guided:
                keep(session)
