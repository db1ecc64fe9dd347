"""What is looked at: its title and formula, and its shape with the names of the axes."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from attn_explore.explorer.widgets.drawn import Drawn


class Heading(Drawn):
    """Two lines: the title with the shape at the right, and the formula with the shapes of the factors of a product."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heading--title", "heading--shape", "heading--formula"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = self._shape = self._formula = self._factors = ""

    def show(self, title: str, shape: str, formula: str, factors: str = "") -> None:
        """Show another value."""
        self._title, self._shape, self._formula, self._factors = title, shape, formula, factors
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The shape stands beside the title where both fit, else beside the formula in the place of the factors."""
        title, shape, formula = (self.style_of(f"heading--{name}") for name in ("title", "shape", "formula"))
        gap = self.size.width - cell_len(self._title) - cell_len(self._shape)
        has_room = gap >= 2
        if y == 0:
            right = [Segment(" " * gap), Segment(self._shape, shape)] if has_room else []
            return self.line([Segment(self._title, title), *right])
        beside = self._factors if has_room else self._shape
        gap = self.size.width - cell_len(self._formula) - cell_len(beside)
        right = [Segment(" " * gap), Segment(beside, shape)] if gap >= 2 else []
        return self.line([Segment(self._formula, formula), *right])
