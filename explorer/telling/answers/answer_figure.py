"""An answer as a heat map, to be written to a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.telling.answers.answer import Answer, Row
from attn_explore.explorer.telling.answers.answer_lines import is_number
from attn_explore.model.axes import Axis
from attn_explore.model.problems import Problem

_LONGEST_ROW = 60
"""Letters of what names a row: two writers of a score have their place."""


def answer_figure(answer: Answer) -> HeatMap:
    """The numbers of an answer as coloured cells. Raises Problem for one that has none.

    A cell without a number is as empty as one that is masked. A list's column without any is left out: what it says
    before the first number names the row.
    """
    answer = _of_numbers(answer)
    numbers = [[cell.strength if answer.by_columns else cell.number for cell in row.cells] for row in answer.rows]
    hidden = np.array([[number is None for number in row] for row in numbers], bool)
    if not hidden.size or hidden.all():
        raise Problem("there are no numbers to draw", hint="--json and --csv write what there is")
    array = np.array([[np.nan if number is None else number for number in row] for row in numbers])
    rows = Axis(answer.down, len(answer.rows), tuple(row.label for row in answer.rows))
    columns = Axis(answer.across or "value", len(answer.columns), answer.columns)
    picture = Picture(array, (rows, columns), hidden if hidden.any() else None)
    return HeatMap(answer.title, "", picture, _texts(answer), answer.measure, _LONGEST_ROW)


def _of_numbers(answer: Answer) -> Answer:
    """The columns that have numbers; of a grid all, since what is missing there has its place."""
    if answer.across:
        return answer
    places = [
        place for place in range(len(answer.columns)) if any(row.cells[place].number is not None for row in answer.rows)
    ]
    rows = tuple(Row(answer.name_of(row), tuple(row.cells[place] for place in places)) for row in answer.rows)
    columns = tuple(answer.columns[place] for place in places)
    return replace(answer, down=answer.names_down, columns=columns, rows=rows)


def _texts(answer: Answer) -> tuple[tuple[str, ...], ...] | None:
    """The texts of the cells, where they are more than the numbers that colour them."""
    texts = tuple(tuple(cell.text for cell in row.cells) for row in answer.rows)
    return texts if answer.by_columns or any(text and not is_number(text) for row in texts for text in row) else None
