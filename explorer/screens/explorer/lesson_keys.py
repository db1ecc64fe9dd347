"""Lessons: from stop to stop, and answers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from attn_explore.explorer.drawing.typed_number import typed_number
from attn_explore.explorer.library.bookmarks import keep, resume
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.lesson_progress import Given
from attn_explore.model.lesson import Question
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

REST = 0.5
"""Seconds after which a place in a lesson is written down."""


class LessonKeys:
    """Follows the scenario's lesson."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._keeper: Timer | None = None

    def follow(self) -> None:
        """Be guided from stop to stop, or step through everything."""
        session = self.screen.state.session
        if not session.lesson.stops:
            self.screen.refuse("This scenario has no lesson: `lesson:` in its file adds one.")
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
            resume(session)
        self.screen.look_as_told()
        self._show()

    def restart(self) -> None:
        """Begin the lesson again, and forget the answers."""
        session = self.screen.state.session
        if session.lesson.stops:
            session.lesson.restart()
            self.screen.groups.moments.when_there(self._moment(), self._begin)
        else:
            self.follow()

    def _begin(self) -> None:
        stepping.follow_lesson(self.screen.state.session)
        self.screen.look_as_told()
        self._show()

    def _show(self) -> None:
        self.screen.show_tree()  # words that are asked for are hidden, or shown again
        self.screen.show()

    # --- answers

    def answer_chosen(self, question: Question) -> None:
        """Answer with the cell under the cursor, or with the word that is chosen."""
        link = self.screen.arithmetic.chosen
        if question.kind == "cell":
            self.answer(self.screen.state.index)
        elif link is not None:
            self.answer(link.index)
        else:
            self.screen.app.bell()

    def answer(self, given: Given) -> None:
        """Answer the question that waits."""
        stepping.answer(self.screen.state.session, given)
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
        if session.question is None:
            self.screen.app.bell()
        else:
            session.lesson.hint()
            self.screen.show_cell()

    # --- the place in the lesson

    def keep_place(self) -> None:
        """Write down how far the lesson was followed, when the person has rested for a moment."""
        session = self.screen.state.session
        if session.lesson.is_guided:
            if self._keeper is not None:
                self._keeper.stop()
            self._keeper = self.screen.set_timer(REST, partial(keep, session))

    def keep_now(self) -> None:
        """Write the place down, whichever of two runs is looked at."""
        session = self.screen.state.session
        for each in (session, session.other):
            if each is not None and each.lesson.is_guided:
                keep(each)
