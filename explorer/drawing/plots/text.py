"""A plot as plain lines, for pipes, for logs and for screen readers: x runs down, y to the right."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import fitted, pad, short_number
from attn_explore.explorer.drawing.plots.labels import LONGEST_LABEL
from attn_explore.explorer.drawing.plots.layout import Scale, mark, scale_over, shown, thinned, x_text
from attn_explore.model.plots import Plot
from attn_explore.model.text import visible

MOST = 48
"""Places along x that are printed; of more, those with the extremes of the curves."""

BAR, ZERO = "=", "|"

_LEAST = 10
"""Columns of the y axis, however narrow a line is."""


def plot_lines(plot: Plot, width: int) -> Iterator[str]:
    """A line for each place along x, in at most `width` cells: where it is, and where the curves are.

    One curve has its number beside it. The place under the cursor is marked with >.
    """
    places = _places(plot)
    labels = [x_text(plot, place) for place in places]
    label_width = min(LONGEST_LABEL, max(map(cell_len, (*labels, visible(plot.x_label)))))
    numbers = [_number(plot, place) for place in places]
    number_width = max(map(len, numbers), default=0)
    scale = scale_over(np.concatenate([curve.y for curve in plot.curves]), plot.log_y, plot.kind == "bars")
    columns = max(_LEAST, width - label_width - number_width - 5)
    yield visible(plot.title)
    yield from _legend(plot)
    yield ""
    indent = " " * (label_width + number_width + 4)
    yield f"  {fitted(plot.x_label, label_width)}{indent[label_width + 2 :]}{visible(plot.y_label)}"
    for place, label, number in zip(places, labels, numbers, strict=True):
        here = ">" if place == plot.marked else " "
        row = _row(plot, place, scale, columns)
        yield f"{here} {fitted(label, label_width)} {pad(number, number_width, right=True)} {row}".rstrip()
    yield f"{indent}{_axis(scale, columns)}".rstrip()
    if len(places) < plot.curves[0].y.size:
        yield f"… {len(places)} of {plot.curves[0].y.size} places, with the extremes; -o FILE.csv writes them all"


def _places(plot: Plot) -> list[int]:
    """Which places along x are printed, the one under the cursor among them."""
    found = {plot.marked}
    for curve in shown(plot):
        found |= set(thinned(plot.curves[curve].y, max(2, MOST // len(shown(plot)))).tolist())
    return sorted(found) if plot.curves[0].y.size > MOST else list(range(plot.curves[0].y.size))


def _legend(plot: Plot) -> Iterator[str]:
    """The glyphs of the curves, where there are several."""
    curves = shown(plot)
    if len(plot.curves) > 1:
        yield "  ".join(f"{mark(curve)} {visible(plot.curves[curve].name)}" for curve in curves)
    if len(curves) < len(plot.curves):
        yield f"curves {curves.start + 1}–{curves.stop} of {len(plot.curves)}"


def _number(plot: Plot, place: int) -> str:
    return short_number(float(plot.curves[0].y[place])) if len(plot.curves) == 1 else ""


def _row(plot: Plot, place: int, scale: Scale, columns: int) -> str:
    """The curves at one place, the chosen one over the others; a single row of bars as a bar."""
    drawn = [" "] * columns
    zero = _column(0.0, scale, columns)
    if zero is not None and not scale.is_log:
        drawn[zero] = ZERO
    for curve in sorted(shown(plot), key=lambda curve: curve == plot.chosen):
        at = _column(float(scale.at(plot.curves[curve].y[place])), scale, columns)
        if at is None:
            continue
        if plot.kind == "bars" and len(plot.curves) == 1 and zero is not None:
            for column in range(min(at, zero), max(at, zero)):
                drawn[column] = BAR
        else:
            drawn[at] = mark(curve)
    return "".join(drawn)


def _column(at: float, scale: Scale, columns: int) -> int | None:
    """The column of a place on the y axis; None for what is not on it."""
    share = (at - scale.low) / (scale.high - scale.low)
    return min(columns - 1, math.floor(share * columns)) if 0 <= share <= 1 else None


def _axis(scale: Scale, columns: int) -> str:
    """What is written under the axis: as many ticks as have room."""
    written = ""
    for tick in scale.ticks(max(2, columns // 12)):
        place = _column(tick.at, scale, columns)
        column = min(place or 0, columns - len(tick.label))
        if place is not None and (not written or len(written) + 2 <= column):
            written = pad(written, column) + tick.label
    return written
