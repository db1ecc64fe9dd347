"""The explorer: the model's steps as a tree, one tensor as a grid, the arithmetic of one cell, and the words.

The screen joins what is looked at (`state.py`), the panels that show it (`panels.py`), what keys do (`actions.py`, and
a short file for each group of them) and the one worker. Here is how it begins and ends, what is typed, and what the
panels say happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.widgets import Input

from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.at_home import home_of
from attn_explore.explorer.screens.explorer.actions import Groups
from attn_explore.explorer.screens.explorer.filling import Filling
from attn_explore.explorer.screens.explorer.in_centre import InCentre
from attn_explore.explorer.screens.explorer.panels import SIDES, Panels
from attn_explore.explorer.screens.explorer.state import Origin, State, View
from attn_explore.explorer.screens.frames import Frames
from attn_explore.explorer.screens.working import Working
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import operands, sections
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.centre import Centre
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.operands_panel import OperandsPanel
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline, TrainingLine
from attn_explore.explorer.widgets.unscrolled import Column
from attn_explore.model.explain import Index
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.watching import Reload, Watching
    from attn_explore.explorer.session.asked import FirstLook
    from attn_explore.explorer.widgets.among_panel import AmongPanel
    from attn_explore.explorer.widgets.found_list import FoundList
    from attn_explore.explorer.widgets.map_lines import MapLines
    from attn_explore.explorer.widgets.sheet_panel import SheetPanel


class ExplorerScreen(Panels):
    """Shows a session. `state` is what is looked at, and `work` what is being made."""

    BINDINGS: ClassVar[list[BindingType]] = keys.BINDINGS

    def __init__(
        self,
        session: Session,
        came_from: Origin = Origin.shell,
        reload: Reload | None = None,
        side: Side = Side.one,
        look: FirstLook | None = None,
    ) -> None:
        super().__init__(classes="-guided" if session.lesson.is_guided else None)  # later, all is styled once more
        self._compositor = Frames()
        self.state = State(session, came_from, side=side)
        self.work = Working(self, self._show_progress)
        self.filling = Filling(self)
        self.in_centre = InCentre(self)
        self.groups = Groups(self)
        self._first_look = look
        self.watching: Watching | None = None
        if reload is not None:
            from attn_explore.explorer.screens.explorer.watching import Watching

            self.watching = Watching(self, reload)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Come up. The first time all panels have just been styled: that need not be done once more."""
        event.refresh_styles = self.stack_updates > 0

    def on_mount(self) -> None:
        """Show the first value, and say what has to be said at the beginning."""
        home = home_of(self)
        self.state.onward = home.offer
        self.look_as_told()
        if self._first_look is not None:
            self._look_as_asked(self._first_look)
        self.show_tree()
        if home.arrangements.is_kept():
            self.groups.arranging.apply()
        self.show()
        if self.watching is not None:
            self.watching.start()
        self._greet()

    def _look_as_asked(self, look: FirstLook) -> None:
        """Show what is looked at as a command line says: in a view, beside the other run, on a sheet, on the map."""
        view = look.view
        if view in list(View):
            self.state.look(View(view), self.state.side)
        elif view in SIDES and self.state.session.other is not None:
            self.state.look(View.numbers, SIDES[view])
        elif view in ("sheet", "map"):
            self.call_after_refresh(self.run_action, view)
        if look.sorted_by:
            self.groups.panels.sort_as_asked(look.sorted_by)

    def _greet(self) -> None:
        session = self.state.session
        if alarm := sections.alarm(session):
            self.notify(f"Not every number is finite: {alarm}", severity="warning", timeout=15, markup=False)
        lesson = session.lesson
        if lesson.is_guided and lesson.place:
            said = f"The lesson goes on at stop {lesson.place + 1} of {len(lesson.stops)}; Home goes to the first one."
            self.notify(said, markup=False)
        is_told = lesson.is_guided and session.run.scenario.checkpoint is not None  # by the lesson, of its own text
        for note in () if is_told else session.notes:
            self.notify(visible(note), timeout=8, markup=False)
        if home_of(self).bookmarks.is_first_start():
            self.notify("First time here? T shows what there is, in two minutes.", markup=False)

    def on_unmount(self) -> None:
        """Write down how far the lesson was followed."""
        self.groups.lessons.keep_now()
        if self.groups.has("arranging"):
            self.groups.arranging.keep()

    # --- keys that only the screen itself can do

    def action_leave(self) -> None:
        """Stop what is being made; or take the keyboard out of whatever has it."""
        self.groups.uses.stop()
        if self.work.stop() or self.filling.stop():
            self.note("stopped")
            self.show_cell()
        elif self.state.came_from is Origin.gallery and self.focused is None and self.state.edit is None:
            self.action_quit()
        else:
            self.leave()

    def leave(self) -> None:
        """Take the keyboard out of whatever has it."""
        if self.state.edit is not None:
            self.state.edit = None
            self.show_cell()
        was_typing = self.is_typing and self.groups.finding.close()
        self.set_focus(None)
        if was_typing:
            self.show_keys()

    async def action_submit(self) -> None:
        """Take what was typed: a click on the key that does it."""
        if isinstance(self.focused, Input):
            await self.focused.action_submit()

    # --- what the panels say happened

    def take_key(self, event: events.Key) -> bool:
        """While an edit is typed, what is printable goes into it: whether a key did."""
        if not self.groups.edits.takes(event):
            return False
        self.groups.edits.type_key(event)
        return True

    def on_resize(self) -> None:
        """In a terminal of another size, the panels are arranged as they were in that."""
        super().on_resize()
        if self.groups.has("arranging"):
            self.groups.arranging.apply()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the border between two panels."""
        if self.groups.arranging.take(event.screen_offset):
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Move it."""
        if self.app.mouse_captured is self:
            self.groups.arranging.drag(event.screen_offset)

    def on_mouse_up(self) -> None:
        """Let it go."""
        if self.app.mouse_captured is self:
            self.release_mouse()
            self.groups.arranging.let_go()

    def _on_paste(self, event: events.Paste) -> None:
        """While an edit is typed, so does what is pasted."""
        if self.state.edit is not None:
            event.stop()
            self.groups.edits.paste(event.text)

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While an edit is typed, printable keys are no commands."""
        return self.state.edit is not None and character is not None and character.isprintable()

    @on(TensorGrid.CellChosen)
    def cell_chosen(self, event: TensorGrid.CellChosen) -> None:
        """Another cell: the grid and the arithmetic change in one frame."""
        event.stop()
        state, overview = self.state, self.state.overview
        if overview is not None and event.value is overview.value:
            state.session.place.put_cursor(event.value, event.index)
            self.numbers.show_cell(event.index)
            return
        if event.value is not state.value or state.edit is not None:
            return  # a step came in between, or an edit of the cell is being typed
        self.choose_cell(event.index)

    def choose_cell(self, index: Index) -> None:
        """Put the cursor on another cell of the value that is looked at."""
        state = self.state
        state.session.place.move_to(index)
        state.has_chosen = True
        self.numbers.show_cell(index)
        if (other := self.centre.other).display:
            other.show_cell(self.in_centre.index_beside(index))
        self.show_cell()

    @on(ArithmeticPanel.Follow)
    def number_clicked(self, event: ArithmeticPanel.Follow) -> None:
        """A number of the arithmetic was clicked."""
        if self.state.session.question is not None:
            self.groups.lessons.answer(event.link.index)
        else:
            self.groups.cells.follow_link(event.link)

    def on_among_panel_word_clicked(self, event: AmongPanel.WordClicked) -> None:
        """A word of the text was clicked."""
        self.groups.cells.ask(event.place)

    @on(OperandsPanel.CellClicked)
    def operand_clicked(self, event: OperandsPanel.CellClicked) -> None:
        """A cell of what stands around the grid was clicked; not while an edit is being typed."""
        around = {each.number: each for each in operands.beside(self.state.value, self.state.index)}
        if (found := around.get(event.operand)) is not None and self.state.edit is None:
            self.groups.cells.follow_link(Link(found.view.value, found.cell_at(event.row, event.column)))

    @on(StepTree.Chosen)
    def step_chosen(self, event: StepTree.Chosen) -> None:
        """A step of the tree was chosen."""
        self.go_to(event.path)

    @on(Column.Resized)
    def side_resized(self) -> None:
        """There is more room under the tree, or less."""
        self.groups.map.show()

    @on(Centre.Resized)
    def centre_resized(self) -> None:
        """There is more room for the arithmetic, over it and under it, or less."""
        self.in_centre.show_among()
        self.show_title()
        self.show_keys()
        self.show_sheet()

    def on_sheet_panel_cell_clicked(self, event: SheetPanel.CellClicked) -> None:
        """A cell of the sheet was clicked. This is found by its name, so that nothing of it is imported for it."""
        self.groups.sheet.go_to(event.cell)

    def on_sheet_panel_title_clicked(self, event: SheetPanel.TitleClicked) -> None:
        """The title of a tensor of the sheet was clicked."""
        self.groups.sheet.go_to_step(event.path)

    def on_map_lines_chosen(self, event: MapLines.Chosen) -> None:
        """A box of the map was clicked. This is found by its name, so that nothing of the map is imported for it."""
        self.go_to(event.path)

    @on(Timeline.Chosen)
    def place_chosen(self, event: Timeline.Chosen) -> None:
        """A place of the timeline was clicked."""
        self.groups.steps.step(event.position - self.timeline.position)

    @on(TrainingLine.Chosen)
    def moment_chosen(self, event: TrainingLine.Chosen) -> None:
        """A moment was clicked."""
        self.groups.moments.go_to(event.position)

    @on(KeyBar.Pressed)
    async def key_pressed(self, event: KeyBar.Pressed) -> None:
        """A key of the bar was clicked."""
        await self.run_action(event.action)

    @on(Input.Changed, "FindLine")
    def name_typed(self, event: Input.Changed) -> None:
        """The list follows what is typed."""
        event.stop()
        if event.input.display:
            self.groups.finding.type()

    @on(Input.Submitted, "FindLine")
    def name_entered(self, event: Input.Submitted) -> None:
        """What to find, or where to go, was typed."""
        event.stop()
        self.groups.finding.enter()

    def on_found_list_chosen(self, event: FoundList.Chosen) -> None:
        """A line of what was found was clicked. This is found by its name, so that nothing is imported for it."""
        self.groups.finding.enter(event.place)

    @on(Input.Submitted, "#given")
    def number_given(self, event: Input.Submitted) -> None:
        """A number was typed as an answer."""
        event.stop()
        self.groups.lessons.answer_typed(event.value)
