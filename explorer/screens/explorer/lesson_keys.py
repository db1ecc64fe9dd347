"""Lessons: from stop to stop, and answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from attn_explore.explorer.drawing.typed_number import typed_number
from attn_explore.explorer.screens.at_home import home_of
from attn_explore.explorer.screens.working import AT_ONCE, Work
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.lesson_progress import Given
from attn_explore.explorer.session.session import Session
from attn_explore.model.lesson import Question
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

REST = 0.5
"""Seconds after which a place in a lesson is written down."""

_AGAIN = "Ctrl+R again begins the whole lesson again."
_FROM_THE_FIRST = "Ctrl+R again forgets every answer and begins the lesson again."


class LessonKeys:
    """Follows the scenario's lesson."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._keeper: Timer | None = None
        self._restarts_at: int | None = None
        """The stop at which the lesson begins again when that is asked for once more."""

    def follow(self) -> None:
        """Be guided from stop to stop, or step through everything."""
        session = self.screen.state.session
        if not session.lesson.stops:
            self.screen.refuse("This scenario has no lesson.", "`lesson:` in its file adds one.")
        elif session.lesson.is_guided:
            session.lesson.is_guided = False
            self._show()
        else:
            self.screen.groups.moments.when_there(self._moment(), self._resume)

    def _moment(self) -> int:
        """The moment of training at which the lesson goes on."""
        lesson = self.screen.state.session.lesson
        return lesson.moments[lesson.place]

    def _resume(self) -> None:
        """Go on where the lesson was left, here or the last time."""
        session = self.screen.state.session
        if session.lesson.place or session.lesson.outcomes:
            stepping.follow_lesson(session)
        else:
            home_of(self.screen).bookmarks.resume(session)
        self.screen.look_as_told()
        self._show()

    def restart(self) -> None:
        """Ask the question of this stop again; at once once more, or where there is none: begin the lesson again."""
        lesson = self.screen.state.session.lesson
        if not lesson.stops:
            self.follow()
            return
        if self._restarts_at == lesson.place:
            self._restarts_at = None
            lesson.restart()
        else:
            self._restarts_at = lesson.place
            is_asked = lesson.ask_again()
            self.screen.say(_AGAIN if is_asked else _FROM_THE_FIRST)
        self.screen.groups.moments.when_there(self._moment(), self._begin)

    def _begin(self) -> None:
        stepping.follow_lesson(self.screen.state.session)
        self.screen.look_as_told()
        self._show()

    def _show(self) -> None:
        self.screen.show_tree()  # words that are asked for are hidden, or shown again
        self.screen.show()

    # --- the next lesson

    def open_next(self) -> None:
        """Open the lesson that follows in the course, in the place of this one."""
        session = self.screen.state.session
        path = home_of(self.screen).offer.after(session.path) if session.path is not None else None
        if path is None or self.screen.watching is not None:
            self.screen.refuse("No lesson of the course follows this one.")
            return
        if not self.screen.may_leave():
            return
        from attn_explore.explorer.library.entries import open_lesson  # the first tensor does without it

        self.keep_now()
        self.screen.work.do(
            Work(
                what="opening the next lesson",
                make=partial(open_lesson, path, home_of(self.screen)),
                then=self._turn_to,
                refused=self.screen.tell_problem,
                seconds=AT_ONCE,  # files are read: that may take any time
            )
        )

    def _turn_to(self, session: Session) -> None:
        self.screen.app.clear_notifications()  # what was said of the lesson that is left is past
        self.screen.state.turn_to(session)
        self.screen.look_as_told()
        self._show()

    # --- answers

    def answer_chosen(self, question: Question) -> None:
        """Answer with the cell under the cursor, or with the word that is chosen."""
        link = self.screen.arithmetic.chosen
        if question.kind == "cell" and self.screen.state.has_chosen:
            self.answer(self.screen.state.index)
        elif link is not None:
            self.answer(link.index)
        else:
            self.screen.refuse("Choose first: Enter answers with what is marked.")

    def answer(self, given: Given) -> None:
        """Answer the question that waits."""
        self.screen.app.clear_notifications()  # what was no answer is past
        try:
            stepping.answer(self.screen.state.session, given)
        except Problem as problem:  # it was judged, and could not be written down
            self.screen.tell_problem(problem)
        self._show()  # the tree tells the words that were chosen

    def answer_typed(self, text: str) -> None:
        """Answer with a number that was typed."""
        try:
            self.answer(typed_number(text))
        except ValueError as fault:
            self.screen.warn(f"“{visible(text)}” is no number ({fault}): try 0.25, or 1/3 + 0.5*2")

    def hint(self) -> None:
        """Show a hint at the question that waits."""
        session = self.screen.state.session
        if session.question is None or session.lesson.has_hint:
            self.screen.app.bell()
        else:
            session.lesson.hint()
            self.screen.show_cell()
            self.screen.share_lines()

    # --- the place in the lesson

    def keep_place(self) -> None:
        """Write down how far the lesson was followed, when the person has rested for a moment."""
        session = self.screen.state.session
        if self._restarts_at != session.lesson.place:
            self._restarts_at = None
        if session.lesson.is_guided:
            if self._keeper is not None:
                self._keeper.stop()
            self._keeper = self.screen.set_timer(REST, partial(home_of(self.screen).bookmarks.keep, session))

    def keep_now(self) -> None:
        """Write the place down, whichever of two runs is looked at."""
        session = self.screen.state.session
        for each in (session, session.other):
            if each is not None and each.lesson.is_guided:
                home_of(self.screen).bookmarks.keep(each)
