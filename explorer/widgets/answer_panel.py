"""An answer as a table with the cursor on one cell; only what is in sight is drawn."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.answer_table import Layout, Spot, Table, table_line
from attn_explore.explorer.widgets.drawn import DrawnAgain


class AnswerPanel(DrawnAgain, can_focus=False):
    """Shows a table. Where the cursor goes is for the screen to say."""

    class Chosen(Message):
        """A cell was clicked."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    class Turned(Message):
        """The wheel was turned by some rows."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, table: Table, spot: Spot, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._table, self._spot = table, spot
        self._layout: Layout | None = None

    def show(self, spot: Spot) -> None:
        """Put the cursor on a cell, and bring that into sight."""
        self._spot = spot
        if self._layout is not None:
            self._layout = self._layout.showing(spot)
        self.refresh_changed()

    def take(self, table: Table, spot: Spot) -> None:
        """Show another table; where it has the same rows and columns, what is in sight stays."""
        is_alike = (self._table.rows, self._table.columns) == (table.rows, table.columns)
        self._table, self._spot = table, spot
        if self._layout is not None and is_alike:
            self._layout = replace(self._layout, table=table).showing(spot)
        elif self._layout is not None:
            self._layout = Layout(table, *self._fitted).showing(spot)
        self.refresh_changed()

    @property
    def page(self) -> int:
        """How many rows are in sight."""
        return len(self._layout.rows) if self._layout is not None else 1

    def fit(self) -> None:
        """Lay out again for another size."""
        super().fit()
        width, height = self._fitted
        self._layout = Layout(self._table, width, height).showing(self._spot) if width and height else None

    def draw_line(self, y: int) -> Strip:
        """A line of the part that is in sight."""
        return self.line([] if self._layout is None else table_line(self._layout, self._spot, y, self.ground))

    def on_click(self, event: events.Click) -> None:
        """Say which cell is under the mouse."""
        offset = event.get_content_offset(self)
        spot = self._layout.at(offset.x, offset.y) if self._layout and offset is not None else None
        if spot is not None:
            self.post_message(self.Chosen(spot))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down some rows."""
        event.stop()
        self.post_message(self.Turned(3))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up."""
        event.stop()
        self.post_message(self.Turned(-3))
