"""The numbers of an answer as curves: of a row, or of a column. What is measured otherwise is not in one curve."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.telling.answers.answer import Answer
from attn_explore.explorer.telling.answers.answer_lines import is_number
from attn_explore.model.dataclass import dataclass
from attn_explore.model.plots import Curve, Plot, PlotKind

_LEAST = 2
"""Numbers that make a curve."""


class Named(NamedTuple):
    """What a curve is called, and what runs along its two axes."""

    title: str
    along: str
    measure: str


@dataclass(frozen=True, eq=False)
class AnswerCurves:
    """The curves of an answer."""

    answer: Answer

    def row(self, spot: Spot) -> Plot | None:
        """The numbers of a row as bars, since what stands side by side are words or heads; None where there are none.

        They are those that are measured as the one at the cell is.
        """
        answer, row, measure = self.answer, self.answer.rows[spot.row], self.measures[spot.column]
        kept = [column for column, each in enumerate(self.measures) if each == measure]
        labels, numbers = [answer.columns[each] for each in kept], [row.cells[each].number for each in kept]
        named = Named(" · ".join((answer.title, row.label)), answer.across, measure)
        return _plot(named, labels, numbers, "bars", kept.index(spot.column))

    def column(self, spot: Spot) -> Plot | None:
        """The numbers of a column as a curve down the layers, or as the bars of a list; None where there are none.

        Nor is there one at a total: beside it, what it is made of would be low.
        """
        answer, numbers = self.answer, self.answer.numbers_down(spot.column)
        kept = [place for place, row in enumerate(answer.rows) if not row.is_total]
        if spot.row not in kept:
            return None
        labels = [answer.name_of(answer.rows[place]) for place in kept]
        title = " · ".join(filter(None, (answer.title, answer.columns[spot.column])))
        named = Named(title, answer.names_down, self.measures[spot.column])
        kind: PlotKind = "line" if answer.across else "bars"
        return _plot(named, labels, [numbers[place] for place in kept], kind, kept.index(spot.row))

    @cached_property
    def measures(self) -> list[str]:
        """What the numbers of each column are: as its head says where columns differ in that, or as the answer does."""
        answer = self.answer
        if not answer.across:
            return list(answer.columns)
        of_numbers = [_is_of_numbers(answer, column) for column in range(len(answer.columns))]
        differ = any(of_numbers) and not all(of_numbers)
        heads = zip(answer.columns, of_numbers, strict=True)
        return [head if differ and is_of_numbers else answer.measure for head, is_of_numbers in heads]


def _is_of_numbers(answer: Answer, column: int) -> bool:
    return all(is_number(row.cells[column].text) for row in answer.rows if row.cells[column].text)


def _plot(
    named: Named, labels: Sequence[str], numbers: Sequence[float | None], kind: PlotKind, marked: int
) -> Plot | None:
    there = np.array([np.nan if number is None else number for number in numbers], np.float64)
    if np.isfinite(there).sum() < _LEAST:
        return None
    gaps = tuple(np.flatnonzero(np.isnan(there)).tolist())
    return Plot(named.title, named.along, named.measure, tuple(labels), (Curve("", there, gaps),), kind, marked=marked)
