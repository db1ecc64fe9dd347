"""Gradients: from a number to how fast the output changes with it, and of which output."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.working import Work
from attn_explore.explorer.session import gradients
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.model.dataclass import dataclass
from attn_explore.model.formulas import output_name
from attn_explore.model.naming import in_full
from attn_explore.model.ops import Output, is_gradient
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class GradientKeys:
    """Flips between a number and its gradient, and makes the gradients where there are none."""

    screen: ExplorerScreen

    def flip(self) -> None:
        """Look at the gradient by the same number, or at what a gradient is by."""
        session = self.screen.state.session
        if self.screen.hides_numbers():
            return
        output = session.run.output
        if output is None:
            self._differentiate(None, flips=True)
        elif gradients.flip(session):
            self.screen.show()
        else:
            self.screen.refuse(_no_part_in(output))

    def differentiate(self) -> None:
        """Make the gradients of the number under the cursor, instead of those there are."""
        state = self.screen.state
        value = state.value
        if self.screen.hides_numbers():
            return
        if value.path not in state.session.run.trace.steps or is_gradient(value):
            self.screen.refuse("Gradients are of the number of a step; this is none.")
        else:
            self._differentiate(f"{value.path}{in_full(value.axes, state.index)}", flips=False)

    def _differentiate(self, of: str | None, *, flips: bool) -> None:
        session, work = self.screen.state.session, self.screen.work
        nbytes = session.run.trace.nbytes
        make = partial(gradients.runs_with_gradients, session, of)
        work.do(
            Work(
                what="walking backwards",
                make=work.measured("gradients", nbytes, make),
                then=partial(self._take, session, flips),
                refused=self.screen.tell_problem,
                seconds=work.seconds("gradients", nbytes),
            )
        )

    def _take(self, session: Session, flips: bool, runs: tuple[Run, Run | None]) -> None:
        gradients.take_gradients(session, runs)
        is_there = not flips or gradients.flip(session)
        self.screen.show()
        if (output := session.run.output) is not None:
            said = f"Gradients of {visible(output_name(output))}. v flips, V asks about another number."
            self.screen.say(said if is_there else f"{_no_part_in(output)} V asks about another number.")


def _no_part_in(output: Output) -> str:
    return f"This has no part in {visible(output_name(output))}."
