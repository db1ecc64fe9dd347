"""Lessons: from stop to stop, and answers that are typed."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.timer import Timer
from textual.widgets import Input

from attn_explore.explorer.drawing.typed_number import typed_number
from attn_explore.explorer.library.bookmarks import keep, resume
from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import stepping
from attn_explore.model.text import visible

REST = 0.5
"""Seconds after which a place in a lesson is written down."""


class Lessons(Showing):
    """Follows the scenario's lesson."""

    _keeper: Timer | None = None

    def refresh_value(self) -> None:
        """Show the value, and keep the place."""
        super().refresh_value()
        self._keep_place()

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
        """Begin the lesson again, and forget the answers."""
        if self.session.lesson.stops:
            self.session.lesson.restart()
            stepping.follow_lesson(self.session)
            self._take_view()
            self._build_tree()  # words that are asked for are hidden again
            self.refresh_value()
        else:
            self.action_lesson()

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
