"""Gradients: from a number to how fast the output changes with it, and of which output."""

from __future__ import annotations

from textual import work

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import gradients
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.model.formulas import output_name
from attn_explore.model.naming import bracketed
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

AT_ONCE = 2**21
"""Bytes of a run whose gradients are computed before the next frame; those of a larger one by a worker."""


class Gradients(Showing):
    """Flips between a number and its gradient, and makes the gradients where there are none."""

    def action_gradient(self) -> None:
        """Look at the gradient by the same number, or at what a gradient is by."""
        session = self.session
        if self._waits_for_answer():
            return
        if session.run.output is None:
            self._differentiate(None, flips=True)
        elif gradients.flip(session):
            self.refresh_value()
        else:
            self.app.bell()
            self.notify(f"This has no part in {visible(output_name(session.run.output))}.", markup=False)

    def action_differentiate(self) -> None:
        """Make the gradients of the number under the cursor, instead of those there are."""
        session = self.session
        value = session.place.value
        if self._waits_for_answer():
            return
        if value.path not in session.run.trace.steps or is_gradient(value):
            self.app.bell()
            self.notify("Gradients are of the number of a step; this is none.", markup=False)
        else:
            self._differentiate(f"{value.path}{bracketed(value.axes, session.place.index)}", flips=False)

    def _waits_for_answer(self) -> bool:
        if self.session.question is not None:
            self.app.bell()
            self.notify("Answer first: the numbers are hidden until then.", markup=False)
        return self.session.question is not None

    def _differentiate(self, of: str | None, *, flips: bool) -> None:
        if self.session.run.trace.nbytes <= AT_ONCE:
            try:
                self._take_gradients(self.session, gradients.run_with_gradients(self.session.run, of), flips)
            except Problem as problem:
                self._tell(problem)
        else:
            self.notify("Walking backwards …", timeout=2, markup=False)
            self._differentiate_behind(self.session, of, flips)

    @work(thread=True, exclusive=True, group="gradients")
    def _differentiate_behind(self, session: Session, of: str | None, flips: bool) -> None:
        try:
            run = gradients.run_with_gradients(session.run, of)
        except Problem as problem:
            self.app.call_from_thread(self._tell, problem)
        else:
            self.app.call_from_thread(self._take_gradients, session, run, flips)

    def _tell(self, problem: Problem) -> None:
        self.notify(visible(f"{problem.what}: {problem.hint}"), severity="warning", markup=False)

    def _take_gradients(self, session: Session, run: Run, flips: bool) -> None:
        """Show the run with gradients, unless another one came in between."""
        if session is not self.session or not run.is_like(session.run):
            return
        gradients.take_gradients(session, run)
        if flips:
            gradients.flip(session)
        self._build_tree()
        self.refresh_value()
        if session.run.output is not None:
            said = f"Gradients of {visible(output_name(session.run.output))}. v flips, V asks about another number."
            self.notify(said, markup=False)
