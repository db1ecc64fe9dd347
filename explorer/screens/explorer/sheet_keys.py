"""The sheet of the head that is looked at: under the arithmetic where many lines are free, and on a screen of its own.

Nothing of it is imported before there is room for it, or it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size

from attn_explore.explorer.drawing.anchored import roomy
from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.telling.pictures import Side
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attn_explore.explorer.drawing.plots.sheet import Sheet
    from attn_explore.explorer.drawing.sheet_lines import Cell, Lit
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.screens.sheet_screen import HeadSheet
    from attn_explore.explorer.widgets.sheet_panel import SheetPanel
    from attn_explore.model.trace import Trace


class SheetKeys:
    """Shows the sheet of a head."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._panel: SheetPanel | None = None
        self._shown: HeadSheet | None = None
        self._known: tuple[Trace, str, int, Mapping[Cell, frozenset[Cell]]] | None = None
        self._waits = False

    @property
    def can_open(self) -> bool:
        """Whether what is looked at is of a head whose sheet has room on the screen."""
        from attn_explore.explorer.screens.sheet_screen import MARGIN

        try:
            return self._in_room(self.screen.size - MARGIN) is not None
        except Problem:
            return False

    def open(self) -> None:
        """All tensors of the head that is looked at, on one sheet, from the cell under the cursor."""
        from attn_explore.explorer.screens.sheet_screen import MARGIN, NO_ROOM, SheetScreen
        from attn_explore.explorer.telling.sheet_links import cell_of, heads_of

        screen, state = self.screen, self.screen.state
        if screen.hides_numbers():
            return
        try:
            shown = self._in_room(screen.size - MARGIN)
        except Problem as problem:
            screen.refuse(visible(f"{problem.what}."))
            return
        if shown is None:
            screen.refuse(NO_ROOM)
            return
        value, paths = state.value, [block.part.path for block in shown.blocks]
        is_on_it, heads = value.path in paths, heads_of(shown.trace, shown.sheet)
        cell = cell_of(value, state.index, shown.head, heads) if is_on_it else (paths[0], 0, 0)
        screen.app.push_screen(SheetScreen(shown, cell, partial(screen.groups.copying.reopening, "sheet")), self._leave)

    def _in_room(self, room: Size) -> HeadSheet | None:
        """The sheet of the head that is looked at; None where it does not fit. Raises Problem where there is none."""
        from attn_explore.explorer.screens.sheet_screen import HeadSheet
        from attn_explore.explorer.telling.head_sheet import head_at, sheet_of

        state = self.screen.state
        trace, value = state.session.run.trace, state.value
        head = head_at(trace, value, state.index)
        return HeadSheet.of(trace, sheet_of(trace, value, head), head, room)

    def _leave(self, link: Link | None) -> None:
        if link is not None:
            self.screen.groups.cells.follow_link(link)

    # --- under the arithmetic

    def show(self) -> None:
        """Show it when what is looked at stands; where there is no room for it, it goes at once."""
        if not self._may_stand:
            self._hide()
        elif not self._waits:
            self._waits = self.screen.call_after_refresh(self._show)  # the step does not wait for it

    @property
    def _may_stand(self) -> bool:
        """Whether one run's numbers are shown, with free lines, and no question waits that the sheet may answer."""
        screen, state = self.screen, self.screen.state
        is_alone = state.side is Side.one and screen.grid.display and not screen.grid.zoomed_out
        is_free = screen.centre.lines_left > 0 and state.session.question is None
        return is_alone and is_free and not state.value.is_leaf

    def _hide(self) -> None:
        self._shown = None
        if self._panel is not None:
            self._panel.display = False

    def _show(self) -> None:
        self._waits = False
        self._shown = self._fitting() if self.screen.centre.is_attached and self._may_stand else None
        if self._shown is None:
            self._hide()
            return
        lit, blocks = self._lit(self._shown), self._shown.blocks
        if self._panel is None:
            from attn_explore.explorer.widgets.sheet_panel import SheetPanel

            self._panel = SheetPanel(blocks, lit, id="sheet-below")
            self.screen.centre.mount(self._panel)
        self._panel.display = True
        self._panel.styles.height = max(block.y + block.height for block in blocks) + 1
        self._panel.put_title(_title(self._shown.sheet))
        self._panel.show(blocks, lit)

    def _fitting(self) -> HeadSheet | None:
        """The sheet in the lines that are free, if what is looked at is on it, and nothing that a lesson asks for."""
        from attn_explore.explorer.screens.sheet_screen import HeadSheet
        from attn_explore.explorer.telling.head_sheet import head_at, sheet_of

        centre, state = self.screen.centre, self.screen.state
        trace, lesson = state.session.run.trace, state.session.lesson
        try:
            head = head_at(trace, state.value, state.index)
            sheet = sheet_of(trace, state.value, head)
        except Problem:
            return None
        paths = [part.path for part in sheet.parts]
        if state.value.path not in paths or any(map(lesson.is_asked, paths)):
            return None
        return HeadSheet.of(trace, sheet, head, Size(centre.size.width - 2, centre.lines_left - 1))

    def _lit(self, shown: HeadSheet) -> Lit:
        """The cell that is looked at, what makes it, and what it makes; what makes what is found once for a head."""
        from attn_explore.explorer.drawing.sheet_lines import links
        from attn_explore.explorer.telling.sheet_links import cell_of, heads_of, made_of

        state, trace, sheet, head = self.screen.state, shown.trace, shown.sheet, shown.head
        if self._known is None or self._known[0] is not trace or self._known[1:3] != (sheet.path, head):
            self._known = trace, sheet.path, head, made_of(trace, sheet, head)
        cursor = cell_of(state.value, state.index, head, heads_of(trace, sheet))
        return links(self._known[3], cursor)

    def go_to(self, cell: Cell) -> None:
        """Go to a cell of it, unless an edit is being typed."""
        if self._shown is not None and self.screen.state.edit is None:
            self.screen.groups.cells.follow_link(self._shown.link(cell))


def _title(sheet: Sheet) -> Content:
    said = f"{sheet.title}: A · underlined: what makes the cell · italic: what it makes"
    return Content(roomy(visible(said)))
