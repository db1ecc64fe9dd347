"""How a figure is called where it is not called as its step, and how large it is: millimetres on paper, or pixels."""

from __future__ import annotations

import re

from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip

DOTS = 300
"""Pixels to an inch where a figure in pixels is asked for in millimetres: sharp in print."""
TO_AN_INCH = {"mm": 25.4, "px": 96.0}
"""Units of a length, by its name."""

_ASKED = re.compile(r"(?P<width>\d{1,5}(?:\.\d{1,3})?)(?:[x×](?P<height>\d{1,5}(?:\.\d{1,3})?))?(?P<unit>mm|px)")
_OWN = re.compile(rb'<svg\b[^>]*? viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
_LEAST, _MOST = 0.2, 200.0
"""Inches."""
_MOST_PIXELS = 10_000
"""Along each side of a picture in pixels."""


@dataclass(frozen=True)
class Size:
    """A width and perhaps a height (0: what the proportions of the figure ask for), in `mm` or `px`."""

    width: float
    height: float
    unit: str

    @property
    def width_text(self) -> str:
        """The width with its unit, as a picture says it."""
        return f"{self.width:g}{self.unit}"

    @property
    def height_text(self) -> str:
        """The height, likewise."""
        return f"{self.height:g}{self.unit}"

    @property
    def inches(self) -> tuple[float, float]:
        """Both in inches."""
        return self.width / TO_AN_INCH[self.unit], self.height / TO_AN_INCH[self.unit]

    @property
    def pixels(self) -> tuple[int, int]:
        """Both in pixels: of millimetres as many as print needs."""
        to_one = 1 if self.unit == "px" else DOTS / TO_AN_INCH["mm"]
        return round(self.width * to_one), round(self.height * to_one)


@dataclass(frozen=True)
class Looks:
    """A title and a size, where they are asked for."""

    title: str | None = None
    size: Size | None = None


AS_IT_IS = Looks()


def read_size(text: str) -> Size:
    """A size as it is typed: `160x100mm`, `1200px`. Raises Problem for what is none, or for nothing that one can see.

    >>> read_size("160x100mm")
    Size(width=160.0, height=100.0, unit='mm')
    """
    found = _ASKED.fullmatch(text.strip().lower())
    hint = "such as 160x100mm, 1200x800px, or a width alone: 160mm"
    if found is None:
        raise Problem(f"{clip(text, 40)} is no size of a figure", hint=hint)
    size = Size(float(found["width"]), float(found["height"] or 0), found["unit"])
    sides = size.inches if found["height"] else size.inches[:1]
    if not all(_LEAST <= side <= _MOST for side in sides) or max(size.pixels) > _MOST_PIXELS:
        raise Problem(f"a figure of {clip(text, 40)} is too small to be seen, or too large to be drawn", hint=hint)
    return size


def own_size(svg: bytes) -> tuple[float, float]:
    """The width and height of a picture in its own units. Raises LookupError for one that does not say."""
    found = _OWN.search(svg)
    if found is None:
        raise LookupError("the picture has no viewBox")
    return float(found["width"]), float(found["height"])


def with_height(size: Size, svg: bytes) -> Size:
    """The size with the height that the proportions of a picture ask for, where none was asked for."""
    width, height = own_size(svg)
    return size if size.height else Size(size.width, round(size.width * height / width, 3), size.unit)


def units_of(size: Size) -> tuple[float, float]:
    """Width and height in the units of a picture, of which 96 are an inch."""
    width, height = size.inches
    return width * TO_AN_INCH["px"], height * TO_AN_INCH["px"]
