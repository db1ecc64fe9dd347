"""Which panels are shown, and how."""

from __future__ import annotations

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.tensor_grid import TensorGrid


class Panels(Showing):
    """Shows and hides panels, and puts the keyboard into them."""

    def action_panel(self, name: str) -> None:
        """Show a side panel, or hide it, whatever the size of the terminal says."""
        panel = self.query_one(f"#{name}")
        panel.display = not panel.display
        self.set_class(panel.display, f"-with-{name}")

    def action_plot(self) -> None:
        """A plot of the row under the cursor, or of what the step is about, then of all gradients; or the numbers."""
        had_focus = self.focused is self._numbers
        name = self._next_plot()
        self._as_plot, self._overview_name = bool(name), name.removeprefix("plot")
        self._by_word, self._side = False, Side.one
        self.refresh_value()
        if had_focus:
            self.set_focus(self._numbers)

    def action_heads(self) -> None:
        """All heads side by side where they fit, or one."""
        grid = self.query_one("#grid", TensorGrid)
        grid.all_planes = not grid.all_planes

    def action_zoom(self) -> None:
        """The whole tensor in the space there is, or its numbers."""
        grid = self.query_one("#grid", TensorGrid)
        grid.zoomed_out = not grid.zoomed_out

    def action_focus_on(self, name: str) -> None:
        """Put the keyboard into the grid or the tree."""
        panel = self._numbers if name == "grid" else self.query_one(f"#{name}")
        if not panel.display:
            self.action_panel(name)
        self.set_focus(panel)
