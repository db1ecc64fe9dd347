"""A row of numbers as a ranked list with bars: the candidates for the next word, or the labels of a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from attn_explore.explorer.drawing.numbers import bar, fitted, most_cells, short_number, span
from attn_explore.explorer.drawing.picture import Index
from attn_explore.explorer.widgets.drawn import Drawn
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.axes import Array
from attn_explore.model.labels import sample
from attn_explore.model.naming import shown, shown_labels
from attn_explore.model.values import Value

_GROUP = Binding.Group("In a ranked list")

LABEL = 24
"""Cells of the longest label; longer ones are shortened."""
NUMBER = 10
BAR = 40
"""Cells of the longest bar."""

_UP = {"up": -1, "left": -1, "down": 1, "right": 1}


class Ranking(Drawn, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a row of labelled numbers, the largest first, with the cursor on one of them."""

    # Textual takes default styles from the first base class only: without these, nothing would ever scroll.
    DEFAULT_CSS = "Ranking { overflow: auto; scrollbar-size: 0 0; }"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "ranking--note",
        "ranking--positive",
        "ranking--negative",
        "ranking--cursor",
    }

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move('up')", "Move up", id="ranking.up", group=_GROUP),
        Binding("down", "move('down')", "Move down", id="ranking.down", group=_GROUP),
        Binding("g", "edge(0)", "To the top", id="ranking.top", group=_GROUP),
        Binding("G", "edge(-1)", "To the bottom", id="ranking.bottom", group=_GROUP),
    ]

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._value: Value | None = None
        self._cursor = 0

    def show(self, value: Value, index: Index) -> None:
        """Show a value with the cursor on the number at `index`."""
        self._value = value
        self.styles.max_height = value.shape[0] + 4  # what is left is for the arithmetic
        self.virtual_size = Size(self.size.width, value.shape[0] + 2)
        self.show_cell(index)

    def show_cell(self, index: Index) -> None:
        """Put the cursor on another number."""
        self._cursor = index[0]
        top, rank = self.scroll_offset.y, self._rank
        self.scroll_to(0, min(max(top, rank - max(1, self.size.height - 2) + 1), rank), animate=False, immediate=True)
        self.refresh()

    def further(self, direction: str) -> TensorGrid.CellChosen | None:
        """The next number, or the one before."""
        return self._chosen(self._rank + _UP[direction])

    def action_move(self, direction: str) -> None:
        """The arrows, while the list has the focus."""
        self._choose(self._rank + _UP[direction])

    def action_edge(self, rank: int) -> None:
        """Go to the largest number, or to the smallest."""
        self._choose(rank % max(1, len(self._order)))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the number under the mouse."""
        at = event.get_content_offset(self)
        if at is not None and at.y > 0:
            self._choose(at.y - 1 + self.scroll_offset.y)

    def render_line(self, y: int) -> Strip:
        """What the list is, then a line for each number."""
        value, rank = self._value, y - 1 + self.scroll_offset.y
        if value is None or (y > 0 and rank >= len(self._order)):
            return self.line([])
        if y == 0:
            return self.line([Segment(self._heading(value), self.style_of("ranking--note"))])
        return self.line(self._row(value, rank))

    # --- drawing

    @property
    def _order(self) -> Sequence[int]:
        return () if self._value is None else ranked(self._value)

    @property
    def _rank(self) -> int:
        return self._order.index(self._cursor)

    def _heading(self, value: Value) -> str:
        """What the list is, and which part of it is in sight where it is longer."""
        count, first = len(self._order), self.scroll_offset.y
        last = min(count, first + self.size.height - 1)
        part = f"   {span(range(first + 1, last + 1))} of {count}" if count > self.size.height - 1 else ""
        return f"{value.names[0]}, the largest first{part}"

    def _choose(self, rank: int) -> None:
        if (chosen := self._chosen(rank)) is not None:
            self.post_message(chosen)

    def _chosen(self, rank: int) -> TensorGrid.CellChosen | None:
        order = self._order
        if self._value is None or not len(order):
            return None
        index = (order[max(0, min(len(order) - 1, rank))],)
        return TensorGrid.CellChosen(self._value, index) if index != (self._cursor,) else None

    def _row(self, value: Value, rank: int) -> list[Segment]:
        place = self._order[rank]
        number, axis = float(value.array[place]), value.axes[0]
        label_width = min(LABEL, max(map(most_cells, sample(shown_labels(axis) or (str(axis.size),)))))
        is_here = place == self._cursor
        plain, bold = Style(), Style(bold=True)
        figures = len(str(len(self._order)))
        segments = [
            Segment(f"{rank + 1:>{figures}}  ", self.style_of("ranking--note")),
            Segment(fitted(shown(axis, place), label_width), bold if is_here else plain),
            Segment(f"{short_number(number):>{NUMBER}}", self.style_of("ranking--cursor") if is_here else plain),
            Segment("  "),
        ]
        room = min(BAR, self.size.width - sum(segment.cell_length for segment in segments) - 10)
        segments.append(Segment(*self._bar(number, _largest(value), room)))
        if rank == 0 and value.name == "candidates":
            segments.append(Segment("  chosen", self.style_of("ranking--note")))
        return segments

    def _bar(self, number: float, largest: float, room: int) -> tuple[str, Style]:
        role = "ranking--negative" if number < 0 else "ranking--positive"
        return bar(abs(number) / largest, max(0, room)) if largest else "", self.style_of(role)


@lru_cache(maxsize=8)
def ranked(value: Value) -> tuple[int, ...]:
    """Places of the numbers of a row, the largest first; of equal ones the first, as in choosing the likeliest."""
    array: Array = np.where(np.isnan(value.array), -np.inf, value.array)
    return tuple(np.argsort(-array, kind="stable").tolist())


@lru_cache(maxsize=8)
def _largest(value: Value) -> float:
    """The largest number of a row by size, which has the longest bar."""
    return float(np.abs(value.array).max())
