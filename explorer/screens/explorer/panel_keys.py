"""Which panels are shown, and how; and which of them has the keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.telling.pictures import may_leave_first
from attn_explore.explorer.telling.sorting import Sorted, next_sorting, why_not
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen


@dataclass(frozen=True, eq=False)
class PanelKeys:
    """Shows and hides panels, and puts the keyboard into them."""

    screen: ExplorerScreen

    def toggle(self, name: str) -> None:
        """Show a side panel, or hide it, whatever the size of the terminal says."""
        panel = self.screen.query_one(f"#{name}")
        panel.display = not panel.display
        self.screen.set_class(panel.display, f"-with-{name}")
        self.screen.groups.map.show()

    def is_shown(self, name: str) -> bool:
        """Whether a side panel is there."""
        return bool(self.screen.query_one(f"#{name}").display)

    def plot(self) -> None:
        """Show the next of these: a plot of this row, or of what the step is about; of all gradients; the numbers."""
        screen, state = self.screen, self.screen.state
        if screen.asks_first() or (state.value.elsewhere is not None and screen.hides_numbers()):
            return
        had_focus = screen.focused is screen.numbers
        name = state.next_plot
        state.look(View.plot if name else View.numbers, overview_name=name.removeprefix("plot"))
        screen.show()
        if had_focus:
            screen.set_focus(screen.numbers)

    def heads(self) -> None:
        """All heads side by side where they fit, or one with what it is made of."""
        screen, state = self.screen, self.screen.state
        state.all_heads = not screen.grid.shows_all
        for grid in screen.query(TensorGrid):
            grid.all_planes = state.all_heads
        screen.show_cell()

    def zoom(self) -> None:
        """A heat map of the whole tensor in the space there is, or its numbers; instead of a plot or one word, too."""
        screen, state = self.screen, self.screen.state
        is_over = state.is_plotted or state.is_of_words
        zoomed_out = is_over or not screen.grid.zoomed_out
        for grid in screen.query(TensorGrid):
            grid.zoomed_out = zoomed_out
        if is_over:
            state.look(View.numbers)
            screen.show()
        else:
            screen.show_cell()

    def sort(self, name: str) -> None:
        """Sort the columns by the row of the cell, or the rows by its column: then the other way, then not at all."""
        screen, state, what = self.screen, self.screen.state, Sorted(name)
        if screen.hides_numbers():
            return
        if screen.numbers is not screen.grid or screen.grid.picture is None or not state.value.axes:
            screen.refuse("Only a grid of numbers is sorted.")
            return
        if said := why_not(what, screen.grid.picture):
            screen.refuse(said)
            return
        path, index = state.value.path, state.index
        kept = {other: sorting for other, sorting in state.sortings.items() if sorting.path == path}
        wanted = next_sorting(what, kept.pop(what, None), path, index)
        state.sortings = kept if wanted is None else {**kept, what: wanted}
        screen.show()

    def sort_as_asked(self, names: Sequence[str]) -> None:
        """Sort what is looked at as a command line says."""
        from attn_explore.explorer.telling.sorting_names import sortings_named

        state = self.screen.state
        try:
            state.sortings = sortings_named(names, state.value, state.index)
        except Problem as problem:  # of a text that was asked for since the line was read
            self.screen.tell_problem(problem)

    def without_first(self) -> None:
        """Colours as they would be without the first token, on which many heads of real models rest; or as they are."""
        screen, state = self.screen, self.screen.state
        if not may_leave_first(state.value):
            screen.refuse("This is no attention of words to words: the colours leave no token out.")
            return
        state.leaves_first = not state.leaves_first
        screen.show()
        screen.say("Colours without the first token" if state.leaves_first else "Colours with the first token")

    def focus(self, name: str) -> None:
        """Put the keyboard into the grid or the tree."""
        panel = self.screen.numbers if name == "grid" else self.screen.query_one(f"#{name}")
        if not panel.display:
            self.toggle(name)
        self.screen.set_focus(panel)
