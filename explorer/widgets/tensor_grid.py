"""A tensor as a grid of numbers, drawn by the line: only what is in sight is computed, and labels stay in sight."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from explorer import grid
from explorer.colours import Ground
from explorer.grid import Index, Layout, Picture, Window
from explorer.widgets.drawn import Drawn
from model.values import Value

_GROUP = Binding.Group("In the grid")

_MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}


class TensorGrid(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a value with the cursor on one cell. `all_planes`: every head side by side where they fit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move('left')", "Move left", id="grid.left", group=_GROUP),
        Binding("right", "move('right')", "Move right", id="grid.right", group=_GROUP),
        Binding("up", "move('up')", "Move up", id="grid.up", group=_GROUP),
        Binding("down", "move('down')", "Move down", id="grid.down", group=_GROUP),
        Binding("g", "edge(0)", "To the top", id="grid.top", group=_GROUP),
        Binding("G", "edge(-1)", "To the bottom", id="grid.bottom", group=_GROUP),
    ]

    all_planes = reactive(True)
    zoomed_out = reactive(False)

    class CellChosen(Message):
        """Another cell of `value` was chosen; the cursor goes there when `show_cell` says so."""

        def __init__(self, value: Value, index: Index) -> None:
            super().__init__()
            self.value = value
            self.index = index

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._value: Value | None = None
        self._picture: Picture | None = None
        self._plan: Layout | None = None
        self._cursor: Index = ()
        self._kept_ground: Ground | None = None

    @property
    def cursor(self) -> Index:
        """The index of the cell under the cursor."""
        return self._cursor

    def show(self, value: Value, index: Index, mask: Value | None) -> None:
        """Show `value` with the cursor at `index`; `mask` (query, key) is −∞ where its cells are masked."""
        self._value, self._picture = value, picture_of(value, mask)
        self._cursor = index
        self._lay_out()

    def show_cell(self, index: Index) -> None:
        """Put the cursor on another cell of the same value."""
        self._cursor = index
        if self._plan is not None and index[:-2] not in self._plan.planes:
            self._lay_out()
        self._bring_into_view()
        self.refresh()

    def move(self, direction: str) -> None:
        """Move the cursor by one cell; at the edge of a plane, into the plane beside it where that is drawn."""
        if self._picture is None:
            return
        down, right = _MOVES[direction]
        rows, columns = self._picture.rows.size, self._picture.columns.size
        row = max(0, min(rows - 1, self._row + down))
        column = self._cursor[-1] + right
        lead = self._cursor[:-2]
        if not 0 <= column < columns and self._plan and len(self._plan.planes) > 1:
            beside = self._plan.planes.index(lead) + right
            if 0 <= beside < len(self._plan.planes):
                lead, column = self._plan.planes[beside], column % columns
        self._choose(lead, row, max(0, min(columns - 1, column)))

    def action_move(self, direction: str) -> None:
        """The arrows, while the grid has the focus."""
        self.move(direction)

    def action_edge(self, row: int) -> None:
        """Go to the first row, or to the last."""
        if self._picture is not None:
            self._choose(self._cursor[:-2], row % self._picture.rows.size, self._cursor[-1])

    def render_line(self, y: int) -> Strip:
        """The title, the columns' labels, the rows in sight, and the legend on the last line."""
        return self.line(self._segments(y, self._plan) if self._plan is not None else [])

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the cell under the mouse."""
        plan = self._plan
        found = plan and plan.column_at(event.x, self._window.first_column)
        row = event.y - grid.HEADER + self.scroll_offset.y
        if plan and found and event.y >= grid.HEADER and row < plan.drawn[0]:
            plane, column = found
            self._choose(plan.planes[plane], row * plan.blocks[0], column * plan.blocks[1])

    def watch_all_planes(self) -> None:
        """Lay out again."""
        self._lay_out()

    def watch_zoomed_out(self) -> None:
        """Lay out again."""
        self._lay_out()

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self._lay_out()

    def notify_style_update(self) -> None:
        """Another theme: other colours."""
        super().notify_style_update()
        self._kept_ground = None

    # --- drawing

    @property
    def _row(self) -> int:
        return self._cursor[-2] if len(self._cursor) > 1 else 0

    @property
    def _body(self) -> int:
        """Lines for rows: all but the header, the legend and a free line above it."""
        return max(1, self.size.height - grid.HEADER - 2)

    @property
    def _window(self) -> Window:
        width = self._plan.column_width if self._plan else 1
        return Window(self.size.width, -(-self.scroll_offset.x // width), self._cursor, self._ground)

    @property
    def _ground(self) -> Ground:
        if self._kept_ground is None:
            _, back = self.background_colors
            self._kept_ground = Ground(back.rgb, Color.parse(self.app.theme_variables["foreground"]).rgb)
        return self._kept_ground

    def _segments(self, y: int, plan: Layout) -> list[Segment]:
        first = self.scroll_offset.y
        rows = range(first, min(first + self._body, plan.drawn[0]))
        if y == 0:
            return grid.title_line(plan, self._window)
        if y == 1:
            return grid.header_line(plan, self._window)
        if y - grid.HEADER < len(rows):
            return grid.row_line(plan, self._window, rows[y - grid.HEADER])
        if y == grid.HEADER + len(rows) + 1:
            return grid.legend_line(plan, self._window, rows)
        return []

    def _lay_out(self) -> None:
        if self._picture is None or not self.size.width:
            return
        lead = self._cursor[:-2]
        self._plan = grid.lay_out(self._picture, lead, self.size.width, self._body, self.all_planes, self.zoomed_out)
        height = self._plan.drawn[0] + self.size.height - self._body
        self.styles.max_height = self._plan.drawn[0] + grid.HEADER + 4  # what is left is for the arithmetic
        self.virtual_size = Size(max(self._plan.width, self.size.width), max(height, self.size.height))
        self._bring_into_view()
        self.refresh()

    def _choose(self, lead: Index, row: int, column: int) -> None:
        cursor = (*lead, row, column) if len(self._cursor) > 1 else (column,)
        if cursor != self._cursor and self._value is not None:
            self.post_message(self.CellChosen(self._value, cursor))

    def _bring_into_view(self) -> None:
        """Scroll so that the cursor's cell is in sight, and no further."""
        if self._plan is None or not self._cursor:
            return
        row, column = self._row // self._plan.blocks[0], self._cursor[-1] // self._plan.blocks[1]
        x, y = self.scroll_offset
        y = min(max(y, row - self._body + 1), row)
        if len(self._plan.planes) == 1:
            room = max(1, (self.size.width - self._plan.label_width) // self._plan.column_width)
            width = self._plan.column_width
            x = min(max(x, (column - room + 1) * width), column * width)
        self.scroll_to(x, y, animate=False, immediate=True)


@lru_cache(maxsize=8)
def picture_of(value: Value, mask: Value | None) -> Picture:
    """The picture of a value; the last few are kept, since every number is looked at to make one."""
    return Picture(value.array, value.axes, None if mask is None else np.isneginf(mask.array))
