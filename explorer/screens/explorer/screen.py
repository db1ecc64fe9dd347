"""The explorer: the model's steps as a tree, one tensor as a grid, the arithmetic of one cell, and the words."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import BindingType

from attn_explore.explorer.library import bookmarks
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.explorer.clipboard import Copying
from attn_explore.explorer.screens.explorer.comparing import Comparing
from attn_explore.explorer.screens.explorer.edit_keys import Edits
from attn_explore.explorer.screens.explorer.file_keys import Files
from attn_explore.explorer.screens.explorer.finding import Finding
from attn_explore.explorer.screens.explorer.gradient_keys import Gradients
from attn_explore.explorer.screens.explorer.lessons import Lessons
from attn_explore.explorer.screens.explorer.moment_keys import Training
from attn_explore.explorer.screens.explorer.panels import Panels
from attn_explore.explorer.screens.explorer.watching import Reload, Watching
from attn_explore.explorer.screens.styles import STYLES
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline


class ExplorerScreen(Training, Edits, Lessons, Comparing, Finding, Panels, Copying, Files, Gradients, Watching):
    """Steps through a session. Its parts are what the groups of keys do; here is what the panels say happened."""

    CSS = STYLES
    SCOPED_CSS = False  # the dialogs over it are in the sheet too
    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS

    def __init__(self, session: Session, has_library: bool = False, reload: Reload | None = None) -> None:
        super().__init__(session)
        self._has_library = has_library
        self.reload = reload

    def on_mount(self) -> None:
        """Who has never followed a lesson is told of the tour."""
        if bookmarks.is_first_start():
            self.notify("T shows what there is, in two minutes.", title="First time here?", markup=False)

    def action_quit(self) -> None:
        """Go back to the library, where the person came from there, or end."""
        if self._has_library:
            self._keep_now()  # before the library looks
            self.dismiss()
        else:
            self.app.exit()

    def action_tour(self) -> None:
        """Show what there is, in two minutes."""
        from attn_explore.explorer.screens.tour import TourScreen

        self.app.push_screen(TourScreen(self))

    def action_help(self) -> None:
        """List the keys."""
        from attn_explore.explorer.screens.help import HelpScreen, grouped

        self.app.push_screen(HelpScreen(grouped(keys.all_bindings(), getattr(self.app, "keys", {}))))

    @on(TensorGrid.CellChosen)
    def cell_chosen(self, event: TensorGrid.CellChosen) -> None:
        """Another cell: the grid and the arithmetic change in one frame."""
        if self._overview is not None and event.value is self._overview.value:
            self.session.place.put_cursor(event.value, event.index)
            self._numbers.show_cell(event.index)
            return
        if event.value is not self.session.place.value or self._editing is not None:
            return  # a step came in between, or an edit of the cell is being typed
        self.session.place.move_to(event.index)
        self._chose_cell = True
        self._numbers.show_cell(event.index)
        if (other := self.query_one("#other", TensorGrid)).display:
            other.show_cell(self._index_beside(event.index))
        self.refresh_cell()

    @on(ArithmeticPanel.Follow)
    def number_clicked(self, event: ArithmeticPanel.Follow) -> None:
        """A number of the arithmetic was clicked."""
        self._follow(event.link)

    @on(StepTree.Chosen)
    def step_chosen(self, event: StepTree.Chosen) -> None:
        """A step of the tree was chosen."""
        self._go_to(event.path)

    @on(Timeline.Chosen)
    def place_chosen(self, event: Timeline.Chosen) -> None:
        """A place of the timeline was clicked."""
        here = self.query_one(Timeline).position
        self._show_after(stepping.step_by(self.session, event.position - here))

    @on(KeyBar.Pressed)
    async def key_pressed(self, event: KeyBar.Pressed) -> None:
        """A key of the bar was clicked."""
        await self.run_action(event.action)
