"""A tensor as a notebook shows it: its words, and its numbers in the colours of the explorer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from attn_explore.explorer.drawing.numbers import Numbers, numbers_for, short_number
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.explorer.notebook.html_parts import (
    MASKED,
    NO_NUMBER,
    HtmlCell,
    coloured,
    heading,
    html_table,
    paragraph,
    together,
)
from attn_explore.explorer.telling.headings import shape
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.explorer.telling.plain import Part, part_shown
from attn_explore.model.naming import shown_short
from attn_explore.model.values import Value

SHOWN = 16
"""Rows and columns that are shown of a tensor, and HEADS of its heads."""
HEADS = 4
_DIGITS = 8
"""Cells that a number may take."""


def tensor_html(value: Value, title: str, formula: str, mask: Value | None = None) -> str:
    """A table for each head, with what is not shown in words. `mask` (query, key) is −∞ where cells are masked."""
    where = "" if value.path == title else f"{value.path}: "
    return together((heading(title, formula), paragraph(f"{where}{shape(value)}"), *_body(value, mask)))


def _body(value: Value, mask: Value | None) -> Iterator[str]:
    if (elsewhere := value.elsewhere) is not None:
        yield paragraph(f"{elsewhere.what}: {elsewhere.hint}")
        return
    if not value.axes:
        yield paragraph(short_number(float(value.array)))
        return
    if not value.size:
        return
    picture = picture_of(value, mask)
    numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, _DIGITS)
    planes = picture.planes
    for lead in planes[:HEADS]:
        part = part_shown(value, lead, SHOWN)
        yield _table(picture, lead, part, numbers)
        if left := ", ".join(_left_out(picture, part)):
            yield paragraph(f"… {left}")
    if len(planes) > HEADS:
        yield paragraph(f"… {len(planes) - HEADS} more {' × '.join(axis.name for axis in value.axes[:-2])}")
    yield paragraph(_colours(picture))


def _table(picture: Picture, lead: Index, part: Part, numbers: Numbers) -> str:
    """The rows and columns of a plane that are shown."""
    rows, columns = picture.rows, picture.columns
    body = (
        (
            shown_short(rows, row),
            [
                _cell(picture, lead, (row, column), float(number), numbers)
                for column, number in zip(part.columns, line, strict=True)
            ],
        )
        for row, line in zip(part.rows, part.numbers, strict=True)
    )
    corner = f"{rows.name} \\ {columns.name}" if rows.name else columns.name
    return html_table(picture.plane_name(lead), corner, [shown_short(columns, each) for each in part.columns], body)


def _cell(picture: Picture, lead: Index, at: Index, number: float, numbers: Numbers) -> HtmlCell:
    text = numbers(number).strip()
    row, column = at
    if picture.hidden is not None and picture.hidden[row, column]:
        return HtmlCell(text, MASKED)
    return HtmlCell(text, coloured(number, picture.end) if math.isfinite(number) else NO_NUMBER)


def _left_out(picture: Picture, part: Part) -> Iterator[str]:
    for axis, places in ((picture.rows, part.rows), (picture.columns, part.columns)):
        if len(places) < axis.size:
            yield f"{axis.size - len(places)} more {axis.name}"


def _colours(picture: Picture) -> str:
    """What the colours mean."""
    end = short_number(picture.end)
    scale = f"−{end} is blue, 0 white, {end} orange" if picture.is_signed else f"0 is white, {end} orange"
    beyond = "; numbers beyond are as strong" if picture.largest > picture.end else ""
    masked = "; grey is masked" if picture.hidden is not None and picture.hidden.any() else ""
    return f"{scale}{beyond}{masked}"
