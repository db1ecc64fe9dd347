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

    Behind the title stands where in the model one is; for it, the shape gives up the names of its axes. Where the title
    leaves no room, it stands at the right of the formula.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"heading--title", "heading--shape", "heading--formula"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = self._step = self._where = self._formula = self._factors = ""
        self._shapes: Sequence[str] = ()

    def show(
        self, title: str, where: str, shapes: Sequence[str], formula: str, factors: str = "", step: str = ""
    ) -> None:
        """Show another value; `shapes` is its shape, the longest form first.

        `step` is what the title begins with, where what stands behind it is not to be cut before it.
        """
        self._title, self._where, self._shapes, self._step = title, where, shapes, step
        self._formula, self._factors = formula, factors
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The shape stands beside the title where both fit, else beside the formula in the place of the factors."""
        where, above = self._above()
        if y == 0:
            return self._line(self._shown_title, "title", above, where)
        below = (self._factors,) if above else self._shapes
        return self._line(self._formula, "formula", below if where or not self._where else (self._where, *below))

    @property
    def _shown_title(self) -> str:
        """The title; where it is too long, the name of the run in it stays: it tells two headings apart."""
        run, width = self._title.removeprefix(self._step), self._fitted.width
        room = width - cell_len(run)
        is_cut = cell_len(self._title) > width and bool(self._step) and room > 1
        return f"{shortened(self._step, room)}{run}" if is_cut else self._title

    def _above(self) -> tuple[str, Sequence[str]]:
        """What stands beside the title: where in the model one is, and a form of the shape; of both what fits first."""
        room = self._fitted.width - cell_len(self._title) - cell_len(self._where) - 2 * len("   ")
        forms: list[Sequence[str]] = [*([form] for form in self._shapes), ()]
        if self._where and room >= 0:
            return self._where, next(each for each in forms if cell_len("".join(each)) <= room)
        return "", self._shapes[:1] if self._beside(self._title, self._shapes[:1]) else ()

    def _line(self, text: str, name: str, forms: Sequence[str], where: str = "") -> Strip:
        """A text, shortened where it is too long, and at the right the longest form that there is room for."""
        beside, shown = self._beside(text, forms), shortened(text, self._fitted.width)
        room = self._fitted.width - cell_len(shown) - cell_len(beside)
        behind = f"   {where}" if where else ""
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
