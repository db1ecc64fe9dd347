"""What is looked at: its title and formula, and its shape with the names of the axes."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from explorer.widgets.drawn import Drawn


class Heading(Drawn):
    """Two lines: the title with the shape at the right, and the formula."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heading--title", "heading--shape", "heading--formula"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = self._shape = self._formula = ""

    def show(self, title: str, shape: str, formula: str) -> None:
        """Show another value."""
        self._title, self._shape, self._formula = title, shape, formula
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The title and the shape are on one line where both fit, else the shape follows the formula."""
        title, shape, formula = (self.style_of(f"heading--{name}") for name in ("title", "shape", "formula"))
        gap = self.size.width - cell_len(self._title) - cell_len(self._shape)
        has_room = gap >= 2
        if y == 0:
            right = [Segment(" " * gap), Segment(self._shape, shape)] if has_room else []
            segments = [Segment(self._title, title), *right]
        else:
            left = [] if has_room else [Segment(f"   {self._shape}", shape)]
            segments = [Segment(self._formula, formula), *left] if y == 1 else []
        return self.line(segments)
