"""A block on one sheet: all its tensors, one cursor through them, what a cell makes and is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widgets import Static

from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.drawing.grid_layout import LABEL
from attn_explore.explorer.drawing.numbers import most_cells, short_number, shortened
from attn_explore.explorer.drawing.sheet_lines import Block, Cell, Lit, count_marked, moved
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.session import place
from attn_explore.explorer.telling.cell_text import name_at
from attn_explore.explorer.telling.sheet_windows import Arrangement
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.sheet_panel import SheetPanel

_KEYS = (
    Key("← → ↑ ↓", "cell", "move(0,1)"),
    Key("⇥", "tensor", "tensor(1)"),
    Key("⏎", "go there", "enter"),
    Key("Esc", "back", "dismiss(None)"),
    Key("?", "keys", "help", is_kept=True),
)

MARGIN = Size(4, 4)
"""Cells and lines of the screen that the sheet has not."""

NO_ROOM = "The sheet needs more room than there is: X writes that of a head as a figure."


def room_of(size: Size) -> tuple[int, int]:
    """Cells and lines that the sheet has on a screen."""
    return size.width - MARGIN.width, size.height - MARGIN.height


class SheetScreen(Dialog[Link | None]):
    """Dismissed with the cell to go to, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.SHEET_BINDINGS

    def __init__(self, shown: Arrangement, link: Link, reopening: Callable[[place.Cell], None]) -> None:
        super().__init__()
        self._shown, self._link, self._reopening = shown, link, reopening
        self._blocks: list[Block] = []
        self._lit: Lit = shown.lit(link.value, link.index)

    def compose(self) -> ComposeResult:
        """What the sheet is of, the sheet, and the cell under the cursor."""
        self._blocks = self._arranged() or []
        self._lit = self._shown.lit(self._link.value, self._link.index)
        yield Static(self._named, id="sheet-title", markup=False)
        yield SheetPanel(self._blocks, self._lit, id="sheet-panel")
        yield Static(self._said, id="sheet-cell", markup=False)
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one(KeyBar).show(_KEYS)

    @property
    def _named(self) -> str:
        first = self._shown.whole  # of which the first block has its heading here
        return first.title if first.path in ("", first.title) else f"{first.title} · {first.path}"

    def _arranged(self) -> list[Block] | None:
        return self._shown.blocks(self._link.value, self._link.index, *room_of(self.app.size))

    @property
    def _said(self) -> str:
        link, lit, width = self._link, self._lit, self.app.size.width - MARGIN.width
        number = f" = {short_number(float(link.value[link.index]))}"
        made, makes = (count_marked(marks, self._blocks) for marks in (lit.made_of, lit.makes))
        name = shortened(name_at(link.value, link.index), max(LABEL, width // 2))
        ways = (
            f" · made of {made} cells here (underlined) · goes into {makes} (italic)",
            f" · made of {made} (underlined) · goes into {makes} (italic)",
        )
        told = f"{name}{number}"
        return told + next((way for way in ways if most_cells(told) + most_cells(way) <= width), "")

    def _go_to(self, cell: Cell) -> None:
        self._link = self._shown.link(cell)
        self._lit = self._shown.lit(self._link.value, self._link.index)
        self._show()

    def _show(self) -> None:
        """Show the cursor, and the part of a large tensor in which it is."""
        self._blocks = self._arranged() or self._blocks
        self.query_one(SheetPanel).show(self._blocks, self._lit)
        self.query_one("#sheet-title", Static).update(self._named)
        self.query_one("#sheet-cell", Static).update(self._said)

    def on_resize(self) -> None:
        """Arrange the tensors anew; go back where there is no room for them any more."""
        if self._arranged() is None:
            self.dismiss(None)
            self.notify(NO_ROOM, markup=False)
        else:
            self._show()

    def action_move(self, down: int, right: int) -> None:
        """Move the cursor, across the edge of a tensor into the next one."""
        self._go_to(moved(self._blocks, self._lit.cursor, down, right))

    def action_tensor(self, count: int) -> None:
        """Go to the next tensor, after the last one to the first."""
        paths = [block.part.path for block in self._blocks if block.shown.is_there]
        self._go_to((paths[(paths.index(self._lit.cursor[0]) + count) % len(paths)], 0, 0))

    def action_enter(self) -> None:
        """Go to the cell in the explorer."""
        self.dismiss(self._link)

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

    def on_sheet_panel_title_clicked(self, event: SheetPanel.TitleClicked) -> None:
        """A click on a title goes to that step."""
        self.dismiss(self._shown.link((event.path, 0, 0)))
