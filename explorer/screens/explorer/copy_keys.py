"""What goes to the clipboard, and only when asked: through the terminal (OSC 52), so over SSH too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.notations import checked
from attn_explore.explorer.screens.explorer.panels import SIDES
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.session.place import Cell
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class CopyKeys:
    """Copies numbers and their arithmetic."""

    screen: ExplorerScreen

    def arithmetic(self) -> None:
        """Copy the arithmetic of the cell as text."""
        if self.screen.hides_numbers():
            return
        try:
            self.screen.app.copy_to_clipboard(checked(self._text()))
        except Problem as problem:
            self.screen.tell_problem(problem)
        else:
            self._say("the arithmetic, as text")

    def reopening(self, view: str = "", cell: Cell | None = None) -> None:
        """Copy the command line that opens just this view again, or that of a screen over it, and show it."""
        from attn_explore.explorer.session.reopening import command, left_out
        from attn_explore.explorer.telling.sorting_names import names_of

        state = self.screen.state
        sorted_by = () if view else tuple(names_of(state.sortings, state.value, state.index))
        line, rest = command(state.session, view or self._view, cell, sorted_by), left_out(state.session)
        try:
            self.screen.app.copy_to_clipboard(checked(line))
        except Problem as problem:
            self.screen.tell_problem(problem)
        else:
            self.screen.say(visible(f"On the clipboard: {line}{f'  ({rest})' if rest else ''}"))

    @property
    def _view(self) -> str:
        """How the value is shown, as a command line says it; nothing for its numbers."""
        state = self.screen.state
        if state.view is not View.numbers:
            return state.view.value
        return next((name for name, side in SIDES.items() if side is state.side), "")

    def ask(self) -> None:
        """Ask what to copy, and in which notation."""
        if self.screen.hides_numbers():
            return
        from attn_explore.explorer.screens.copy_dialog import CopyScreen

        state = self.screen.state
        self.screen.app.push_screen(CopyScreen(state.value, state.index, self._text()), self._say)

    def _text(self) -> str:
        return "\n".join(self.screen.arithmetic.text())

    def _say(self, what: str | None) -> None:
        if what is not None:
            self.screen.say(f"On the clipboard: {what}.")
