"""Values as plain lines: tables, comma-separated lines, and where a number comes from. No colours, no escapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np
from rich.cells import cell_len

from attn_explore.explorer.drawing.arithmetic import Manner
from attn_explore.explorer.drawing.blocks import Block, as_text, links
from attn_explore.explorer.drawing.folding import folded
from attn_explore.explorer.drawing.numbers import pad, short_number
from attn_explore.explorer.drawing.plots.heat_files import MOST_COLUMNS, check_columns, csv_line, csv_lines
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import cell_text
from attn_explore.explorer.telling.uses import use_blocks
from attn_explore.model.axes import Array, Axis
from attn_explore.model.cells import is_by_columns, picked
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.labels import Labels
from attn_explore.model.naming import bracketed, shown, shown_short
from attn_explore.model.text import clip
from attn_explore.model.values import Value

LONGEST_LABEL = 40
"""Characters of a word that a table shows."""
OF_VOCABULARY = 20
"""Rows or columns that a table has of a vocabulary that is not laid out."""

ENDLESS = 10**6
"""Cells of a line that is as long as it needs to be."""

_GAP = "  "
_INDENT = "    "


def table(value: Value, window: int | None = None, room: int | None = None) -> Iterator[str]:
    """The numbers of a value as aligned tables with the labels of the axes, one for each head.

    `window` bounds heads, rows and columns, and `room` the cells of a line. Of a vocabulary that is not laid out there
    are a few columns: of a step those with the largest numbers in the last row, which says what comes next.
    """
    if not value.axes:
        yield short_number(float(value[()]))
        return
    planes = list(np.ndindex(value.shape[:-2]))
    for lead in planes[:window]:
        named = [shown(axis, place) for axis, place in zip(value.axes, lead, strict=False)]
        if named:
            yield f"{', '.join(named)}:"
        yield from _matrix(value, lead, window, room)
    if len(planes[:window]) < len(planes):
        yield f"… {len(planes) - len(planes[:window])} more {value.axes[0].name}"


def explained(session: Session, depth: int, width: int = ENDLESS) -> Iterator[str]:
    """Where the number of the cell that is looked at comes from, followed `depth` steps back, and where it goes.

    No line has more than `width` cells; what has no room goes on below, so that no number is cut.
    """
    room = width - len(_INDENT)
    value, index = session.place.value, session.place.index
    waiting: list[tuple[Value, Index, int]] = [(value, index, 1)]
    seen: set[tuple[str, Index]] = set()
    for value, index, level in waiting:
        if (value.path, index) in seen:
            continue
        seen.add((value.path, index))
        found = cell_text.cell_blocks(session, value, index, Manner(unfolded=True))
        yield from wrapped(f"{value.path}{bracketed(value.axes, index)}", width)
        yield from _folded(found, room)
        if note := cell_text.cell_note(value, index):
            yield from (f"{_INDENT}{line}" for line in wrapped(note, room))
        yield ""
        if level < depth:
            waiting += [(link.value, link.index, level + 1) for link in links(found)]
    yield "where it goes"
    yield from _folded(use_blocks(session.run.trace, session.place.value, session.place.index), room)


def _folded(found: Iterable[Block], room: int) -> Iterator[str]:
    """The lines of some blocks, indented, each of at most `room` cells."""
    yield from (f"{_INDENT}{line}" for block in found for line in as_text(folded(block, room)))


def csv(value: Value) -> Iterator[str]:
    """The numbers of a value as comma-separated lines: the labels of every axis but the last, then a row of numbers.

    Raises Problem for a value of more columns than a table may have.
    """
    check_columns(value.axes, "--rows writes a line for each number")
    return csv_lines(value.name, value.pieces(), value.axes)


def csv_rows(value: Value) -> Iterator[str]:
    """The numbers of a value as comma-separated lines, one for each: the labels of every axis, then the number."""
    yield csv_line([*value.names, value.name])
    for start, part in value.pieces():
        for index in np.ndindex(part.shape):
            places = (start + index[0], *index[1:]) if index else ()
            labels = (shown(axis, place) for axis, place in zip(value.axes, places, strict=True))
            yield csv_line([*labels, repr(part[index].item())])


@dataclass(frozen=True, eq=False)
class Part:
    """The part of a plane that a table has: which rows and columns, and their numbers."""

    rows: range
    columns: Sequence[int]
    numbers: Array


def part_shown(value: Value, lead: Index, window: int | None) -> Part:
    """What a table shows of a plane of a value that has axes: see `table`."""
    columns, rows = value.axes[-1], value.axes[-2] if len(value.axes) > 1 else None
    height = len(_places(rows, window)) if rows else 1
    last = None if value.is_leaf else value[(*lead, height - 1)] if rows else value[()]
    places = _places(columns, window or (OF_VOCABULARY if value.is_large else None), last)
    return Part(range(height), places, _part(value, lead, range(height), places))


def _matrix(value: Value, lead: Index, window: int | None, room: int | None) -> Iterator[str]:
    columns, rows = value.axes[-1], value.axes[-2] if len(value.axes) > 1 else None
    part = part_shown(value, lead, window)
    height, width = len(part.rows), len(part.columns)
    longest = LONGEST_LABEL if room is None else min(LONGEST_LABEL, max(1, room // 3))
    labels = [_label(rows, row, longest) if rows else "" for row in part.rows]
    heads = [_label(columns, column, longest) for column in part.columns]
    texts = [[short_number(float(number)) for number in line] for line in part.numbers]
    corner = f"{rows.name} \\ {columns.name}" if rows else columns.name
    label_width = max(cell_len(label) for label in (corner, *labels))
    widths = [max(cell_len(text) for text in (heads[c], *(line[c] for line in texts))) for c in range(width)]
    if room is not None:
        ends = accumulate((size + len(_GAP) for size in widths), initial=label_width)
        width = max(1, sum(end <= room for end in ends) - 1)
    for label, line in zip((corner, *labels), (heads, *texts), strict=True):
        numbers = (pad(text, size, right=True) for text, size in zip(line[:width], widths, strict=False))
        yield _GAP.join((pad(label, label_width), *numbers))
    left = [f"{rows.size - height} more {rows.name}"] if rows and height < rows.size else []
    left += [f"{columns.size - width} more {columns.name}"] if width < columns.size else []
    if left:
        yield f"… {', '.join(left)}"


def _part(value: Value, lead: Index, rows: Sequence[int], columns: Sequence[int]) -> Array:
    """The numbers of a plane at some rows and columns."""
    if value.is_large and len(value.axes) > 1:
        return picked(value, lead, rows, columns, is_by_columns(value))
    part: Array = np.atleast_2d(value[lead])[np.ix_(rows, columns)]
    return part


def _places(axis: Axis, window: int | None, numbers: Array | None = None) -> Sequence[int]:
    """The places along an axis that a table has: the first, or those with the largest `numbers` of a vocabulary."""
    is_laid_out = not isinstance(axis.labels, Labels) and (axis.labels is not None or axis.size <= MOST_COLUMNS)
    most = min(axis.size, window or (axis.size if is_laid_out else OF_VOCABULARY))
    if is_laid_out or numbers is None or most == axis.size:
        return range(most)
    return [int(place) for place in np.argsort(-np.nan_to_num(numbers, nan=-np.inf), kind="stable")[:most]]


def _label(axis: Axis, index: int, longest: int) -> str:
    return clip(shown_short(axis, index), longest)
