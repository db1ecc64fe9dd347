"""What of a plot is drawn in so many columns: scales with round ticks, curves thinned out, and a mark for each.

Pure functions of a plot and a width, for the screen, for text and for pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from attn_explore.explorer.drawing.numbers import short_number, short_power
from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.plots import Plot
from attn_explore.model.text import visible

MARKS = "o+*#@%&$"
"""The glyph of each curve: curves are told apart without colour."""

PADDING = 0.04
"""How much of an axis is left free beyond the curves."""

LARGEST, SMALLEST = 1e300, 1e-290
"""What an axis has a place for, so that its length is a number that can be divided; what is smaller stands at 0."""

BETWEEN_MARKS = 12
"""Columns between two marks of a long curve."""

WITH_SPACE = 0.8
"""How much of the way from one place to the next its bars take, and from how many columns on."""
BAR_WITH_SPACE = 5

COLUMNS_TO_A_TICK = 8
LINES_TO_A_TICK = 3

_STEPS = (0.5, 1, 2, 5, 10)
_DECADES = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 500)
"""How many powers of ten there may be from one tick to the next."""
_WHOLE_DECADES = range(-3, 6)
"""Powers of ten that are written out."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and what is written there."""

    at: float
    label: str


@dataclass(frozen=True)
class Scale:
    """An axis from `low` to `high`. On a logarithmic one these are powers of ten, and the power `base` is at 0."""

    low: float
    high: float
    is_log: bool = False
    base: float = 0.0

    def middles(self, cells: int) -> Array:
        """The middle of each of so many cells along the axis."""
        return self.low + (np.arange(cells) + 0.5) * (self.high - self.low) / cells

    def at(self, numbers: Array) -> Array:
        """Where numbers are on the axis; NaN for those that it has no place for."""
        with np.errstate(all="ignore"):
            found = np.log10(numbers) - self.base if self.is_log else numbers
            size = np.abs(found)
        return np.where(size < LARGEST, np.where(size > SMALLEST, found, 0), np.nan)

    def number(self, at: float) -> float:
        """The number that stands at a place."""
        with np.errstate(over="ignore"):
            return float(np.float64(10) ** (at + self.base)) if self.is_log else at

    def ticks(self, most: int) -> list[Tick]:
        """Round numbers along the axis, at most so many (and at least two, where there are two)."""
        return _decades(self, most) if self.is_log else _round_numbers(self.low, self.high, max(2, most))


ALIKE = 64 * float(np.finfo(np.float64).eps)
"""Numbers that differ by no more of their size have no round numbers between them: they are drawn as one."""


def scale_over(numbers: Array, is_log: bool = False, from_zero: bool = False) -> Scale:
    """The scale on which all numbers have their place, with some space beyond; `from_zero`: for bars."""
    plain = Scale(0, 1, is_log).at(numbers)
    finite = plain[np.isfinite(plain)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    base = math.floor(low) - float(low == math.floor(low)) if is_log and from_zero else 0.0
    low, high = low - base, high - base
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= ALIKE * max(abs(low), abs(high)):
        beside = 1.0 if is_log or low == 0 else abs(low) / 2
        low, high = (0.0, 1.0) if from_zero else (low - beside, high + beside)
    space = (high - low) * PADDING
    return Scale(low - (0 if from_zero and low == 0 else space), high + space, is_log, base)


def _with_zero_in_a_middle(scale: Scale, lines: int) -> Scale:
    """The same, a little longer at one end, so that the line at zero parts the bars above it from those below."""
    low, high = scale.low, max(scale.high, 0.0)
    if low >= 0:
        return scale
    now = lines * high / (high - low)
    found = [
        replace(scale, high=-low * at / (lines - at)) if at >= now else replace(scale, low=-high * (lines - at) / at)
        for at in (math.floor(now - 0.5) + 0.5, math.ceil(now - 0.5) + 0.5)
        if 0 < at < lines
    ]
    return min(found, key=lambda each: each.high - each.low)


def _round_numbers(low: float, high: float, most: int) -> list[Tick]:
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    steps = [factor * power for factor in _STEPS]
    chosen = next(place for place, step in enumerate(steps) if (high - low) / step <= most)
    places = _multiples(low, high, steps[chosen])
    if len(places) < 2:  # one tick does not tell how long the axis is
        chosen -= 1
        places = _multiples(low, high, steps[chosen])
        places = places[:: -(-len(places) // (most + 1))]
    step = steps[chosen]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    is_plain = decimals <= 4 and max(abs(low), abs(high)) < 1e6
    written = f".{decimals}f" if is_plain else ".3g"
    return [Tick(place * step, short_power(f"{place * step:{written}}")) for place in places]


def _multiples(low: float, high: float, step: float) -> range:
    return range(math.ceil(low / step), math.floor(high / step) + 1)


def _decades(scale: Scale, most: int) -> list[Tick]:
    """Powers of ten; where there are fewer than two of them, 2 and 5 times each as well."""
    low, high = scale.low + scale.base, scale.high + scale.base
    powers = range(math.ceil(low), math.floor(high) + 1)
    if len(powers) >= 2:
        every = next(step for step in _DECADES if len(powers) <= step * max(2, most))
        return [Tick(power - scale.base, _power_of_ten(power)) for power in powers if power % every == 0]
    found = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high)) for factor in (1, 2, 5)]
    places = [(math.log10(number), number) for number in found]
    return [Tick(place - scale.base, short_power(f"{number:g}")) for place, number in places if low <= place <= high]


def _power_of_ten(power: int) -> str:
    return short_power(f"{10.0**power:g}") if power in _WHOLE_DECADES else f"1e{power}"


# --- along x


@dataclass(frozen=True)
class Places:
    """Where the numbers of a plot stand along x: on a scale of numbers, or (`are_labelled`) side by side."""

    plot: Plot
    at: Array
    scale: Scale
    are_labelled: bool = False

    def ticks(self, most: int) -> list[Tick]:
        """What is written under the axis, in at most so many places; labels are thinned out evenly."""
        if not self.are_labelled:
            return self.scale.ticks(most)
        every = -(-self.at.size // max(1, most))
        return [Tick(float(self.at[place]), x_text(self.plot, place)) for place in range(0, self.at.size, every)]


def places_of(plot: Plot) -> Places:
    """Numbers on their scale; categories, and bars over numbers that are not evenly apart, side by side."""
    if isinstance(plot.x, np.ndarray):
        scale = scale_over(plot.x, plot.log_x)
        at = scale.at(plot.x)
        if plot.kind == "line" or _is_even(at):
            return Places(plot, at, _with_room_for_bars(scale, at) if plot.kind == "bars" else scale)
    side_by_side = np.arange(len(plot.x), dtype=np.float64)
    return Places(plot, side_by_side, Scale(-0.6, len(plot.x) - 0.4), are_labelled=True)


def _is_even(at: Array) -> bool:
    apart = np.diff(at)
    return at.size > 1 and bool(np.isfinite(apart).all() and (apart > 0).all() and np.allclose(apart, apart[0]))


def _with_room_for_bars(scale: Scale, at: Array) -> Scale:
    half = 0.6 * float(at[1] - at[0])
    return Scale(float(at[0]) - half, float(at[-1]) + half, scale.is_log)


def x_text(plot: Plot, place: int) -> str:
    """What stands at a place along x."""
    if not isinstance(plot.x, np.ndarray):
        return visible(plot.x[place])
    number = float(plot.x[place])
    return short_power(f"{number:g}") if math.isfinite(number) else short_number(number)


# --- curves


def shown(plot: Plot) -> range:
    """Which curves are drawn: as many as there are marks, the chosen one among them."""
    first = max(0, min(plot.chosen - len(MARKS) // 2, len(plot.curves) - len(MARKS)))
    return range(first, min(first + len(MARKS), len(plot.curves)))


def mark(place: int) -> str:
    """The glyph of a curve; any that are shown together have different ones."""
    return MARKS[place % len(MARKS)]


def thinned(y: Array, most: int) -> Array:
    """Places of at most about `most` numbers that look like all of them: the extremes of each stretch, and its gaps."""
    if y.size <= most:
        return np.arange(y.size)
    size = -(-y.size // max(1, most // 2))
    free, is_finite = -y.size % size, np.isfinite(y)
    stretches = np.arange(0, y.size, size)
    extremes = [
        np.pad(np.where(is_finite, sign * y, np.inf), (0, free), constant_values=np.inf)
        .reshape(-1, size)
        .argmin(axis=1)
        for sign in (1, -1)
    ]
    return np.unique(np.concatenate([stretches + places for places in extremes]))


def unbroken(at: Array, y: Array) -> Iterator[tuple[Array, Array]]:
    """The stretches of a curve between its gaps: what is not a number is not drawn over."""
    is_there = np.isfinite(at) & np.isfinite(y)
    edges = np.flatnonzero(np.diff(is_there.astype(np.int8), prepend=0, append=0))
    for begin, end in edges.reshape(-1, 2):
        yield at[begin:end], y[begin:end]


def marked_places(plot: Plot, curve: int, columns: int) -> Array:
    """Where a curve has its marks: at every number where there is room, else apart and not where others have theirs."""
    size, drawn = plot.curves[curve].y.size, len(shown(plot))
    every = max(1, size * BETWEEN_MARKS // max(1, columns)) if size > columns // 3 else 1
    if every > 1 and drawn == 1:
        return np.arange(0)
    return np.arange(every * (curve % len(MARKS)) // max(1, drawn), size, every)


# --- all of it


@dataclass(frozen=True)
class Drawing:
    """A plot in so many columns and lines inside its frame; at the left are the labels of the y axis."""

    plot: Plot
    places: Places
    y_scale: Scale
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    margin: int
    columns: int
    lines: int

    @property
    def has_bars(self) -> bool:
        """Whether there is room for bars; else their tops are drawn as a line."""
        return self.plot.kind == "bars" and self.places.at.size * len(shown(self.plot)) <= self.columns

    def bars(self, curve: int) -> tuple[Array, Array]:
        """The edges of a curve's bars along x, beside those of the other curves, each at the edge of a column."""
        at, curves, low = self.places.at, shown(self.plot), self.places.scale.low
        apart = float(at[1] - at[0]) if at.size > 1 else 1.0
        width = (WITH_SPACE if at.size * BAR_WITH_SPACE <= self.columns else 1.0) * apart / len(curves)
        left = at - apart / 2 + (apart - width * len(curves)) / 2 + (curve - curves.start) * width
        to_a_column = (self.places.scale.high - low) / self.columns
        first, end = (np.round((edge - low) / to_a_column) for edge in (left, left + width))
        return low + first * to_a_column, low + np.maximum(end, first + 1) * to_a_column

    def column(self, at: float) -> int:
        """The column in which a place along x is drawn, from the left edge."""
        scale = self.places.scale
        return self.margin + 1 + math.floor((at - scale.low) * self.columns / (scale.high - scale.low))

    def nearest(self, column: int) -> int:
        """The place along x whose number is drawn nearest to a column."""
        scale = self.places.scale
        at = scale.low + (column - self.margin - 0.5) * (scale.high - scale.low) / self.columns
        return int(np.argmin(np.where(np.isfinite(self.places.at), np.abs(self.places.at - at), np.inf)))


def lay_out(plot: Plot, width: int, height: int) -> Drawing:
    """Where everything goes in so many columns and lines, frame and labels of the y axis among them."""
    numbers = np.concatenate([curve.y for curve in plot.curves])
    y_scale, places = scale_over(numbers, plot.log_y, from_zero=plot.kind == "bars"), places_of(plot)
    lines = max(1, height - 2)
    if plot.kind == "bars":
        y_scale = _with_zero_in_a_middle(y_scale, lines)
    y_ticks = y_scale.ticks(max(2, height // LINES_TO_A_TICK))
    margin = 2 + max((len(tick.label) for tick in y_ticks), default=0)
    columns = max(1, width - margin - 2)
    x_ticks = places.ticks(columns // COLUMNS_TO_A_TICK)
    return Drawing(plot, places, y_scale, x_ticks, y_ticks, margin, columns, lines)
