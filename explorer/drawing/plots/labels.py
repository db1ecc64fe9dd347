"""What is written around a plot: its axes with their units, and what its curves come to where the cursor is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import short_number, shortened
from attn_explore.explorer.drawing.plots.layout import COLUMNS_TO_A_TICK, Drawing, mark, shown, x_text
from attn_explore.model.plots import Plot
from attn_explore.model.text import visible

Role = Literal["", "label", "here", "chosen", "note"]

LONGEST_LABEL = 24
"""Cells of a label under the axis where the cursor is, and of a curve's name."""


class Piece(NamedTuple):
    """Some text, and what it is."""

    text: str
    role: Role = ""


Line = list[Piece]


def above(plot: Plot, width: int) -> Line:
    """What the y axis is, and at the right what is plotted."""
    label = shortened(visible(plot.y_label), width)
    title = shortened(visible(plot.title), max(0, width - cell_len(label) - 2))
    gap = width - cell_len(label) - cell_len(title)
    return [Piece(label, "label"), Piece(" " * gap), Piece(title, "note")]


def axis_labels(drawing: Drawing, width: int) -> Line:
    """What is written under the axis: what is under the cursor first, then what does not run into anything."""
    plot, at = drawing.plot, drawing.places.at[drawing.plot.marked]
    room = max(COLUMNS_TO_A_TICK, drawing.columns // max(1, len(drawing.x_ticks))) - 1
    here = [(drawing.column(at), shortened(x_text(plot, plot.marked), LONGEST_LABEL))] if at == at else []
    others = [(drawing.column(tick.at), shortened(tick.label, room)) for tick in drawing.x_ticks]
    placed: list[tuple[int, Piece]] = []
    for column, text in (*here, *others):
        start = max(0, min(column - cell_len(text) // 2, width - cell_len(text)))
        if all(start > at + cell_len(other.text) or at > start + cell_len(text) for at, other in placed):
            placed.append((start, Piece(text, "" if placed or not here else "here")))
    return list(_in_line(sorted(placed)))


def _in_line(placed: list[tuple[int, Piece]]) -> Iterator[Piece]:
    end = 0
    for start, piece in placed:
        yield Piece(" " * (start - end))
        yield piece
        end = start + cell_len(piece.text)


def x_label(drawing: Drawing) -> Line:
    """What the x axis is, in its middle."""
    text = shortened(visible(drawing.plot.x_label), drawing.columns)
    return [Piece(" " * (drawing.margin + (drawing.columns - cell_len(text)) // 2)), Piece(text, "label")]


def readings(plot: Plot, width: int, most: int) -> list[Line]:
    """Where the cursor is along x and what every curve is there, in at most so many lines."""
    lines: list[Line] = [[Piece(f"{visible(plot.x_label)} = {shortened(x_text(plot, plot.marked), LONGEST_LABEL)}:")]]
    for item in _items(plot):
        used = sum(map(_width, lines[-1]))
        if used + 2 + _width(item) > width and len(lines[-1]) > 1:
            if len(lines) == most:
                lines[-1].append(Piece(" …", "note"))
                break
            lines.append([])
        lines[-1] += [Piece("  " if lines[-1] else "    "), item]
    return lines


def _items(plot: Plot) -> Iterator[Piece]:
    if len(plot.curves) == 1:
        name = visible(plot.curves[0].name or plot.y_label)
        yield Piece(f"{shortened(name, 2 * LONGEST_LABEL)} = {_number(plot, 0)}", "chosen")
        return
    curves = shown(plot)
    for curve in curves:
        name = shortened(visible(plot.curves[curve].name), LONGEST_LABEL)
        text = f"{mark(curve)} {name} {_number(plot, curve)}"
        yield Piece(text, "chosen" if curve == plot.chosen else "")
    if len(curves) < len(plot.curves):
        yield Piece(f"({curves.start + 1}–{curves.stop} of {len(plot.curves)})", "note")


def _number(plot: Plot, place: int) -> str:
    """The number of a curve under the cursor; where it has none, a dash."""
    curve = plot.curves[place]
    return "–" if plot.marked in curve.gaps else short_number(float(curve.y[plot.marked]))


def _width(piece: Piece) -> int:
    return cell_len(piece.text)
