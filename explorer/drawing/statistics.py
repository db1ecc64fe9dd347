"""One line about the row under the cursor: its mean and spread, its ends, its length, and the cell's place in it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len

from attn_explore.explorer.drawing.histogram import shares_of
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.picture import Index, Picture
from attn_explore.model.axes import Array
from attn_explore.model.naming import shown_short
from attn_explore.model.text import figure

BARS = "▁▂▃▄▅▆▇█"
GAP = "  "
ROUNDING = 8
"""A mean or spread of so many units in the last place of the largest number is 0, but for rounding."""


def statistics_line(picture: Picture, cursor: Index, width: int) -> str:
    """As many figures of the cursor's row as fit, the most telling first.

    Nothing is said of a tensor that is not here as a whole, nor of one that a question hides. What a mask hides is left
    out, and NaN and infinities are: the legend counts what is not finite.
    """
    is_told = picture.sample is None and picture.veiled is None
    if not is_told or len(cursor) != len(picture.axes) or picture.columns.size < 2:
        return ""
    row = picture.part(picture.array, cursor[:-2], *_row(picture, cursor))[0]
    if picture.hidden is not None:
        row = np.where(picture.hidden[cursor[-2]], np.nan, row)
    said = ""
    for each in (*_figures(picture, row, cursor), _histogram(picture)):
        if each and cell_len(said) + len(GAP) + cell_len(each) <= width:
            said += (GAP if said else "") + each
    return said


def _row(picture: Picture, cursor: Index) -> tuple[slice, slice]:
    place = cursor[-2] if len(cursor) > 1 else 0
    return slice(place, place + 1), slice(0, picture.columns.size)


def _figures(picture: Picture, row: Array, cursor: Index) -> Iterator[str]:
    is_finite = np.isfinite(row)
    finite = row[is_finite]
    if finite.size < 2:
        return
    name = shown_short(picture.rows, cursor[-2]) if len(cursor) > 1 else "all"
    shares, unit = shares_of(finite)
    are_alike = bool((finite == finite[0]).all())  # then there is no largest one, and no first
    if are_alike:
        yield from _alike(name, finite)
    else:
        yield from _mean(name, finite, shares, unit)
        yield from _ends(picture, row, is_finite)
    if not picture.is_signed:
        yield f"sum {short_number(unit * float(shares.sum()))}"
    yield f"norm {short_number(unit * math.sqrt(float(np.square(shares).sum())))}"
    here = row[cursor[-1]]
    if is_finite[cursor[-1]] and not are_alike:
        yield f"the cell is {_rank(int((finite > here).sum()) + 1)} of {figure(finite.size)}"


def _alike(name: str, finite: Array) -> Iterator[str]:
    yield f"{name}: all {figure(finite.size)} are {short_number(float(finite[0]))}"


def _mean(name: str, finite: Array, shares: Array, unit: float) -> Iterator[str]:
    """The mean of a row and its deviation."""
    least = ROUNDING * np.finfo(np.result_type(finite, np.float32)).eps
    mean, spread = (unit * float(share) if abs(share) > least else 0.0 for share in (shares.mean(), shares.std()))
    yield f"{name}: mean {short_number(mean)}"
    yield f"σ {short_number(spread)}"


def _ends(picture: Picture, row: Array, is_finite: Array) -> Iterator[str]:
    """The largest and the smallest number of a row, and where they are."""
    largest, smallest = np.where(is_finite, row, -np.inf).argmax(), np.where(is_finite, row, np.inf).argmin()
    for what, place in (("largest", int(largest)), ("smallest", int(smallest))):
        yield f"{what} {short_number(float(row[place]))} at {shown_short(picture.columns, place)}"


def _rank(place: int) -> str:
    """`1st`, `2nd`, `13th`.

    >>> [_rank(place) for place in (1, 2, 3, 4, 11, 112, 121)]
    ['1st', '2nd', '3rd', '4th', '11th', '112th', '121st']
    """
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th") if place % 100 not in (11, 12, 13) else "th"
    return f"{figure(place)}{ending}"


def _histogram(picture: Picture) -> str:
    """How all numbers are spread between the smallest and the largest."""
    if (found := picture.histogram) is None:
        return ""
    most = found.counts.max()
    bars = "".join(" " if count == 0 else BARS[math.ceil(count * len(BARS) / most) - 1] for count in found.counts)
    return f"all: {short_number(found.smallest)} {bars} {short_number(found.largest)}"
