"""A tensor as a grid of numbers, drawn by the line: only what is in sight is computed, and labels stay in sight."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from attn_explore.explorer.drawing import lines
from attn_explore.explorer.drawing.grid_layout import Fit, Layout, Window, fitted_layout, lay_out
from attn_explore.explorer.drawing.order import OWN, Order
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.widgets.drawn import Drawn
from attn_explore.model.values import Value

_GROUP = Binding.Group("In the grid")

_MOVES = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}


class TensorGrid(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a value with the cursor on one cell. `all_planes`: every head side by side where they fit."""

    # Textual takes default styles from the first base class only: without these, nothing would ever scroll.
    DEFAULT_CSS = "TensorGrid { overflow: scroll; scrollbar-size: 0 0; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move('left')", "Move left", id="grid.left", group=_GROUP),
        Binding("right", "move('right')", "Move right", id="grid.right", group=_GROUP),
        Binding("up", "move('up')", "Move up", id="grid.up", group=_GROUP),
        Binding("down", "move('down')", "Move down", id="grid.down", group=_GROUP),
        Binding("g", "edge(0)", "To the top", id="grid.top", group=_GROUP),
        Binding("G", "edge(-1)", "To the bottom", id="grid.bottom", group=_GROUP),
        Binding("0", "side(0)", "To the first column", id="grid.first", group=_GROUP),
        Binding("dollar_sign", "side(-1)", "To the last column", id="grid.last", group=_GROUP),
        Binding("ctrl+d", "page(1)", "Down by as many rows as are in sight", id="grid.page_down", group=_GROUP),
        Binding("ctrl+u", "page(-1)", "Up by as many rows as are in sight", id="grid.page_up", group=_GROUP),
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
        self._drawn: Picture | None = None
        self._plan: Layout | None = None
        self._cursor: Index = ()
        self._under: Fit | None = None

    @property
    def cursor(self) -> Index:
        """The index of the cell under the cursor."""
        return self._cursor

    @property
    def picture(self) -> Picture | None:
        """What is shown, its rows and columns in the order of the tensor."""
        return self._picture

    @property
    def drawn(self) -> Picture | None:
        """The same in the order in which it is drawn."""
        return self._drawn

    @property
    def order(self) -> Order:
        """The order in which rows and columns are drawn; cells are told by their places in the tensor all the same."""
        return OWN if self._drawn is None else self._drawn.order

    def shows(self, value: Value) -> bool:
        """Whether it is this value's numbers that are drawn; a hidden grid may still hold another one's."""
        return self._value is value and bool(self.display)

    @property
    def shows_all(self) -> bool:
        """Whether several planes stand side by side."""
        return self._plan is not None and len(self._plan.planes) > 1

    def show(
        self, value: Value, index: Index, picture: Picture, order: Order = OWN, is_to_stand_under: bool = False
    ) -> None:
        """Show the picture of `value`, or of what it is compared with, with the cursor at `index`.

        `is_to_stand_under`: it is said next what stands over it, and laid out then.
        """
        self._value, self._picture, self._drawn = value, picture, picture.ordered(order)
        self._cursor = index
        if is_to_stand_under:
            self._plan = None
        else:
            self._lay_out()

    def stand_under(self, fit: Fit | None) -> None:
        """Draw one plane in columns over which others stand; or as there is room for."""
        if fit != self._under or self._plan is None:
            self._under = fit
            self._lay_out()

    def show_cell(self, index: Index) -> None:
        """Put the cursor on another cell of the same value: only the lines that change are drawn again.

        A hidden grid may still hold another value; its cursor stays in it.
        """
        if self._picture is None or len(index) != len(self._picture.axes):
            return
        before, self._cursor = self._place, index
        if self._plan is not None and index[:-2] not in self._plan.planes:
            self._lay_out()
        self._bring_into_view()
        self._refresh_lines(0, 1, *(lines.HEADER + row - self.scroll_offset.y for row in {before[0], self._place[0]}))

    def further(self, direction: str) -> CellChosen | None:
        """The cell drawn beside that of the cursor; at the edge of a plane, in the plane beside it if that is drawn."""
        if self._plan is None:
            return None
        planes, columns = self._plan.planes, self._plan.drawn[1]
        down, right = _MOVES[direction]
        row, column, lead = self._place[0] + down, self._place[1] + right, self._cursor[:-2]
        beside = planes.index(lead) + right
        if not 0 <= column < columns and 0 <= beside < len(planes):
            lead, column = planes[beside], column % max(1, columns)
        return self._chosen(lead, row, column)

    def action_move(self, direction: str) -> None:
        """The arrows, while the grid has the focus."""
        self._ask_for(self.further(direction))

    def action_edge(self, row: int) -> None:
        """Go to the first row, or to the last."""
        if self._plan is not None:
            self._choose(self._cursor[:-2], row % max(1, self._plan.drawn[0]), self._place[1])

    def action_side(self, column: int) -> None:
        """Go to the first column, or to the last."""
        if self._plan is not None:
            self._choose(self._cursor[:-2], self._place[0], column % max(1, self._plan.drawn[1]))

    def action_page(self, count: int) -> None:
        """Go down by as many rows as are in sight, or up."""
        self._choose(self._cursor[:-2], self._place[0] + count * self._body, self._place[1])

    def render_line(self, y: int) -> Strip:
        """The title, the columns' labels, the rows in sight, and the legend on the last line."""
        return self.line(self._segments(y, self._plan) if self._plan is not None else [])

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the cell under the mouse."""
        plan, at = self._plan, event.get_content_offset(self)
        if plan is None or at is None or not lines.HEADER <= at.y < lines.HEADER + self._body:
            return
        row = at.y - lines.HEADER + self.scroll_offset.y
        found = plan.column_at(at.x, self._window.first_column)
        if found and row < plan.drawn[0]:
            plane, column = found
            self._choose(plan.planes[plane], row, column)

    def watch_all_planes(self) -> None:
        """Lay out again."""
        self._lay_out()

    def watch_zoomed_out(self) -> None:
        """Lay out again."""
        self._lay_out()

    def fit(self) -> None:
        """Lay out again for the new size."""
        self._lay_out()
        self._bring_into_view(from_home=True)

    # --- drawing

    @property
    def _place(self) -> tuple[int, int]:
        """The drawn row and column that the cursor is in."""
        row, column = (0, 0, *self.order.drawn(self._cursor))[-2:]
        height, width = self._plan.blocks if self._plan else (1, 1)
        return row // height, column // width

    @property
    def _body(self) -> int:
        """Lines for rows: all but the header and the legend."""
        return max(1, self._fitted.height - lines.HEADER - 1)

    @property
    def lines_wanted(self) -> int:
        """Lines that it takes to show every row and the legend; one more is left free above that."""
        return lines.HEADER + (self._picture.rows.size if self._picture is not None else 0) + 1

    @property
    def _window(self) -> Window:
        width = self._plan.column_width if self._plan else 1
        return Window(
            self._fitted.width, -(-self.scroll_offset.x // width), self.order.drawn(self._cursor), self.ground
        )

    def _segments(self, y: int, plan: Layout) -> list[Segment]:
        first = self.scroll_offset.y
        rows = range(first, min(first + self._body, plan.drawn[0]))
        if y == 0:
            return lines.title_line(plan, self._window)
        if y == 1:
            return lines.header_line(plan, self._window)
        if y - lines.HEADER < len(rows):
            return lines.row_line(plan, self._window, rows[y - lines.HEADER])
        below = lines.HEADER + len(rows)
        if y == min(below + 1, max(below, self._fitted.height - 1)):  # under a free line, where there is one
            return lines.legend_line(plan, self._window, rows)
        return []

    def _lay_out(self) -> None:
        self._plan, size = None, self.size_to_fit()
        if self._drawn is None or not size.width:
            return  # a hidden grid is planned when it is shown
        lead = self._cursor[:-2]
        if self._under is not None:
            self._plan = fitted_layout(self._drawn, lead, self._under)
        else:
            self._plan = lay_out(self._drawn, lead, size.width, self._body, self.all_planes, self.zoomed_out)
        self._measure(self._plan)
        self.refresh()

    def _measure(self, plan: Layout) -> None:
        """Say how much room the plan takes, and bring the cursor into view."""
        height = plan.drawn[0] + self._fitted.height - self._body
        size = Size(max(plan.width, self._fitted.width), max(height, self._fitted.height))
        self.set_reactive(TensorGrid.virtual_size, size)  # without scroll bars nothing has to be laid out for it
        self._bring_into_view()

    def _choose(self, lead: Index, row: int, column: int) -> None:
        """Ask for the cell that is drawn at a row and column of a plane, or at the nearest that there are."""
        self._ask_for(self._chosen(lead, row, column))

    def _ask_for(self, chosen: CellChosen | None) -> None:
        if chosen is not None:
            self.post_message(chosen)

    def _chosen(self, lead: Index, row: int, column: int) -> CellChosen | None:
        if self._plan is None or self._value is None or 0 in self._plan.drawn:
            return None
        row, column = (max(0, min(size - 1, at)) for at, size in zip((row, column), self._plan.drawn, strict=True))
        if (row, column) == self._place and lead == self._cursor[:-2]:
            return None
        cell = (*lead, *self._plan.peak(lead, row, column))
        return self.CellChosen(self._value, self.order.cell(cell[len(cell) - len(self._cursor) :]))

    def _refresh_lines(self, *lines: int) -> None:
        """Draw some lines again. Where the view has scrolled, all are drawn again anyway."""
        shown = self._fitted
        self.refresh(*(Region(0, y, shown.width, 1) for y in lines if 0 <= y < shown.height))

    def _bring_into_view(self, from_home: bool = False) -> None:
        """Scroll so that the cursor's cell is in sight, and no further; in another size, from the top and the left."""
        if self._plan is None:
            return
        row, column = self._place
        x, y = (0, 0) if from_home else self.scroll_offset
        y = min(max(y, row - self._body + 1), row)
        if len(self._plan.planes) == 1:
            room = max(1, (self._fitted.width - self._plan.label_width) // self._plan.column_width)
            width = self._plan.column_width
            x = min(max(x, (column - room + 1) * width), column * width)
        if (x, y) != self.scroll_offset:
            self.scroll_to(x, y, animate=False, immediate=True)
