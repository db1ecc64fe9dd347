"""Numbers as colours, and as glyphs where colours or digits do not serve.

Signed tensors go from blue (negative) over the background (0) to orange (positive), a pair that colour-blind people
tell apart; weights go from the background to orange. The largest finite number of the tensor is the end of the scale,
unless a few numbers dwarf all others (`scale_end`): then these share the strongest colour, and the legend says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
from rich.style import Style

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass

RGB = tuple[int, int, int]

NEGATIVE: RGB = (33, 113, 181)
POSITIVE: RGB = (217, 110, 15)
LEVELS = 15
STRONGEST = 0.85
"""How much of the hue the end of the scale takes: the rest stays background, so that the cursor is stronger."""

ALARM = ("#a01070", "#ffffff")
"""Background and letters of what is no number."""

LIT = 0.3
"""How much of the colour of letters a lit cell takes."""

READABLE = 4.5
"""The contrast of letters that can be read (WCAG 2, level AA)."""

SEEN = 3.0
"""The contrast of marks that can be made out (WCAG 2, 1.4.11)."""

RAMP = " ·░▒▓█"

DWARFED = 8
"""A scale ends at the 99th percentile of the sizes when the largest is more than this many times it."""
SAMPLE = 2**16
"""Numbers that are looked at for the percentile, at even distances."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Background and foreground of the theme."""

    back: RGB
    fore: RGB


def ground_of(back: RGB, fore: RGB) -> Ground:
    """A background and its foreground: black or white where that could not be read on it.

    A terminal's own colours are not known, and come as one colour for both.
    """
    return Ground(back, _readable(back, Ground(back, fore)))


def level(number: float, end: float) -> int:
    """The step on the scale, from −LEVELS to LEVELS; 0 for what is not finite and for a tensor of zeros."""
    if not math.isfinite(number) or end <= 0:
        return 0
    return round(max(-1.0, min(1.0, number / end)) * LEVELS)


def scale_end(numbers: Array) -> float:
    """The size at which the scale of a signed tensor of finite numbers ends: its largest, or what most stay below.

    A few coordinates of real hidden states are hundreds of times larger than all others; ending the scale there would
    show the rest as zeros. Weights and probabilities need no such care: there the largest is what matters.
    """
    sizes = np.abs(numbers).ravel()
    largest = float(sizes.max(initial=0))
    sample = sizes[:: max(1, sizes.size // SAMPLE)]
    sample = sample[sample > 0]
    usual = float(np.quantile(sample, 0.99, method="lower")) if sample.size else largest
    return usual if largest > DWARFED * usual else largest


@cache
def style_of(step: int, ground: Ground, soft: bool = False) -> Style:
    """Background of a step of the scale, with letters that can be read on it.

    `soft` is for glyphs that repeat what the colour says: they must not outshine it, and stronger ones stand out more.
    """
    back, fore = paint_of(step, ground)
    return Style(color=_hex(_blend(_back(step, ground), ground.fore, 0.35)) if soft else fore, bgcolor=back)


@cache
def scale_of(ground: Ground, soft: bool = False) -> Mapping[int, Style]:
    """The styles of all steps of the scale."""
    return {step: style_of(step, ground, soft) for step in range(-LEVELS, LEVELS + 1)}


def paint_of(step: int, ground: Ground) -> tuple[str, str]:
    """A step of the scale as colours, `#rrggbb`: the background, and letters that can be read on it."""
    back = _back(step, ground)
    return _hex(back), _hex(_readable(back, ground))


def _back(step: int, ground: Ground) -> RGB:
    return _blend(ground.back, POSITIVE if step > 0 else NEGATIVE, abs(step) / LEVELS * STRONGEST)


@cache
def mark_style(sign: float, ground: Ground) -> Style:
    """Letters in the colour of large numbers of a sign, for bars and lines whose length or thickness is the size."""
    back = _back(LEVELS if sign > 0 else -LEVELS, ground)
    return Style(color=_hex(readable(back, ground.back, SEEN)))


@cache
def quiet_style(ground: Ground) -> Style:
    """Masked cells: grey on the background, outside the scale."""
    back, fore = quiet_paint(ground)
    return Style(color=fore, bgcolor=back)


def quiet_paint(ground: Ground) -> tuple[str, str]:
    """The background of masked cells, and what is written on it."""
    return _hex(_blend(ground.back, ground.fore, 0.08)), _hex(_blend(ground.back, ground.fore, 0.75))


@cache
def cursor_style(ground: Ground) -> Style:
    """The cell under the cursor: the theme's own colours the other way round, whatever the number's colour is.

    Reversed, not set: so it is also seen where a terminal shows no colours.
    """
    return Style(color=_hex(ground.fore), bgcolor=_hex(ground.back), bold=True, reverse=True)


@cache
def lit_style(style: Style, ground: Ground, strongly: bool = False) -> Style:
    """The style of a cell that is lit: its colour, nearer to that of letters, or much nearer."""
    back = ground.back if style.bgcolor is None or style.bgcolor.triplet is None else style.bgcolor.triplet
    lit = _blend((back[0], back[1], back[2]), ground.fore, LIT * (1 + strongly))
    return style + Style(color=_hex(_readable(lit, ground)), bgcolor=_hex(lit))


@cache
def alarm_style(ground: Ground) -> Style:
    """NaN and infinities that are no mask: they must be seen."""
    back, fore = ALARM
    return Style(color=fore, bgcolor=back, bold=True)


def glyphs(number: float, end: float, width: int = 2) -> str:
    """Two cells, or more, that tell size and sign without digits or colour: `▓-`."""
    if not math.isfinite(number):
        return ("??" if math.isnan(number) else "∞" if number > 0 else "-∞").ljust(width)
    step = level(number, end)
    glyph = RAMP[math.ceil(abs(step) * (len(RAMP) - 1) / LEVELS)]
    return glyph * (width - 1) + ("-" if step < 0 else glyph)


def contrast(a: RGB, b: RGB) -> float:
    """Contrast ratio of two colours (WCAG 2), from 1 to 21."""
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: RGB, back: RGB, least: float = READABLE) -> RGB:
    """A colour for letters on a background: itself, or as much nearer to black or white as it takes to be read.

    `least` is the contrast that it takes.

    >>> readable((255, 166, 43), (208, 208, 208))
    (115, 75, 19)
    """
    end = max(((0, 0, 0), (255, 255, 255)), key=lambda each: contrast(each, back))
    shares = (share / 20 for share in range(21))
    return next((near for share in shares if contrast(near := _blend(colour, end, share), back) >= least), end)


def _readable(back: RGB, ground: Ground) -> RGB:
    """The theme's own letters where they can be read, else black or white, whichever stands out more."""
    if contrast(ground.fore, back) >= READABLE:
        return ground.fore
    return max(((0, 0, 0), (255, 255, 255)), key=lambda colour: contrast(colour, back))


def _luminance(colour: RGB) -> float:
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _blend(a: RGB, b: RGB, share: float) -> RGB:
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
