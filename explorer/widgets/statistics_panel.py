"""The line under a grid about the row that the cursor is in."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.strip import Strip

from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.drawing.statistics import statistics_line
from attn_explore.explorer.widgets.drawn import DrawnAgain


class Statistics(DrawnAgain, can_focus=False):
    """Says what the numbers of a row are like, as far as there is room."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"statistics--text"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._cursor: Index = ()

    @property
    def is_silent(self) -> bool:
        """Whether it speaks of nothing."""
        return self._picture is None

    def show(self, picture: Picture | None, cursor: Index) -> None:
        """Speak of the row of another cell, or of nothing."""
        self._picture, self._cursor = picture, cursor
        self.refresh_changed()

    def draw_line(self, y: int) -> Strip:
        """The line."""
        said = "" if self._picture is None else statistics_line(self._picture, self._cursor, self.size.width)
        return self.line([Segment(said, self.style_of("statistics--text"))])
