"""One head of attention on one sheet: every tensor with its numbers, and arrows from what it is made of.

The tensors stand in bands: what enters (X and the matrices), what is made of it (Q, K, V), and from the scores on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from attn_explore.explorer.drawing.numbers import shape_text, short_number
from attn_explore.explorer.drawing.plots.heat_map import HeatMap, Panels
from attn_explore.explorer.drawing.plots.svg import FONT, LINE, MARGIN, Point, width_of
from attn_explore.model.dataclass import dataclass

ROOM, MOST_CELLS = 380.0, 48
"""Width, and height, of the cells of a tensor at most, and how many they are along a side."""

BETWEEN = 44.0
"""Between two tensors of a band."""
TRACK = 9.0
"""Between two lines that run along each other."""
_GAP = 26.0
"""Between two bands, beside the lines that run there."""


@dataclass(frozen=True, eq=False)
class Part:
    """One tensor of a sheet: its symbol, its formula or what it is, and the paths of those on it that make it.

    `is_made` says that it was computed, and is no parameter.
    """

    symbol: str
    formula: str
    heat_map: HeatMap
    is_made: bool
    operands: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where it stands in the run."""
        return self.heat_map.path


@dataclass(frozen=True, eq=False)
class Sheet:
    """The tensors of one head, band by band."""

    title: str
    path: str
    bands: tuple[tuple[Part, ...], ...]

    @property
    def parts(self) -> list[Part]:
        """All of them, in the order in which they are made."""
        return [part for band in self.bands for part in band]


@dataclass(frozen=True, eq=False)
class Placed:
    """A tensor where it stands: its first cell is at the corner, what is written over it begins at `top`."""

    part: Part
    panels: Panels
    corner: Point
    top: float

    @property
    def cells(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the cells."""
        (x, y), (width, height) = self.corner, self.panels.plane_size
        return x, y, x + width, y + height

    @property
    def bottom(self) -> float:
        """Below what is written under the cells."""
        return self.cells[3] + LINE * len(under(self.panels))


Route = tuple[Point, ...]
"""The corners of an arrow."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Where everything on a sheet stands."""

    sheet: Sheet

    @cached_property
    def placed(self) -> list[Placed]:
        """Every tensor."""
        found: list[Placed] = []
        y = MARGIN + 2 * LINE + LINE
        for band in self.sheet.bands:
            found += self._band(band, found, y)
            y = max(each.bottom for each in found[-len(band) :]) + _GAP + TRACK * (len(band) + 1)
        return found

    def _band(self, band: tuple[Part, ...], above: list[Placed], y: float) -> Iterator[Placed]:
        """A band with its first line of text at y; each tensor under what it alone is made of, where there is room."""
        used = Counter(path for part in self.sheet.parts for path in part.operands)
        at = {each.part.path: each for each in above}
        panels = [Panels(part.heat_map, ROOM, MOST_CELLS) for part in band]
        first_cells = y + 2 * LINE + max(each.above for each in panels)
        x = MARGIN
        for part, drawn in zip(band, panels, strict=True):
            made_of = [at[path] for path in part.operands if path in at]
            over = min(made_of, key=lambda each: (used[each.part.path], each.part.is_made),
                       default=None)  # fmt: skip
            x = max(x, over.corner[0] - drawn.before) if over is not None else x
            yield Placed(part, drawn, (x + drawn.before, first_cells), y)
            x += max(drawn.before + drawn.plane_size[0], head_width(part)) + BETWEEN

    @cached_property
    def arrows(self) -> list[Route]:
        """From what each tensor is made of to the tensor."""
        at = {each.part.path: each for each in self.placed}
        return [route for band in self.sheet.bands for route in self._into_band([at[part.path] for part in band], at)]

    def _into_band(self, band: list[Placed], at: dict[str, Placed]) -> Iterator[Route]:
        """Straight ones between neighbours; others along tracks in the gap above the band, or under it."""
        edges = [(at[path], each) for each in band for path in each.part.operands]
        below = max(each.bottom for each in band)
        sources = list(dict.fromkeys(source for source, _ in edges if source not in band))
        looped = 0
        for source, target in edges:
            if source in band and band.index(target) - band.index(source) == 1:
                yield _to_neighbour(source, target)
            elif source in band:
                looped += 1
                yield _around(source, target, below + looped * TRACK)
            else:
                others = sorted((one for one, each in edges if each is target and one not in band),
                                key=lambda one: one.corner[0])  # fmt: skip
                share = (others.index(source) + 1) / (len(others) + 1)
                track = band[0].top - LINE / 2 - (sources.index(source) + 1) * TRACK
                yield _down(source, target, share, track)

    @property
    def size(self) -> tuple[float, float]:
        """The right and the lower end of everything."""
        right = max(max(each.cells[2], each.corner[0] - each.panels.before + head_width(each.part))
                    for each in self.placed)  # fmt: skip
        lowest = max(point[1] for route in self.arrows for point in route) if self.arrows else 0.0
        return right, max(lowest, *(each.bottom for each in self.placed))


def _to_neighbour(source: Placed, target: Placed) -> Route:
    y = min(source.cells[1] + source.cells[3], target.cells[1] + target.cells[3]) / 2
    return (source.cells[2] + 4, y), (target.corner[0] - target.panels.before - 2, y)


def _around(source: Placed, target: Placed, track: float) -> Route:
    """Out of the lower edge of one, along under the band, and into that of the other."""
    out, into = (source.cells[0] + 2 * source.cells[2]) / 3, (2 * target.cells[0] + target.cells[2]) / 3
    return (out, source.bottom + 2), (out, track), (into, track), (into, target.bottom + 2)


def _down(source: Placed, target: Placed, share: float, track: float) -> Route:
    """Out of the lower edge of one, along over the band, and down to what is written over the other."""
    out = (source.cells[0] + source.cells[2]) / 2
    into = target.cells[0] + (target.cells[2] - target.cells[0]) * share
    end = (into, target.top - LINE / 2 + 4)
    return ((out, source.bottom + 2), (out, track), (into, track), end)


def head_width(part: Part) -> float:
    """The width of what is written over a tensor."""
    return max(width_of(f"{part.symbol}  {shape_of(part)}", FONT), width_of(part.formula, FONT))


def shape_of(part: Part) -> str:
    """`4 × 5`."""
    return shape_text(part.heat_map.picture.array.shape)


def under(panels: Panels) -> list[str]:
    """What is written under the cells of a tensor: where its colours end, and what is not drawn one to one."""
    picture = panels.picture
    if panels.font:
        return panels.notes
    ends = f"{'±' if picture.is_signed else '0 to '}{short_number(picture.end)}"
    return [ends, *panels.notes]
