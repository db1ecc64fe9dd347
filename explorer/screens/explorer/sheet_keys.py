"""The sheet of the block that is looked at: under the arithmetic where lines are free, and on a screen of its own.

Nothing of it is imported before there is room for it, or it is asked for.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from textual.content import Content

from attn_explore.explorer.drawing.anchored import roomy
from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.drawing.numbers import most_cells
from attn_explore.explorer.telling.pictures import Side
from attn_explore.model.cells import places_hidden
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.drawing.sheet_lines import Block, Cell
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.telling.sheet_windows import Arrangement
    from attn_explore.explorer.widgets.sheet_panel import SheetPanel
    from attn_explore.model.trace import Trace

RULE = 1
"""Lines over the sheet."""

SIDES_OF_TITLE = 4
"""Cells of the rule that stand before and after a title."""


class SheetKeys:
    """Shows the sheet of a block."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._panel: SheetPanel | None = None
        self._shown: Arrangement | None = None
        self._known: tuple[Trace, tuple[object, ...], Arrangement] | None = None
        self._waits = False

    @property
    def can_open(self) -> bool:
        """Whether what is looked at is of a block whose sheet has room on the screen."""
        from attn_explore.explorer.screens.sheet_screen import room_of

        state, found = self.screen.state, self._arrangement()
        return found is not None and found.blocks(state.value, state.index, *room_of(self.screen.size)) is not None

    def open(self) -> None:
        """All tensors of the block that is looked at, on one sheet, from the cell under the cursor."""
        from attn_explore.explorer.screens.sheet_screen import NO_ROOM, SheetScreen, room_of

        screen, state = self.screen, self.screen.state
        if screen.hides_numbers():
            return
        found = self._arrangement()
        if found is None:
            screen.refuse("A sheet is of the steps of a block, and this is none.")
        elif found.blocks(state.value, state.index, *room_of(screen.size)) is None:
            screen.refuse(NO_ROOM)
        else:
            reopening = partial(screen.groups.copying.reopening, "sheet")
            screen.app.push_screen(SheetScreen(found, Link(state.value, state.index), reopening), self._leave)

    def _leave(self, link: Link | None) -> None:
        if link is not None:
            self.screen.groups.cells.follow_link(link)

    def _arrangement(self) -> Arrangement | None:
        """The sheet of what is looked at, without what a lesson is yet to ask for; made once for a block."""
        from attn_explore.explorer.telling.block_sheet import fair_outline, still_asked
        from attn_explore.explorer.telling.blocks_around import BlocksAround
        from attn_explore.explorer.telling.planes import HEAD
        from attn_explore.explorer.telling.sheet_windows import Arrangement

        session = self.screen.state.session
        if (outline := fair_outline(session)) is None:
            return None
        asked = still_asked(session)
        planes = tuple((plane.path, str(plane.where)) for plane in outline.planes.values())
        key = (*planes, asked, session.question is None)
        if self._known is None or self._known[0] is not session.run.trace or self._known[1] != key:
            head = dict(zip(session.place.value.names, session.place.index, strict=True)).get(HEAD, 0)
            around = BlocksAround(outline, head, asked) if session.question is None else None
            self._known = session.run.trace, key, Arrangement(outline, around)
        return self._known[2]

    # --- under the arithmetic

    def show(self) -> None:
        """Show it when what is looked at stands; where there is no room for it, it goes at once."""
        if not self._may_stand:
            self._hide()
        elif not self._waits:
            self._waits = self.screen.call_after_refresh(self._show)  # the step does not wait for it

    @property
    def _may_stand(self) -> bool:
        """Whether one run's numbers are shown, with free lines under them."""
        screen, state = self.screen, self.screen.state
        is_alone = state.side is Side.one and not screen.grid.zoomed_out and not state.is_plotted
        return is_alone and screen.centre.lines_left > RULE and not state.value.is_leaf

    def _hide(self) -> None:
        self._shown = None
        if self._panel is not None:
            self._panel.display = False

    def _show(self) -> None:
        self._waits = False
        centre, state = self.screen.centre, self.screen.state
        self._shown = self._arrangement() if centre.is_attached and self._may_stand else None
        blocks = self._blocks(self._shown) if self._shown is not None else None
        if self._shown is None or blocks is None:
            self._hide()
            return
        from attn_explore.explorer.widgets.sheet_panel import SheetPanel

        lit = self._shown.lit(state.value, state.index)
        if self._panel is None:
            self._panel = centre.under = SheetPanel(blocks, lit, id="sheet-below")
            centre.mount(self._panel)
            centre.share()
        self._panel.display = True
        self._panel.put_title(_title(self._shown.title, centre.size.width - SIDES_OF_TITLE))
        self._panel.show(blocks, lit)

    def _blocks(self, found: Arrangement) -> list[Block] | None:
        """Where the tensors stand in the lines that are free; None where that of the step itself does not fit."""
        from attn_explore.explorer.drawing.sheet_lines import MORE, height_of

        centre, state = self.screen.centre, self.screen.state
        height, question = centre.lines_left - RULE, state.session.question
        hidden = question.hides(state.value) if question is not None else None
        veiled = None if hidden is None else np.asarray(places_hidden(state.value.shape, hidden)[()])
        blocks = found.blocks(state.value, state.index, centre.size.width - 2, height, veiled)
        own = next((block for block in blocks or () if block.part.path == state.value.path), None)
        return blocks if own is not None and own.height + MORE * (height_of(blocks or []) > height) <= height else None

    def go_to(self, cell: Cell) -> None:
        """Go to a cell of it, unless an edit is being typed."""
        if self._shown is not None and self.screen.state.edit is None:
            self.screen.groups.cells.follow_link(self._shown.link(cell))

    def go_to_step(self, path: str) -> None:
        """Go to a step of it, unless an edit is being typed."""
        if self.screen.state.edit is None:
            self.screen.go_to(path)


def _title(of: str, width: int) -> Content:
    """What the sheet is of, what is lit in it, and which key opens it: said to be a key, as A is a symbol, too."""
    of = roomy(visible(f"Sheet: {of}"))
    lit = " · underlined: what makes the cell · italic: what it makes"
    ways = (f"{of}{lit} · the key A opens it", f"{of}{lit}", f"{of} · the key A opens it")
    return Content(next((way for way in ways if most_cells(way) <= width), of))
