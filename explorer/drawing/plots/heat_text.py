"""A heat map as plain lines: glyphs for sizes and signs, for pipes, for logs and for who sees no colours."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from attn_explore.explorer.drawing.colours import RAMP, glyphs
from attn_explore.explorer.drawing.grid_layout import LABEL, Layout, first_is_shown, shown_of_block
from attn_explore.explorer.drawing.numbers import fitted, short_number
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.drawing.plots.heat_map import MOST_PLANES, HeatMap
from attn_explore.model.axes import Axis
from attn_explore.model.labels import sample
from attn_explore.model.naming import shown_labels, shown_short
from attn_explore.model.text import visible

MOST_ROWS = 48
"""Rows of a plane; of more, each stands for several."""

GLYPHS, WIDEST = 2, 8
"""Cells of a column: those of its glyphs, or as many as its label wants."""


def heat_lines(heat_map: HeatMap, width: int) -> Iterator[str]:
    """Every plane with its words, in at most `width` cells, and what the glyphs mean."""
    picture = heat_map.picture
    layout = _layout(picture, width)
    yield visible(heat_map.title)
    yield _legend(picture)
    for lead in picture.planes[:MOST_PLANES]:
        yield ""
        if name := picture.plane_name(lead):
            yield visible(name)
        yield from _plane(layout, lead)
    if layout.is_pooled:
        yield f"each cell is the {shown_of_block(layout)}{_elsewhere(picture)}"
    if len(picture.planes) > MOST_PLANES:
        yield f"… {len(picture.planes) - MOST_PLANES} more {picture.axes[0].name}s"


def _layout(picture: Picture, width: int) -> Layout:
    """As many columns as fit, as wide as their labels want them where there is room."""
    label = min(LABEL, max(map(cell_len, (_corner(picture), *_some_labels(picture.rows)))))
    room = max(GLYPHS + 1, width - label)
    wanted = max(map(cell_len, _some_labels(picture.columns)), default=GLYPHS)
    column = max(GLYPHS + 1, min(WIDEST + 1, wanted + 1, room // max(1, picture.columns.size)))
    rows, columns = picture.rows.size / MOST_ROWS, picture.columns.size / (room // column)
    blocks = max(1, math.ceil(rows)), max(1, math.ceil(columns))
    first = first_is_shown(picture, next(iter(picture.planes), ()), blocks)
    return Layout(picture, label, column, None, (), blocks, shows_first=first)


def _plane(layout: Layout, lead: Index) -> Iterator[str]:
    """A plane: the words of its columns, then a line for each row."""
    picture, columns, width = layout.picture, layout.drawn[1], layout.column_width
    heads = "".join(f" {fitted(label, width - 1)}" for label in _labels(picture.columns, layout.blocks[1]))
    yield f"{fitted(_corner(picture), layout.label_width)}{heads}".rstrip()
    for row, label in enumerate(_labels(picture.rows, layout.blocks[0])):
        numbers = layout.row(lead, row, range(columns))
        cells = (_glyphs(layout, lead, row, column, number) for column, number in enumerate(numbers))
        line = "".join(f" {cell:<{width - 1}}" for cell in cells)
        yield f"{fitted(label, layout.label_width)}{line}".rstrip()


def _glyphs(layout: Layout, lead: Index, row: int, column: int, number: float) -> str:
    hidden = layout.picture.hidden
    if hidden is not None and hidden[layout.peak(lead, row, column)]:
        return "x"
    return glyphs(number, layout.picture.end)


def _elsewhere(picture: Picture) -> str:
    """Where all numbers are to be had; of what is too large to be held they are not written as one table."""
    return "" if picture.sample is not None else "; -o FILE.csv writes them all"


def _legend(picture: Picture) -> str:
    """What the glyphs mean."""
    ends = f"{RAMP[1:]} from 0 to {short_number(picture.end)}"
    signs = ", with - below 0" if picture.is_signed else ""
    hidden = "; x is masked" if picture.hidden is not None and picture.hidden.any() else ""
    beyond = f"; the largest is {short_number(picture.largest)}" if picture.largest > picture.end else ""
    by = "; these are of a sample" if picture.sample is not None else ""
    return f"{ends}{signs}{hidden}{beyond}{by}"


def _corner(picture: Picture) -> str:
    return f"{picture.rows.name} \\ {picture.columns.name}"


def _some_labels(axis: Axis) -> Sequence[str]:
    """The labels by which the width of rows or columns is judged."""
    labels = shown_labels(axis)
    return _labels(axis, 1) if labels is None else sample(labels)


def _labels(axis: Axis, block: int) -> list[str]:
    """The label of every row or column that is drawn: of a block its first."""
    return [shown_short(axis, place) for place in range(0, axis.size, block)]
