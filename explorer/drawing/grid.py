"""How a tensor is laid out and drawn as lines of cells: pure functions, without a widget.

A tensor is drawn a plane at a time: the last axis runs along the columns, the one before down the rows, and the others
(the heads) pick the plane. Only the rows and columns that are asked for are turned into text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import (
    CURSOR_GLYPHS,
    LEVELS,
    Ground,
    alarm_style,
    cursor_style,
    glyphs,
    level,
    quiet_style,
    scale_end,
    style_of,
)
from attn_explore.explorer.drawing.numbers import Numbers, fitted, numbers_for, pad, short_number
from attn_explore.model.axes import Array, Axis
from attn_explore.model.text import visible

Index = tuple[int, ...]

LABEL = 14
"""Cells that a row's label takes at most."""
COLUMN = 10
"""Cells that a column takes at most, the space between columns included."""
GLYPHS = 2
"""Cells that a number takes when it is zoomed out."""
TICK = 5
"""Zoomed out, every so manieth column has its label."""
GAP = 3
"""Cells between two heads that are drawn side by side."""

STRIDES = (3, 5, LEVELS)
"""Every so manieth colour is in the legend: the first of these for which there is room."""

HEADER = 2
"""Lines above the rows: what the plane is, and the columns' labels."""

NO_AXIS = Axis("", 1, ("",))

BOLD = Style(bold=True)
DIM = Style(dim=True)
MOVED = Style(underline=True)


@dataclass(frozen=True, eq=False)
class Picture:
    """A tensor to draw. `hidden` says which (query, key) cells are masked, `moved` which cells an edit changed,
    `veiled` whose numbers are not shown yet, `scale` where the colours end, when two pictures share a scale.

    `largest` is the largest finite number by size; `end`, where the scale of the colours ends, is most often the same.
    """

    array: Array
    axes: tuple[Axis, ...]
    hidden: Array | None = None
    moved: Array | None = None
    veiled: Array | None = None
    scale: tuple[float, bool] | None = None
    largest: float = field(init=False)
    end: float = field(init=False)
    is_signed: bool = field(init=False)
    is_whole: bool = field(init=False)
    bad: int = field(init=False)

    def __post_init__(self) -> None:
        """Look at every number once, here; a frame looks only at those in sight."""
        finite = np.isfinite(self.array)
        numbers = self.array if finite.all() else np.where(finite, self.array, 0)
        object.__setattr__(self, "largest", float(max(numbers.max(initial=0), -numbers.min(initial=0))))
        object.__setattr__(self, "is_signed", bool(numbers.min(initial=0) < 0))
        object.__setattr__(self, "end", scale_end(numbers) if self.is_signed else self.largest)
        if self.scale is not None:
            object.__setattr__(self, "end", self.scale[0])
            object.__setattr__(self, "is_signed", self.scale[1])
        object.__setattr__(self, "is_whole", bool((numbers == np.rint(numbers)).all()))
        object.__setattr__(self, "bad", int((~finite & ~np.isneginf(self.array)).sum()))

    def together(self, other: Picture) -> tuple[Picture, Picture]:
        """Two pictures on one scale of colours: the wider one."""
        scale = (max(self.end, other.end), self.is_signed or other.is_signed)
        return replace(self, scale=scale), replace(other, scale=scale)

    @property
    def rows(self) -> Axis:
        """The axis down the rows; a vector is a single row."""
        return self.axes[-2] if len(self.axes) > 1 else NO_AXIS

    @property
    def columns(self) -> Axis:
        """The axis along the columns."""
        return self.axes[-1] if self.axes else NO_AXIS

    @property
    def planes(self) -> list[Index]:
        """The leading indices of every plane."""
        return list(np.ndindex(self.array.shape[:-2]))

    def plane(self, lead: Index) -> Array:
        """The matrix under some leading indices."""
        return np.atleast_2d(self.array[lead])

    def plane_name(self, lead: Index) -> str:
        """`head 1`, or nothing when there is a single plane."""
        return " · ".join(axis.label(place) for axis, place in zip(self.axes, lead, strict=False) if axis.size > 1)

    def plane_place(self, lead: Index) -> str:
        """`head 1 of 4`, `a = 10 (2 of 3)`, or nothing when there is a single plane."""
        places = zip(self.axes, lead, strict=False)
        return " · ".join(_place(axis, place) for axis, place in places if axis.size > 1)


def _place(axis: Axis, index: int) -> str:
    """Where a plane stands along an axis: a label of its own needs the number as well."""
    own = axis.label(index)
    return f"{own} of {axis.size}" if axis.labels is None else f"{own} ({index + 1} of {axis.size})"


@dataclass(frozen=True, eq=False)
class Layout:
    """Where things stand for one picture in one width. `blocks` is how many rows and columns one drawn cell pools."""

    picture: Picture
    label_width: int
    column_width: int
    numbers: Numbers | None
    planes: tuple[Index, ...]
    blocks: tuple[int, int] = (1, 1)

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

    def peak(self, lead: Index, row: int, column: int) -> tuple[int, int]:
        """Row and column of the number that a drawn cell shows: its own, or the largest of the block it stands for."""
        top, left = row * self.blocks[0], column * self.blocks[1]
        block = self.picture.plane(lead)[top : top + self.blocks[0], left : left + self.blocks[1]]
        down, right = np.unravel_index(_largest(block), block.shape)
        return top + int(down), left + int(right)

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
    label_width = min(LABEL, _label_width(picture)) + 1
    if zoomed_out:
        room = max(1, (width - label_width) // GLYPHS)
        sizes = zip((picture.rows.size, picture.columns.size), (max(lines, 1), room), strict=True)
        height, columns = (max(1, math.ceil(size / place)) for size, place in sizes)
        return Layout(picture, label_width, GLYPHS, None, (lead,), (height, columns))
    if all_planes and len(picture.planes) > 1:
        together = _with_room(picture, tuple(picture.planes), width, label_width)
        if together.width <= width:
            return together
    return _with_room(picture, (lead,), width, label_width)


def _with_room(picture: Picture, planes: tuple[Index, ...], width: int, label_width: int) -> Layout:
    columns = picture.columns.size * len(planes)
    room = (width - label_width - GAP * (len(planes) - 1)) // max(columns, 1)
    digits = min(COLUMN, max(room, 7 if len(planes) == 1 else 6)) - 1
    numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, digits)
    labels = max((cell_len(visible(label)) for label in _column_labels(picture.columns)), default=0)
    wanted = max(numbers.width, min(labels, COLUMN - 1)) + 1
    return Layout(picture, label_width, max(numbers.width + 1, min(wanted, room)), numbers, planes)


def _column_labels(columns: Axis) -> Sequence[str]:
    """The labels of the columns; of numbered ones the last, which is the longest."""
    return columns.labels or ([columns.short_label(columns.size - 1)] if columns.size else ())


def _label_width(picture: Picture) -> int:
    rows = picture.rows
    corner = cell_len(f"{rows.name} ↓")
    if rows.labels is not None:
        return max(corner, max((cell_len(visible(label)) for label in rows.labels), default=0))
    return max(corner, len(rows.short_label(max(rows.size, 1) - 1)))


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


def title_line(layout: Layout, window: Window) -> list[Segment]:
    """The names of the planes, and of the axis that runs along the columns."""
    picture = layout.picture
    segments = [Segment(" " * layout.label_width)]
    lead = window.cursor[: len(picture.axes) - 2] if len(picture.axes) > 2 else ()
    for place, plane in enumerate(layout.planes):
        style = BOLD if plane == lead else DIM
        name = picture.plane_name(plane)
        if len(layout.planes) > 1:
            segments += [Segment(fitted(name, layout.plane_width), style), _gap(layout, place)]
        elif name:
            segments.append(Segment(f"{picture.plane_place(plane)}   ", style))
    arrow = f"{'  ' * (len(layout.planes) > 1)}{picture.columns.name} →" if picture.columns.name else ""
    has_room = sum(segment.cell_length for segment in segments) + cell_len(arrow) <= window.width
    return [*segments, Segment(arrow if has_room else "", DIM)]


def _gap(layout: Layout, place: int) -> Segment:
    """The space between a plane and the next one; none after the last."""
    return Segment(" " * GAP if place < len(layout.planes) - 1 else "")


def part_in_sight(layout: Layout, window: Window, rows: range) -> str:
    """Which rows and columns are in sight when not all are (`query 12–40/512, key 0–6/512`), or what a cell pools."""
    axes = (layout.picture.rows, layout.picture.columns)
    if layout.numbers is None:
        height, width = layout.blocks
        return f"each cell: the largest of {height} × {width}" if height * width > 1 else "zoomed out"
    seen = zip(axes, (rows, window.columns(layout)), strict=True)
    return ", ".join(
        f"{axis.name} {part.start}–{part.stop - 1}/{axis.size}" for axis, part in seen if len(part) < axis.size
    )


def header_line(layout: Layout, window: Window) -> list[Segment]:
    """The corner with the names of both axes, then the columns' labels."""
    picture = layout.picture
    corner = f"{picture.rows.name} ↓" if picture.rows.name else ""
    segments = [Segment(fitted(corner, layout.label_width), DIM)]
    cursor_column = window.cursor[-1] // layout.blocks[1] if window.cursor else -1
    columns = window.columns(layout)
    if layout.numbers is None:
        return [*segments, *_ticks(layout, columns, cursor_column)]
    for place in range(len(layout.planes)):
        for column in columns:
            label = fitted(picture.columns.short_label(column), layout.column_width - 1, right=True)
            segments.append(Segment(" " + label, BOLD if column == cursor_column else DIM))
        segments.append(_gap(layout, place))
    return segments


def _ticks(layout: Layout, columns: range, cursor: int) -> list[Segment]:
    """Two cells are no room for a label: every fifth column has one, from where it stands to the right."""
    segments, slot = [], GLYPHS * TICK
    for first in columns[::TICK]:
        room = min(slot, GLYPHS * (columns.stop - first))
        label = layout.picture.columns.short_label(first * layout.blocks[1])
        has_room = room == slot or cell_len(visible(label)) <= room
        text = pad(fitted(label if has_room else "", min(room, slot - 1)), room)
        segments.append(Segment(text, BOLD if first <= cursor < first + TICK else DIM))
    return segments


def row_line(layout: Layout, window: Window, row: int) -> list[Segment]:
    """One drawn row of every plane: its label, then its numbers."""
    picture = layout.picture
    lead = window.cursor[:-2]
    cursor_row = (window.cursor[-2] if len(window.cursor) > 1 else 0) // layout.blocks[0]
    label = fitted(picture.rows.short_label(row * layout.blocks[0]), layout.label_width - 1) + " "
    segments = [Segment(label, BOLD if row == cursor_row else DIM)]
    columns = window.columns(layout)
    for place, plane in enumerate(layout.planes):
        here = window.cursor[-1] // layout.blocks[1] if row == cursor_row and plane == lead and window.cursor else -1
        segments += _cells(layout, window.ground, plane, row, columns, here)
        segments.append(_gap(layout, place))
    return segments


def _cells(layout: Layout, ground: Ground, plane: Index, row: int, columns: range, cursor: int) -> list[Segment]:
    numbers = _window(layout, layout.picture.plane(plane), row, columns)
    hidden = _hidden(layout, row, columns)
    moved = layout.picture.moved
    changed = None if moved is None or layout.numbers is None else np.atleast_2d(moved[plane])[row]
    veil = None if layout.picture.veiled is None else np.atleast_2d(layout.picture.veiled[plane])
    segments = []
    for place, (column, number) in enumerate(zip(columns, numbers, strict=True)):
        is_hidden = hidden is not None and bool(hidden[place])
        text = _text(layout, number, is_hidden)
        style = _style(layout, number, is_hidden, ground)
        if veil is not None and veil[row * layout.blocks[0], column * layout.blocks[1]]:
            text, style = pad("?", layout.column_width, right=True), quiet_style(ground)
        if changed is not None and changed[column]:
            style += MOVED
        if column == cursor:
            text, style = CURSOR_GLYPHS if layout.numbers is None else text, cursor_style(ground)
        segments.append(Segment(text, style))
    return segments


def _window(layout: Layout, plane: Array, row: int, columns: range) -> Sequence[float]:
    """The numbers of a drawn row: themselves, or the largest by size of each block."""
    height, width = layout.blocks
    if layout.blocks == (1, 1):
        return [float(number) for number in plane[row, columns.start : columns.stop]]
    strip = plane[row * height : (row + 1) * height, columns.start * width : columns.stop * width]
    blocks = (strip[:, start : start + width] for start in range(0, strip.shape[1], width))
    return [float(block.flat[_largest(block)]) for block in blocks]


def _largest(block: Array) -> int:
    """Where in a block its largest number by size is; NaN is larger than all, and the −∞ of a mask is 0."""
    flat = block.ravel()
    sizes = np.where(np.isnan(flat), np.inf, np.abs(np.where(np.isneginf(flat), 0, flat)))
    return int(np.argmax(sizes))


def _hidden(layout: Layout, row: int, columns: range) -> Array | None:
    hidden = layout.picture.hidden
    if hidden is None:
        return None
    height, width = layout.blocks
    block = hidden[row * height : (row + 1) * height, columns.start * width : columns.stop * width]
    strip = np.asarray(block.all(axis=0))
    return np.array([strip[start : start + width].all() for start in range(0, len(strip), width)])


def _text(layout: Layout, number: float, is_hidden: bool) -> str:
    if layout.numbers is None:
        return "╳╳" if is_hidden else glyphs(number, layout.picture.end)
    text = layout.numbers(number)
    if is_hidden:
        text = f"╳{'' if number == 0 else text.strip()}".rjust(layout.numbers.width)
    return pad(text, layout.column_width, right=True)


def _style(layout: Layout, number: float, is_hidden: bool, ground: Ground) -> Style:
    if is_hidden:
        return quiet_style(ground)
    if not math.isfinite(number):
        return alarm_style(ground)
    return style_of(level(number, layout.picture.end), ground, soft=layout.numbers is None)


def _scale(picture: Picture, ground: Ground, zoomed_out: bool, stride: int) -> list[Segment]:
    """The colours from the lowest to the largest number, or the glyphs where those stand for numbers."""
    if picture.end == 0 and picture.veiled is not None:
        return [Segment("the numbers come with the answer", DIM)]
    if picture.end == 0:
        others = "other " if np.isneginf(picture.array).any() else ""
        return [Segment(f"every {others}number is 0", DIM)]
    low = short_number(-picture.end) if picture.is_signed else "0"
    segments = [Segment(f"{low} ", DIM)]
    for step in range(-LEVELS if picture.is_signed else 0, LEVELS + 1, stride):
        zero = " 0" if step == 0 and picture.is_signed else "  "
        text = glyphs(step * picture.end / LEVELS, picture.end) if zoomed_out else zero
        segments.append(Segment(text, style_of(step, ground, soft=zoomed_out)))
    beyond = f" and beyond, to {short_number(picture.largest)}" if picture.largest > picture.end else ""
    return [*segments, Segment(f" {short_number(picture.end)}{beyond}", DIM)]


def legend_line(layout: Layout, window: Window, rows: range) -> list[Segment]:
    """What the colours mean: the ends of the scale, masked cells and NaN where there are any; and what is in sight.

    Where that is too long, the scale has fewer colours; then parts are left out, never cut, and the last stays longest.
    """
    picture, ground, is_zoomed_out = layout.picture, window.ground, layout.numbers is None
    others = []
    if picture.hidden is not None and picture.hidden.any():
        others.append([Segment("╳", quiet_style(ground)), Segment(" masked", DIM)])
    if picture.moved is not None and not is_zoomed_out:
        others.append([Segment("moved", MOVED), Segment(" by edits", DIM)])
    if picture.bad:
        others.append([Segment("NaN", alarm_style(ground)), Segment(f" {picture.bad} not finite", DIM)])
    if note := part_in_sight(layout, window, rows):
        others.append([Segment(note, DIM)])
    for stride in STRIDES:
        line = _spaced([_scale(picture, ground, is_zoomed_out, stride), *others])
        if _cells_of(line) <= window.width:
            return line
    parts = [_scale(picture, ground, is_zoomed_out, STRIDES[-1]), *others]
    while len(parts) > 1 and _cells_of(_spaced(parts)) > window.width:
        parts.pop(1 if len(parts) > 2 else 0)
    return _spaced(parts)


def _spaced(parts: list[list[Segment]]) -> list[Segment]:
    return [segment for part in parts for segment in (Segment("   "), *part)][1:]


def _cells_of(segments: list[Segment]) -> int:
    return sum(segment.cell_length for segment in segments)
