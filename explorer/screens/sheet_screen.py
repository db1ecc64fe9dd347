"""One head of attention on one sheet: all its tensors, one cursor through them, what a cell makes and is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widgets import Static

from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.drawing.grid_layout import LABEL
from attn_explore.explorer.drawing.numbers import most_cells, short_number, shortened
from attn_explore.explorer.drawing.plots.sheet import Sheet
from attn_explore.explorer.drawing.sheet_lines import Block, Cell, arranged, links, moved
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.session import place
from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.sheet_links import heads_of, index_of, made_of
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.sheet_panel import SheetPanel
from attn_explore.model.dataclass import dataclass
from attn_explore.model.trace import Trace

_KEYS = (
    Key("← → ↑ ↓", "cell", "move(0,1)"),
    Key("⇥", "tensor", "tensor(1)"),
    Key("⏎", "go there", "enter"),
    Key("Esc", "back", "dismiss(None)"),
    Key("?", "keys", "help", is_kept=True),
)

MARGIN = Size(4, 4)
"""Cells and lines of the screen that the sheet has not."""

NO_ROOM = "The sheet of this head needs more room than there is: X writes it as a figure."


@dataclass(frozen=True, eq=False)
class HeadSheet:
    """A head of an attention, the tensors that were computed for it, and where they stand."""

    trace: Trace
    head: int
    sheet: Sheet
    blocks: list[Block]

    @classmethod
    def of(cls, trace: Trace, sheet: Sheet, head: int, room: Size) -> HeadSheet | None:
        """The sheet in so many cells and lines; None where it does not fit."""
        bands = (tuple(part for part in band if part.is_made) for band in sheet.bands)
        shown = replace(sheet, bands=tuple(band for band in bands if band))
        blocks = arranged(shown.bands, room.width, room.height)
        return None if blocks is None else cls(trace, head, shown, blocks)

    def link(self, cell: Cell) -> Link:
        """A cell of it in the run."""
        path, row, column = cell
        value, heads = self.trace[path], heads_of(self.trace, self.sheet)
        return Link(value, index_of(value, (row, column), self.head, heads))


class SheetScreen(Dialog[Link | None]):
    """Dismissed with the cell to go to, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.SHEET_BINDINGS

    def __init__(self, shown: HeadSheet, cursor: Cell, reopening: Callable[[place.Cell], None]) -> None:
        super().__init__()
        self._shown, self._reopening = shown, reopening
        self._made_of = made_of(shown.trace, shown.sheet, shown.head)
        self._lit = links(self._made_of, cursor)

    def compose(self) -> ComposeResult:
        """What the sheet is of, the sheet, and the cell under the cursor."""
        yield Static(f"{self._shown.sheet.title} · {self._shown.sheet.path}", id="sheet-title", markup=False)
        yield SheetPanel(self._shown.blocks, self._lit, id="sheet-panel")
        yield Static(self._said, id="sheet-cell", markup=False)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one(KeyBar).show(_KEYS)

    @property
    def _link(self) -> Link:
        return self._shown.link(self._lit.cursor)

    @property
    def _said(self) -> str:
        link, lit, width = self._link, self._lit, self.app.size.width - MARGIN.width
        number = f" = {short_number(float(link.value[link.index]))}"
        made, makes = f"made of {len(lit.made_of)}", f"goes into {len(lit.makes)}"
        name = shortened(name_at(link.value, link.index), max(LABEL, width // 2))
        ways = (f" · {made} cells here (underlined) · {makes} (italic)", f" · {made} (underlined) · {makes} (italic)")
        told = f"{name}{number}"
        return told + next((way for way in ways if most_cells(told) + most_cells(way) <= width), "")

    def _go_to(self, cell: Cell) -> None:
        self._lit = links(self._made_of, cell)
        self._show()

    def _show(self) -> None:
        self.query_one(SheetPanel).show(self._shown.blocks, self._lit)
        self.query_one("#sheet-cell", Static).update(self._said)

    def on_resize(self) -> None:
        """Arrange the tensors anew; go back where there is no room for them any more."""
        found = HeadSheet.of(self._shown.trace, self._shown.sheet, self._shown.head, self.app.size - MARGIN)
        if found is None:
            self.dismiss(None)
            self.notify(NO_ROOM, markup=False)
        else:
            self._shown = found
            self._show()

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor, across the edge of a tensor into the next one."""
        self._go_to(moved(self._shown.blocks, self._lit.cursor, down, right))

    def action_tensor(self, count: int) -> None:
        """Go to the next tensor, after the last one to the first."""
        paths = [block.part.path for block in self._shown.blocks]
        self._go_to((paths[(paths.index(self._lit.cursor[0]) + count) % len(paths)], 0, 0))

    def action_enter(self) -> None:
        """Go to the cell in the explorer."""
        self.dismiss(self._link)

    async def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        """A key of the bar was clicked."""
        event.stop()
        await self.run_action(event.action)

    def action_reopening(self) -> None:
        """Copy the command that opens the sheet again at this cell."""
        self._reopening(place.Cell(self._link.value.path, self._link.index))

    def action_help(self) -> None:
        """List the keys."""
        from attn_explore.explorer.screens.help import open_help

        open_help(self, keys.SHEET_BINDINGS)

    def on_sheet_panel_cell_clicked(self, event: SheetPanel.CellClicked) -> None:
        """A click puts the cursor there, a second one goes there."""
        if event.cell == self._lit.cursor:
            self.action_enter()
        else:
            self._go_to(event.cell)
