"""The kinds of figures that there are of a step."""

from __future__ import annotations

from enum import StrEnum


class FigureKind(StrEnum):
    """How a step is drawn."""

    heat = "heat"
    bars = "bars"
    curves = "curves"
    lines = "lines"
    sheet = "sheet"
    map = "map"


SAID = {
    FigureKind.heat: "a heat map with its words, its heads side by side",
    FigureKind.bars: "a row in bars, or every row of a matrix",
    FigureKind.curves: "the same as lines over the columns",
    FigureKind.lines: "attention as lines between the words",
    FigureKind.sheet: "one head of attention on one sheet, from X to AV",
    FigureKind.map: "the model as boxes and arrows, the step's box lit",
}
"""What each of them is."""


def kinds_said() -> str:
    """All of them, for a help text."""
    return "; ".join(f"{kind}, {said}" for kind, said in SAID.items())
