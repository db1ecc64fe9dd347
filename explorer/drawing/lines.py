"""A picture drawn as lines of cells: pure functions, without a widget.

Only the rows and columns that are asked for are turned into text.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import (
    LEVELS,
    Ground,
    alarm_style,
    cursor_style,
    glyphs,
    level,
    quiet_style,
    scale_of,
    style_of,
)
from attn_explore.explorer.drawing.grid_layout import GAP, GLYPHS, Layout, Window, bare, part_in_sight
from attn_explore.explorer.drawing.numbers import fitted, pad, short_number
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.model.axes import Array
from attn_explore.model.cells import Cells

HEADER = 2
"""Lines above the rows: what the plane is, and the columns' labels."""

TICK = 5
"""Zoomed out, one column in so many has its label."""

STRIDES = (3, 5, LEVELS)
"""The legend shows one colour in so many: the first of these for which there is room."""

BOLD = Style(bold=True)
BEYOND = (" and beyond, to {}", " … {}")
"""How the largest number is told that lies beyond the scale, the clearest first."""
DIM = Style(dim=True)
CHANGED = Style(underline=True)


def title_line(layout: Layout, window: Window) -> list[Segment]:
    """The names of the planes, and of the axis that runs along the columns; and by what they are sorted."""
    picture = layout.picture
    segments = [Segment(" " * layout.label_width)]
    if layout.name:
        segments.append(Segment(f"{layout.name}   ", BOLD))
    lead = window.cursor[: len(picture.axes) - 2] if len(picture.axes) > 2 else ()
    for place, plane in enumerate(layout.planes):
        style = BOLD if plane == lead else DIM
        name = picture.plane_name(plane)
        if len(layout.planes) > 1:
            segments += [Segment(fitted(name, layout.plane_width), style), _gap(layout, place)]
        elif name:
            segments.append(Segment(f"{picture.plane_place(plane)}   ", style))
    arrow = f"{'  ' * (len(layout.planes) > 1)}{picture.columns.name} →" if picture.columns.name else ""
    room, said = window.width - _cells_of(segments), picture.order.said
    ways = (*(f"{arrow}   {each}" for each in said), *said[1:], "sorted") if said else (arrow,)
    return [*segments, Segment(next((way for way in ways if cell_len(way) <= room), ""), DIM)]


def _gap(layout: Layout, place: int) -> Segment:
    """The space between a plane and the next one; none after the last."""
    return Segment(" " * GAP if place < len(layout.planes) - 1 else "")


def header_line(layout: Layout, window: Window) -> list[Segment]:
    """The corner with the names of both axes, then the columns' labels."""
    picture = layout.picture
    corner = f"{picture.rows.name} ↓" if picture.rows.name else ""
    segments = [Segment(fitted(corner, layout.label_width), DIM)]
    cursor_column = window.cursor[-1] // layout.blocks[1] if window.cursor else -1
    columns = window.columns(layout)
    labels = _ticks if layout.column_width == GLYPHS else _labels
    for place in range(len(layout.planes)):
        segments += [*labels(layout, columns, cursor_column), _gap(layout, place)]
    return segments


def _labels(layout: Layout, columns: range, cursor: int) -> list[Segment]:
    """The label of every column: over its numbers at their right edge, over its colours where they begin."""
    room, is_right = layout.column_width - 1, layout.numbers is not None
    texts = [fitted(layout.picture.column_name(column), room, is_right) for column in columns]
    return [
        Segment(f" {text}" if is_right else f"{text} ", BOLD if column == cursor else DIM)
        for column, text in zip(columns, texts, strict=True)
    ]


def _ticks(layout: Layout, columns: range, cursor: int) -> list[Segment]:
    """Two cells are no room for a label: every fifth column has one, from where it stands to the right."""
    segments, slot = [], GLYPHS * TICK
    for first in columns[::TICK]:
        room = min(slot, GLYPHS * (columns.stop - first))
        label = layout.picture.column_name(first * layout.blocks[1])
        has_room = room == slot or cell_len(label) <= room
        text = pad(fitted(label if has_room else "", min(room, slot - 1)), room)
        segments.append(Segment(text, BOLD if first <= cursor < first + TICK else DIM))
    return segments


def row_line(layout: Layout, window: Window, row: int) -> list[Segment]:
    """One drawn row of every plane: its label, then its numbers."""
    picture = layout.picture
    lead = window.cursor[:-2]
    cursor_row = (window.cursor[-2] if len(window.cursor) > 1 else 0) // layout.blocks[0]
    label = fitted(picture.row_name(row * layout.blocks[0]), layout.label_width - 1) + " "
    segments = [Segment(label, BOLD if row == cursor_row else DIM)]
    columns = window.columns(layout)
    for place, plane in enumerate(layout.planes):
        here = window.cursor[-1] // layout.blocks[1] if row == cursor_row and plane == lead and window.cursor else -1
        segments += cells_of_row(layout, window.ground, plane, row, columns, here)
        segments.append(_gap(layout, place))
    return segments


def cells_of_row(
    layout: Layout, ground: Ground, plane: Index, row: int, columns: range, cursor: int = -1
) -> list[Segment]:
    """The numbers of one drawn row of a plane, that in the column `cursor` as the one under the cursor."""
    picture, numbers, hidden = layout.picture, layout.row(plane, row, columns), _hidden(layout, row, columns)
    changed = _marked(layout, picture.changed if layout.numbers is not None else None, plane, row, columns)
    veil = _marked(layout, picture.veiled, plane, row, columns)
    scale, quiet, end = scale_of(ground, layout.numbers is None), quiet_style(ground), picture.end
    segments = []
    for place, (column, number) in enumerate(zip(columns, numbers, strict=True)):
        is_hidden = hidden is not None and bool(hidden[place])
        text = _text(layout, number, is_hidden)
        style = quiet if is_hidden else scale[level(number, end)] if math.isfinite(number) else alarm_style(ground)
        if veil is not None and veil[place]:
            text, style = pad("?", layout.column_width, right=True), quiet
        if changed is not None and changed[place]:
            style += CHANGED
        if column == cursor:
            text, style = _frame(layout.column_width) if layout.numbers is None else text, cursor_style(ground)
        segments.append(Segment(text, style))
    return segments


def _frame(width: int) -> str:
    """What stands in the cell under the cursor, where there is no number: it is seen without colours too."""
    return f"[{' ' * (width - 2)}]"


def _marked(layout: Layout, cells: Cells | None, plane: Index, row: int, columns: range) -> Array | None:
    """What is marked of the first cell that each drawn one of a row stands for; None where nothing is."""
    if cells is None:
        return None
    height, width = layout.blocks
    there = slice(columns.start * width, columns.stop * width)
    return layout.picture.part(cells, plane, slice(row * height, row * height + 1), there)[0, ::width]


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
        width = layout.column_width
        return "╳" * width if is_hidden else glyphs(number, layout.picture.end, width)
    text = layout.numbers(number)
    if is_hidden:
        text = f"╳{'' if number == 0 else text.strip()}".rjust(layout.numbers.width)
    return pad(text, layout.column_width, right=True)


def _scale(picture: Picture, ground: Ground, zoomed_out: bool, stride: int, beyond: str = BEYOND[0]) -> list[Segment]:
    """The colours from the lowest to the largest number, or the glyphs where those stand for numbers.

    Where some numbers lie beyond the scale, it says up to which; and where it is one of a sample, that.
    """
    if picture.end == 0 and picture.veiled is not None:
        return [Segment("the numbers come with the answer", DIM)]
    if picture.end == 0:
        return [Segment(_all_zero(picture.seen), DIM)]
    low = short_number(-picture.end) if picture.is_signed else "0"
    segments = [Segment(f"{low} ", DIM)]
    for step in range(-LEVELS if picture.is_signed else 0, LEVELS + 1, stride):
        zero = " 0" if step == 0 and picture.is_signed else "  "
        text = glyphs(step * picture.end / LEVELS, picture.end) if zoomed_out else zero
        segments.append(Segment(text, style_of(step, ground, soft=zoomed_out)))
    rest = beyond.format(short_number(picture.largest)) if picture.largest > picture.end else ""
    by = (" in a sample" if beyond == BEYOND[0] else " sampled") if picture.sample is not None else ""
    return [*segments, Segment(f" {short_number(picture.end)}{rest}{by}", DIM)]


def _all_zero(numbers: Array) -> str:
    """What is said of numbers of which none is finite and other than 0."""
    finite = np.isfinite(numbers)
    if numbers.size and not finite.any():
        return "no number is finite"
    return "every number is 0" if finite.all() else "every other number is 0"


def legend_line(layout: Layout, window: Window, rows: range) -> list[Segment]:
    """What the colours mean: the ends of the scale, masked cells and NaN where there are any; and what is in sight.

    Where that is too long, the scale has fewer colours, but not two while words can be shorter; then the axes of what
    is in sight are not named; then parts are left out, never cut, and the last stays longest.
    """
    picture, ground, is_zoomed_out = layout.picture, window.ground, layout.numbers is None
    others = []
    if picture.hidden is not None and picture.hidden.any():
        others.append([Segment("╳", quiet_style(ground)), Segment(" masked", DIM)])
    if picture.changed is not None and not is_zoomed_out:
        others.append([Segment("moved", CHANGED), Segment(" by edits", DIM)])
    if picture.bad:
        count = "" if picture.sample is not None else f" {picture.bad}"
        others.append([Segment("NaN", alarm_style(ground)), Segment(f"{count} not finite", DIM)])
    notes = [[[Segment(note, DIM)]] if note else [] for note in part_in_sight(layout, window, rows)]
    worded = list(product(BEYOND, notes))
    ways = [*product(worded, STRIDES[:-1]), (worded[-1], STRIDES[-1])]
    if not is_zoomed_out and notes[-1]:
        ways.append(((BEYOND[-1], [[Segment(bare(notes[-1][0][0].text), DIM)]]), STRIDES[-1]))
    for (beyond, note), stride in ways:
        line = _spaced([_scale(picture, ground, is_zoomed_out, stride, beyond), *others, *note])
        if _cells_of(line) <= window.width:
            return line
    parts = [_scale(picture, ground, is_zoomed_out, STRIDES[-1], BEYOND[-1]), *others, *notes[-1]]
    while len(parts) > 1 and _cells_of(_spaced(parts)) > window.width:
        parts.pop(1 if len(parts) > 2 else 0)
    return _spaced(parts)


def _spaced(parts: list[list[Segment]]) -> list[Segment]:
    return [segment for part in parts for segment in (Segment("   "), *part)][1:]


def _cells_of(segments: list[Segment]) -> int:
    return sum(segment.cell_length for segment in segments)
