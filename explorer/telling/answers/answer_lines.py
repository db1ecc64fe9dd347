"""An answer as plain lines: an aligned table, in pieces where the line is too short, and comma-separated lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attn_explore.explorer.drawing.numbers import most_cells, pad, shortened
from attn_explore.explorer.drawing.plots.heat_files import csv_line
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.telling.answers.answer import Answer, Cell

ESTIMATED = "≈"
"""Before a number that is only estimated."""

_GAP = "  "
_LONGEST = 24
"""Cells that the text of a cell or the head of a column takes at most where there is no room for all; it ends in …."""
_LONGEST_LABEL = 40
_SHORTEST_LABEL = 12
_ENDLESS = 10**6


def answer_lines(answer: Answer, width: int) -> Iterator[str]:
    """What is said, then the table in lines of at most `width` cells: columns that have no room follow below."""
    for text in (answer.title, *answer.said):
        yield from wrapped(text, width)
    yield ""
    labels, columns = _fitting(answer, width)
    pieces = list(_pieces([most_cells(column[0]) for column in columns], width - most_cells(labels[0])))
    for first, end in pieces:
        if first:
            yield ""
        if len(pieces) > 1:
            yield _which(answer, first, end)
        for row, label in enumerate(labels):
            yield _GAP.join((label, *(column[row] for column in columns[first:end]))).rstrip()


def answer_csv(answer: Answer) -> Iterator[str]:
    """A line for each row: numbers with every digit, texts, and where a column has both, a column more for numbers."""
    both = [_has_both([row.cells[place] for row in answer.rows]) for place in range(len(answer.columns))]
    heads = zip(answer.columns, both, strict=True)
    yield csv_line([answer.down, *(part for head, two in heads for part in _of_two(head, answer.measure, two))])
    for row in answer.rows:
        cells = zip(row.cells, both, strict=True)
        yield csv_line([row.label, *(part for cell, two in cells for part in _exact(cell, two))])


def _has_both(cells: Sequence[Cell]) -> bool:
    return any(cell.number is not None and not is_number(cell.text) for cell in cells)


def _of_two(head: str, measure: str, has_both: bool) -> Iterator[str]:
    yield head
    if has_both:
        yield f"{head}: {measure}"


def _exact(cell: Cell, has_both: bool) -> Iterator[str]:
    number = "" if cell.number is None else repr(cell.number)
    yield from (cell.text, number) if has_both else (number or cell.text,)


def _which(answer: Answer, first: int, end: int) -> str:
    """Which columns a piece of the table has: not all of them need be tokens or heads, and those count from 0."""
    places = f"column {first + 1}" if end == first + 1 else f"columns {first + 1} to {end}"
    return f"{places} of {len(answer.columns)}:"


def _fitting(answer: Answer, width: int) -> tuple[list[str], list[list[str]]]:
    """The labels and the columns: as they are where a line has room for that, else with long texts cut."""
    labels, columns = _labels(answer, _ENDLESS), _columns(answer, _ENDLESS)
    if sum(len(_GAP) + most_cells(column[0]) for column in columns) + most_cells(labels[0]) <= width:
        return labels, columns
    columns = _columns(answer, _LONGEST)
    beside = width - max((len(_GAP) + most_cells(column[0]) for column in columns), default=0)
    longest = min(max(_LONGEST_LABEL, width // 2), max(_SHORTEST_LABEL, beside))
    return _labels(answer, longest), columns


def _labels(answer: Answer, longest: int) -> list[str]:
    """The corner and the label of each row, equally wide."""
    corner = f"{answer.down} \\ {answer.across}" if answer.across else answer.down
    texts = [shortened(text, longest) for text in (corner, *(row.label for row in answer.rows))]
    width = max(map(most_cells, texts))
    return [pad(text, width) for text in texts]


def _columns(answer: Answer, longest: int) -> list[list[str]]:
    return [_column(answer, place, longest) for place in range(len(answer.columns))]


def _column(answer: Answer, place: int, longest: int) -> list[str]:
    """The head of a column and its cells, equally wide; numbers end at the right edge, where a column has them."""
    cells = [row.cells[place] for row in answer.rows]
    texts = [shortened(text, longest) for text in (answer.columns[place], *(cell.shown for cell in cells))]
    width, right = max(map(most_cells, texts)), _is_numeric(cells)
    return [pad(text, width, right) for text in texts]


def _is_numeric(cells: Sequence[Cell]) -> bool:
    return any(cell.number is not None and is_number(cell.text) for cell in cells)


def is_number(text: str) -> bool:
    """Whether a text is a number and no more, as numbers are written here.

    An estimate is one, too.

    >>> is_number("-0.25"), is_number("1.2e-5"), is_number("≈0.3"), is_number("Paris")
    (True, True, True, False)
    """
    try:
        float(text.removeprefix(ESTIMATED))
    except ValueError:
        return text in ("∞", "-∞")
    return True


def _pieces(widths: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """First and end of the columns that stand side by side, at least one in each piece."""
    first = 0
    while first < len(widths) or first == 0:
        end, taken = first, 0
        while end < len(widths) and (end == first or taken + len(_GAP) + widths[end] <= room):
            taken += len(_GAP) + widths[end]
            end += 1
        yield first, end
        first = max(end, 1)
