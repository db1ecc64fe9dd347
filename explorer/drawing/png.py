"""A picture in pixels from one in lines, for slides and papers that take no SVG."""

from __future__ import annotations

from functools import cache

from attn_explore.model.problems import SURROUNDINGS, Problem

LETTERS = "Arial, Helvetica, DejaVu Sans, Liberation Sans, Noto Sans, Verdana, Ubuntu, Roboto, sans-serif"
EVEN_LETTERS = "Menlo, Consolas, DejaVu Sans Mono, Liberation Mono, Noto Sans Mono, Courier New, monospace"
"""Fonts that machines have, most wanted first, and those whose letters all have one width."""

ZOOM = 2.0
"""Pixels to a unit of the picture, in each direction: sharp on a projector."""

_EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="{}">{}</svg>'


def png_of(svg: bytes, zoom: float = ZOOM) -> bytes:
    """The picture in pixels, on white, `zoom` to each of its units. Raises Problem where the machine has no font."""
    import resvg_py  # needed for this alone

    if not _has_fonts():
        hint = "install one, such as DejaVu Sans, or write .svg"
        raise Problem("this machine has no font to write words with", hint=hint, exit_status=SURROUNDINGS)
    return bytes(resvg_py.svg_to_bytes(svg_string=svg.decode(), zoom=zoom, background="white"))


@cache
def _has_fonts() -> bool:
    """Whether words come out at all: where no font is found they are left out without a word."""
    import resvg_py

    blank, written = (
        resvg_py.svg_to_bytes(svg_string=_EMPTY.format(LETTERS, text)) for text in ("", '<text y="15">0</text>')
    )
    return bytes(blank) != bytes(written)
