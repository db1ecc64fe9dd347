"""Tables for a notebook: text that cannot be markup, and cells in the colours of the explorer.

Each cell brings its own colours, background and letters: so it reads the same on a light page and on a dark one, and a
page that shows several tables shares no style with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from attn_explore.explorer.drawing.colours import ALARM, Ground, level, paint_of, quiet_paint
from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import clip, visible

GROUND = Ground((255, 255, 255), (26, 26, 26))
"""A sheet of paper."""
_LONGEST = 60
"""Characters of a text that a cell shows."""
_EDGE = "padding:.2em .5em;border:1px solid #d0d0d0;white-space:nowrap"


@dataclass(frozen=True, slots=True)
class HtmlCell:
    """What stands in a cell, and its colours: those of the background and of the letters."""

    text: str
    paint: tuple[str, str] = paint_of(0, GROUND)
    is_number: bool = True


def coloured(number: float, end: float) -> tuple[str, str]:
    """The colours of a number on a scale that ends at `end`: blue below 0, orange above."""
    return paint_of(level(number, end), GROUND)


MASKED = quiet_paint(GROUND)
"""The colours of what is masked."""
NO_NUMBER = ALARM
"""The colours of NaN and infinities."""


def html_table(
    caption: str, corner: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[HtmlCell]]]
) -> str:
    """A table with a head for each column and each row. All text in it is of files, and none is markup."""
    head = "".join(f'<th scope="col" style="{_EDGE};text-align:center">{_text(each)}</th>' for each in columns)
    body = "".join(_row(label, cells) for label, cells in rows)
    title = f'<caption style="text-align:left">{_text(caption)}</caption>' if caption else ""
    return (
        f'<table style="border-collapse:collapse;margin:.3em 0">{title}<thead><tr>'
        f'<th style="{_EDGE};text-align:left">{_text(corner)}</th>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _row(label: str, cells: Sequence[HtmlCell]) -> str:
    name = f'<th scope="row" style="{_EDGE};text-align:left">{_text(label)}</th>'
    return f"<tr>{name}{''.join(map(_cell, cells))}</tr>"


def _cell(cell: HtmlCell) -> str:
    back, fore = cell.paint
    side = "right" if cell.is_number else "left"
    return f'<td style="{_EDGE};text-align:{side};background:{back};color:{fore}">{_text(cell.text)}</td>'


def paragraph(text: str) -> str:
    """A line of text, whole."""
    return f'<div style="text-align:left">{escape(visible(text))}</div>'


def heading(title: str, beside: str = "") -> str:
    """What stands over a table: what it is called, and how that is written, if it is."""
    written = f" <code>{escape(visible(beside))}</code>" if beside else ""
    return f'<div style="text-align:left"><b>{escape(visible(title))}</b>{written}</div>'


def together(parts: Iterable[str]) -> str:
    """Parts one below the other, as one."""
    return f"<div>{''.join(parts)}</div>"


def _text(text: str) -> str:
    return escape(clip(visible(text), _LONGEST))
