"""What is looked at: its title and formula, and its shape with the names of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.widgets.drawn import Drawn


class Heading(Drawn):
    """Two lines: the title with the shape at the right, and the formula with the shapes of the factors of a product.

    Behind the title stands where in the model one is, where there is room.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heading--title", "heading--shape", "heading--formula"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = self._where = self._formula = self._factors = ""
        self._shapes: Sequence[str] = ()

    def show(self, title: str, where: str, shapes: Sequence[str], formula: str, factors: str = "") -> None:
        """Show another value; `shapes` is its shape, the longest form first."""
        self._title, self._where, self._shapes = title, where, shapes
        self._formula, self._factors = formula, factors
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The shape stands beside the title where both fit, else beside the formula in the place of the factors."""
        is_above = self._beside(self._title, self._shapes[:1]) != ""
        if y == 0:
            return self._line(self._title, "title", self._shapes[:1] if is_above else (), self._where)
        return self._line(self._formula, "formula", (self._factors,) if is_above else self._shapes)

    def _line(self, text: str, name: str, forms: Sequence[str], where: str = "") -> Strip:
        """A text, shortened where it is too long, and at the right the longest form that there is room for."""
        beside, shown = self._beside(text, forms), shortened(text, self._fitted.width)
        room = self._fitted.width - cell_len(shown) - cell_len(beside)
        behind = f"   {where}" if where and cell_len(where) + 2 * len("   ") <= room else ""
        return self.line(
            [
                Segment(shown, self.style_of(f"heading--{name}")),
                Segment(behind, self.style_of("heading--shape")),
                Segment(" " * (room - cell_len(behind))),
                Segment(beside, self.style_of("heading--shape")),
            ]
        )

    def _beside(self, text: str, forms: Sequence[str]) -> str:
        room = self._fitted.width - cell_len(text) - 2
        return next((form for form in forms if cell_len(form) <= room), "")
