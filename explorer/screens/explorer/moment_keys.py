"""The training: from moment to moment of it, by hand or by itself, and one of them pinned beside the others."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import on, work

from attn_explore.explorer.screens.explorer.edit_keys import Edits
from attn_explore.explorer.screens.explorer.step_keys import Stepping
from attn_explore.explorer.session import change_moment, stepping
from attn_explore.explorer.session.pinning import pin, unpin
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.timeline import Timeline, TrainingLine
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible


class Training(Stepping, Edits):
    """Goes along the moments of a training. A run that takes long is made by a worker; the place stays until then."""

    _heading_for: int | None = None
    """The moment whose run is being made."""

    def action_moment(self, count: int) -> None:
        """Look at the same cell at a later moment of the training, or an earlier one."""
        moments = self.session.moments
        if moments is None:
            self._has_no_moments()
            return
        here = self.session.run.moment if self._heading_for is None else self._heading_for
        self._go_to_moment(max(0, min(moments.last, here + count)))

    def action_play_training(self) -> None:
        """Go through the training by itself, from its beginning where it is at the end."""
        moments = self.session.moments
        if moments is None:
            self._has_no_moments()
            return
        if self._player is None and self.session.run.moment == moments.last:
            self._go_to_moment(0)
        self._play_or_pause(self._next_moment, "moments")

    def action_pin(self) -> None:
        """Let this moment stay as the other run, or give it up."""
        session = self.session
        if session.is_pinned:
            self._unpin()
        elif session.moments is None:
            self._has_no_moments()
        elif session.other is not None:
            self.app.bell()
            self.notify("Two runs are compared here already: c shows the other one.", markup=False)
        else:
            pin(session)
            self.refresh_value()
            self.query_one(Timeline).note = "pinned: < > go on, d compares"

    def action_step(self, count: int) -> None:
        """Go on or back; a stop of the lesson may be at another moment."""
        self._when_there(stepping.moment_ahead(self.session, count), partial(super().action_step, count))

    def action_follow(self) -> None:
        """On a curve of the training: go to the moment under the cursor."""
        here = self._moment_here
        if here is None or self.session.question is not None or self._editing is not None:
            super().action_follow()
        else:
            self._go_to_moment(here)

    @on(TrainingLine.Chosen)
    def moment_chosen(self, event: TrainingLine.Chosen) -> None:
        """A moment was clicked."""
        self._go_to_moment(event.position)

    def _go_to_moment(self, moment: int) -> None:
        self._when_there(moment, partial(self._show_moment, self.session, moment))

    def _show_moment(self, session: Session, moment: int) -> None:
        if session is not self.session:
            return
        try:
            self._show_after(change_moment.go_to_moment(session, moment))
        except Problem as problem:
            self._tell_problem(problem)

    def _next_moment(self) -> bool:
        """One moment on, if there is one."""
        moments = self.session.moments
        if moments is None or self.session.run.moment == moments.last:
            return False
        if self._heading_for is None:
            self._go_to_moment(self.session.run.moment + 1)
        return True

    def _unpin(self) -> None:
        try:
            self.session = unpin(self.session)
        except Problem as problem:
            self._tell_problem(problem)
        else:
            self._side = Side.one
            self._build_tree()
            self.refresh_value()

    def _has_no_moments(self) -> None:
        self.app.bell()
        self.notify("This model was not trained here: `attn-explore train` keeps moments.", markup=False)

    def _tell_problem(self, problem: Problem) -> None:
        self.app.bell()
        self.notify(visible(f"{problem.what}: {problem.hint}"), severity="warning", markup=False)

    # --- runs that take long

    def _when_there(self, moment: int, then: Callable[[], object]) -> None:
        """Go on when the run of a moment is known; at once where that takes no time."""
        session = self.session
        if session.moments is None or change_moment.is_at_hand(session, moment):
            self._heading_for = None
            then()
            return
        self._heading_for = moment
        self.query_one(TrainingLine).note = f"running {session.moments.name(moment)} …"
        self._run_at(session, moment, then)

    @work(thread=True, exclusive=True, group="moment")
    def _run_at(self, session: Session, moment: int, then: Callable[[], object]) -> None:
        try:
            change_moment.runs_at(session, moment)
        except Problem as problem:
            self.app.call_from_thread(self._arrive, moment, partial(self._tell_problem, problem))
        else:
            self.app.call_from_thread(self._arrive, moment, then)

    def _arrive(self, moment: int, then: Callable[[], object]) -> None:
        """Go on, unless one has set out for another moment since."""
        if self._heading_for == moment:
            self._heading_for = None
            self.query_one(TrainingLine).note = ""
            then()
