"""From step to step: on, back, to another layer, into a step, and by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.session import stepping
from attn_explore.explorer.telling import lesson_text
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class StepKeys:
    """Goes through the run."""

    screen: ExplorerScreen

    def step(self, count: int) -> None:
        """Go on or back; a stop of the lesson may be at another moment of the training."""
        moment = stepping.moment_ahead(self.screen.state.session, count)
        self.screen.groups.moments.when_there(moment, partial(self._step, count))

    def _step(self, count: int) -> None:
        """A lesson is followed in the run that it is told of."""
        screen, state = self.screen, self.screen.state
        other = state.session.other
        is_back = other is not None and other.lesson.is_guided
        if other is not None and is_back:
            state.session = other
        session = state.session
        if session.lesson.is_guided and count == 1 and session.lesson.is_done and session.stop is not None:
            follows = lesson_text.next_lesson(session, state.onward)
            on = f"C opens the next one, “{follows}”; " if follows else ""
            screen.say(f"That was the lesson. {on}L steps through everything.")
        try:
            has_moved = stepping.step_by(session, count)
        except Problem as problem:  # the answer is shown, and that could not be written down
            has_moved = True
            screen.tell_problem(problem)
        screen.look_as_told()
        screen.show_after(has_moved or is_back)

    def layer(self, count: int) -> None:
        """Go to the same step of another layer."""
        self.screen.show_after(self.screen.state.session.place.layer_by(count))

    def open(self) -> None:
        """Open the finer steps of this step, or close them."""
        has_changed = self.screen.state.session.place.toggle()
        if has_changed:
            self.screen.show_tree()
        self.screen.show_after(has_changed)

    def play(self) -> None:
        """Go on by itself, a step at a time, until the end."""
        self.screen.groups.player.toggle(self._next, "steps")

    def _next(self) -> bool:
        """One step on, if there is one. Playing stops at a question: that is for the person to answer."""
        session = self.screen.state.session
        if self.screen.work.is_busy:
            return True
        goes_on = session.question is None and stepping.step_by(session, 1)
        if goes_on:
            self.screen.look_as_told()
            self.screen.show()
        return goes_on
