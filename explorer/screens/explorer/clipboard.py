"""What goes to the clipboard, and only when asked: through the terminal (OSC 52), so over SSH too."""

from __future__ import annotations

from attn_explore.explorer.drawing.notations import checked
from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.model.problems import Problem


class Copying(Showing):
    """Copies numbers and their arithmetic."""

    def action_copy(self) -> None:
        """Copy the arithmetic of the cell as text."""
        if self._hides_numbers():
            return
        try:
            self.app.copy_to_clipboard(checked(self._arithmetic_text()))
        except Problem as problem:
            self.notify(f"{problem.what}: {problem.hint}", severity="warning", markup=False)
        else:
            self._copied("the arithmetic, as text")

    def action_copy_as(self) -> None:
        """Ask what to copy, and in which notation."""
        if self._hides_numbers():
            return
        from attn_explore.explorer.screens.copy_dialog import CopyScreen

        screen = CopyScreen(self.session.place.value, self.session.place.index, self._arithmetic_text())
        self.app.push_screen(screen, self._copied)

    def _hides_numbers(self) -> bool:
        """Say so where a question hides the numbers."""
        if self.session.question is not None:
            self.app.bell()
            self.notify("Answer first: the numbers are hidden until then.", markup=False)
        return self.session.question is not None

    def _arithmetic_text(self) -> str:
        return "\n".join(self.query_one(ArithmeticPanel).text())

    def _copied(self, what: str | None) -> None:
        if what is not None:
            self.notify(f"On the clipboard: {what}.", markup=False)
