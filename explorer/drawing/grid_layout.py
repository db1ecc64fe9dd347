"""Where the parts of a picture stand in a window: the widths of labels and columns, the planes, what is in sight."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.numbers import Numbers, most_cells, numbers_for, span
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.model.axes import Array, Axis
from attn_explore.model.cells import picked
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import sample
from attn_explore.model.naming import shown_labels, shown_short
from attn_explore.model.text import figure

LABEL = 14
"""Cells that a row's label takes at most."""
COLUMN = 10
"""Cells that a column takes at most, the space between columns included."""
GLYPHS = 2
"""Cells that a number takes when it is zoomed out."""
MOST_OF_THEM = 0.95
"""Of the blocks that are drawn zoomed out, as many have a colour of their own; the others share the strongest."""
GAP = 3
"""Cells between two heads that are drawn side by side."""


@dataclass(frozen=True)
class Fit:
    """How wide the labels and columns of a matrix have to be, as others stand over it; and what it is called."""

    label_width: int
    column_width: int
    name: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """Where things stand for one picture in one width. `blocks` is how many rows and columns one drawn cell pools.

    A drawn cell shows the largest number of its block; `shows_first`: the first one.
    """

    picture: Picture
    label_width: int
    column_width: int
    numbers: Numbers | None
    planes: tuple[Index, ...]
    blocks: tuple[int, int] = (1, 1)
    name: str = ""
    shows_first: bool = False

    @property
    def drawn(self) -> tuple[int, int]:
        """How many rows and columns are drawn in each plane."""
        rows, columns = self.picture.rows.size, self.picture.columns.size
        return math.ceil(rows / self.blocks[0]), math.ceil(columns / self.blocks[1])

    @property
    def plane_width(self) -> int:
        """Cells of one plane without the row labels."""
        return self.drawn[1] * self.column_width

    @property
    def width(self) -> int:
        """Cells of everything, row labels included."""
        return self.label_width + len(self.planes) * (self.plane_width + GAP) - GAP

    @property
    def is_pooled(self) -> bool:
        """Whether a drawn cell stands for several."""
        return self.blocks != (1, 1)

    def peak(self, lead: Index, row: int, column: int) -> tuple[int, int]:
        """Row and column of the number that a drawn cell shows: its own, or the one of the block it stands for."""
        (height, width), picture = self.blocks, self.picture
        top, left = row * height, column * width
        if not self.is_pooled or self.shows_first:
            return top, left
        block = picture.part(picture.array, lead, slice(top, top + height), slice(left, left + width))
        down, right = np.unravel_index(largest_place(block), block.shape)
        return top + int(down), left + int(right)

    def row(self, lead: Index, row: int, columns: range) -> list[float]:
        """The numbers of a drawn row: themselves, or the one of each block that `peak` is the place of."""
        (height, width), picture = self.blocks, self.picture
        if self.is_pooled and picture.sample is not None:
            return [float(number) for number in self._some(lead)[row, columns.start : columns.stop]]
        part = picture.part(
            picture.array,
            lead,
            slice(row * height, (row + 1) * height),
            slice(columns.start * width, columns.stop * width),
        )
        if not self.is_pooled or self.shows_first:
            return [float(number) for number in part[0, ::width]]
        blocks = (part[:, start : start + width] for start in range(0, part.shape[1], width))
        return [float(block.flat[largest_place(block)]) for block in blocks]

    def _some(self, lead: Index) -> Array:
        """The first number of each block of a plane."""
        if lead not in self._somes:
            self._somes[lead] = _first_of_blocks(self.picture, lead, *self.blocks)
        return self._somes[lead]

    @cached_property
    def _somes(self) -> dict[Index, Array]:
        return {}

    def column_at(self, x: int, first: int) -> tuple[int, int] | None:
        """Which plane and which drawn column are at `x`, when `first` is the first column in sight."""
        along = x - self.label_width
        if len(self.planes) == 1:
            column = first + along // self.column_width
            return (0, column) if along >= 0 and column < self.drawn[1] else None
        plane, rest = divmod(along, self.plane_width + GAP)
        inside = along >= 0 and plane < len(self.planes) and rest < self.plane_width
        return (plane, rest // self.column_width) if inside else None


def lay_out(picture: Picture, lead: Index, width: int, lines: int, all_planes: bool, zoomed_out: bool) -> Layout:
    """The layout that shows most: every plane where they fit side by side, digits as fine as there is room for."""
    label_width = min(LABEL, labels_width(picture.rows)) + 1
    if zoomed_out:
        return _heat_map(picture, lead, width, lines, all_planes, label_width)
    if all_planes and len(picture.planes) > 1:
        together = _with_room(picture, tuple(picture.planes), width, label_width)
        if together.width <= width:
            return together
    return _with_room(picture, (lead,), width, label_width)


def fitted_layout(picture: Picture, lead: Index, fit: Fit) -> Layout:
    """The layout of one plane in columns of a given width."""
    numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, min(fit.column_width, COLUMN) - 1)
    return Layout(picture, fit.label_width, fit.column_width, numbers, (lead,), name=fit.name)


def _heat_map(picture: Picture, lead: Index, width: int, lines: int, all_planes: bool, label_width: int) -> Layout:
    """A colour for each number, in columns as wide as their labels want; where they do not fit, one for each block."""
    together = tuple(picture.planes) if all_planes and picture.planes else (lead,)
    rooms = {planes: _room_of_column(picture, planes, width - label_width) for planes in (together, (lead,))}
    planes = next((planes for planes, room in rooms.items() if room >= GLYPHS), (lead,))
    most = max(1, (width - label_width) // GLYPHS)
    height, columns = math.ceil(picture.rows.size / max(lines, 1)), math.ceil(picture.columns.size / most)
    blocks = max(1, height), max(1, columns)
    peaks = _peaks(picture, lead, blocks)
    shows_first = _tells_no_size(picture, peaks)
    if picture.scale is None:
        picture = replace(picture, scale=(_end_of_scale(picture, peaks), picture.is_signed))
    column_width = max(GLYPHS, min(COLUMN, longest_label(picture.columns) + 1, rooms[planes]))
    return Layout(picture, label_width, column_width, None, planes, blocks, shows_first=shows_first)


def _room_of_column(picture: Picture, planes: tuple[Index, ...], width: int) -> int:
    """Cells that each column of some planes has, side by side."""
    return (width - GAP * (len(planes) - 1)) // max(1, picture.columns.size * len(planes))


def _first_of_blocks(picture: Picture, lead: Index, height: int, width: int) -> Array:
    """The first number of each block of a plane that is too large to be held."""
    rows, columns = range(0, picture.rows.size, height), range(0, picture.columns.size, width)
    if len(picture.axes) < 2:
        return np.array([[picture.array[at] for at in columns]])
    return picked(picture.array, lead, rows, columns, picture.is_by_columns)


def first_is_shown(picture: Picture, lead: Index, blocks: tuple[int, int]) -> bool:
    """Whether a drawn cell that stands for a block of a plane shows its first number, and not its largest."""
    return _tells_no_size(picture, _peaks(picture, lead, blocks))


def _peaks(picture: Picture, lead: Index, blocks: tuple[int, int]) -> Array:
    """The size of the largest number of each block of a plane; nothing of single numbers, and of what is sampled."""
    if blocks == (1, 1) or picture.sample is not None or not picture.rows.size or not picture.columns.size:
        return np.empty(0)
    plane = picture.part(picture.array, lead, slice(None), slice(None))
    sizes = np.abs(np.where(np.isfinite(plane), plane, 0))
    rows = np.maximum.reduceat(sizes, np.arange(0, sizes.shape[0], blocks[0]), axis=0)
    return np.asarray(np.maximum.reduceat(rows, np.arange(0, sizes.shape[1], blocks[1]), axis=1))


def _tells_no_size(picture: Picture, peaks: Array) -> bool:
    """Whether the largest numbers of blocks are too many to be looked for, or nearly all large, as random ones are.

    Of those only the sign would be seen.
    """
    are_large = picture.is_signed and peaks.size and np.quantile(peaks, 1 - MOST_OF_THEM) > peaks.max() / 2
    return picture.sample is not None or bool(are_large)


def _end_of_scale(picture: Picture, peaks: Array) -> float:
    """Where the scale of a plane of which blocks are shown ends: where most of their largest numbers lie.

    The largest of all is that of a few blocks; beside it all others would have one colour.
    """
    usual = float(np.quantile(peaks, MOST_OF_THEM)) if peaks.size else 0
    return usual if 0 < usual < picture.end / 2 else picture.end


def _with_room(picture: Picture, planes: tuple[Index, ...], width: int, label_width: int) -> Layout:
    room = _room_of_column(picture, planes, width - label_width)
    digits = min(COLUMN, max(room, 7 if len(planes) == 1 else 6)) - 1
    numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, digits)
    if picture.bad:
        numbers = replace(numbers, width=max(numbers.width, len("NaN")))
    wanted = max(numbers.width, min(longest_label(picture.columns), COLUMN - 1)) + 1
    return Layout(picture, label_width, max(numbers.width + 1, min(wanted, room)), numbers, planes)


def longest_label(columns: Axis) -> int:
    """Cells of the longest label of some columns, as far as that can be told from a sample."""
    return max(map(most_cells, _column_labels(columns)), default=0)


def _column_labels(columns: Axis) -> Sequence[str]:
    """Labels by which the columns' width is judged; of numbered ones the last, which is the longest."""
    labels = shown_labels(columns)
    return sample(labels) if labels else [shown_short(columns, columns.size - 1)] if columns.size else ()


def labels_width(rows: Axis) -> int:
    """Cells that the labels of rows take, and the name of their axis."""
    labels = shown_labels(rows)
    heads = (shown_short(rows, max(rows.size, 1) - 1),) if labels is None else sample(labels)
    return max(map(most_cells, (f"{rows.name} ↓", *heads)))


@dataclass(frozen=True, eq=False)
class Window:
    """What of a layout is in sight, and where the cursor is. `width` is in cells, `first_column` in drawn columns."""

    width: int
    first_column: int
    cursor: Index
    ground: Ground

    def columns(self, layout: Layout) -> range:
        """The drawn columns in sight."""
        room = max(1, (self.width - layout.label_width) // layout.column_width)
        last = layout.drawn[1] if len(layout.planes) > 1 else min(layout.drawn[1], self.first_column + room)
        return range(self.first_column if len(layout.planes) == 1 else 0, last)


def part_in_sight(layout: Layout, window: Window, rows: range) -> tuple[str, ...]:
    """Which rows and columns are in sight when not all are (`query 12–40/512, key 0–6/512`), or what a cell pools.

    Where it can be said more shortly, that follows.
    """
    axes = (layout.picture.rows, layout.picture.columns)
    if layout.numbers is None:
        shown = shown_of_block(layout)
        return (f"each cell: the {shown}", shown) if layout.is_pooled else ("heat map",)
    seen = zip(axes, (rows, window.columns(layout)), strict=True)
    orders = layout.picture.order.rows, layout.picture.order.columns
    places = (_places(axis, part, order) for (axis, part), order in zip(seen, orders, strict=True))
    return (", ".join(filter(None, places)),)


def _places(axis: Axis, part: range, order: Array | None) -> str:
    """Which places along an axis are in sight; of sorted ones not their names are told but their ranks, from 1."""
    if len(part) == axis.size:
        return ""
    seen = span(part) if order is None else f"№{span(range(part.start + 1, part.stop + 1))}"
    return f"{axis.name} {seen}/{axis.size}"


def bare(part: str) -> str:
    """Rows and columns in sight without the names of their axes, which stand over them: `12–40/512 × 0–6/512`."""
    return " × ".join(each.rpartition(" ")[2] for each in part.split(", "))


def shown_of_block(layout: Layout) -> str:
    """Which number of a block is drawn: `largest of 34 × 12`, of numbers with signs `largest by size of 34 × 12`."""
    which = "first" if layout.shows_first else "largest by size" if layout.picture.is_signed else "largest"
    return f"{which} of {figure(layout.blocks[0])} × {figure(layout.blocks[1])}"


def largest_place(block: Array) -> int:
    """Where in a block its largest number by size is; NaN is larger than all, and the −∞ of a mask is 0."""
    flat = block.ravel()
    sizes = np.where(np.isnan(flat), np.inf, np.abs(np.where(np.isneginf(flat), 0, flat)))
    return int(np.argmax(sizes))
