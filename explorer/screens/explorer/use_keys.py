"""Where a number goes, instead of where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.blocks import Block, Piece
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.screens.working import Work
from attn_explore.explorer.telling.uses import use_blocks
from attn_explore.model.explain import Index
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

_WAITING = [Block(((Piece("looking where it goes …", "note"),),))]


class UseKeys:
    """Lists the uses of the cell under the cursor; where there is much to look through, the worker does it."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._wanted: tuple[Trace, Value, Index] | None = None
        self._found: list[Block] | None = None
        self._waits = False

    def toggle(self) -> None:
        """Where the number goes instead of where it came from, or the other way round."""
        state = self.screen.state
        if self.screen.asks_first():
            return
        state.shows_uses = not state.shows_uses
        if state.view is View.word:
            state.view = View.numbers
        self.screen.show()

    def stop(self) -> None:
        """Show where the number came from again, where its uses are still looked for."""
        if self.is_looking:
            self._wanted, self.screen.state.shows_uses = None, False

    @property
    def is_looking(self) -> bool:
        """Whether the worker looks for uses now."""
        return self._wanted is not None and self._found is None

    def blocks(self) -> list[Block]:
        """The uses of the cell, or that they are looked for: other work comes first."""
        state = self.screen.state
        wanted = (state.session.run.trace, state.value, state.index)
        self._waits = False
        if not self._is_wanted(wanted) and (self.is_looking or not self.screen.work.is_busy):
            self._look_for(*wanted)
        self._waits = self._found is None or not self._is_wanted(wanted)
        return _WAITING if self._found is None or self._waits else self._found

    def _is_wanted(self, cell: tuple[Trace, Value, Index]) -> bool:
        known = self._wanted
        return known is not None and known[0] is cell[0] and known[1] is cell[1] and known[2] == cell[2]

    def _look_for(self, trace: Trace, value: Value, index: Index) -> None:
        self._wanted, self._found = (trace, value, index), None
        nbytes = sum(step.nbytes for step in trace.steps.values() if any(view.value is value for view in step.operands))
        work = self.screen.work
        work.do(
            Work(
                what="looking where it goes",
                make=work.measured("uses", nbytes, lambda _: use_blocks(trace, value, index)),
                then=self._keep,
                refused=self.screen.tell_problem,
                seconds=work.seconds("uses", nbytes),
            )
        )

    def _keep(self, found: list[Block]) -> None:
        self._found = found
        if self._waits:
            self.screen.show_cell()
