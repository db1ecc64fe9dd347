"""An answer as it is shown on the screen: as a table to draw, what is said of a cell, its curves, and its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attn_explore.explorer.drawing.answer_table import Entry, Spot, Table
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session import place
from attn_explore.explorer.system.file_formats import format_of
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell
from attn_explore.explorer.telling.answers.answer_files import WRITTEN_AS, answer_bytes
from attn_explore.explorer.telling.answers.answer_lines import is_number
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.files.writing import write_atomically
from attn_explore.model.plots import Curve, Plot, PlotKind


@dataclass(frozen=True, eq=False)
class Answered:
    """An answer, the command line that prints it, and what this gives with `--json`."""

    answer: Answer
    command: str
    data: Mapping[str, Any]


def table_of(answer: Answer) -> Table:
    """An answer as it is drawn."""
    entries = tuple(tuple(map(_entry, row.cells)) for row in answer.rows)
    return Table(answer.down, answer.across, tuple(row.label for row in answer.rows), answer.columns, entries)


def _entry(cell: Cell) -> Entry:
    return Entry(cell.text, cell.strength, cell.number is not None and is_number(cell.text))


def cell_at(answer: Answer, spot: Spot) -> Cell:
    """The cell at a row and a column."""
    return answer.rows[spot.row].cells[spot.column]


def leads_to(answer: Answer, spot: Spot) -> At | None:
    """Where one comes to from a cell: to its own step, else to that of its row."""
    return cell_at(answer, spot).at or answer.rows[spot.row].at


def told_of(answer: Answer, spot: Spot) -> str:
    """A cell in words: `layer 3 ffn · France: Paris, 0.7712`."""
    row, column, cell = answer.rows[spot.row], answer.columns[spot.column], cell_at(answer, spot)
    is_told = cell.number is not None and not is_number(cell.text)
    told = ", ".join(
        filter(None, (cell.text, short_number(cell.number) if is_told and cell.number is not None else ""))
    )
    return f"{' · '.join(filter(None, (row.label, column)))}: {told}"


# --- curves


def row_curve(answer: Answer, spot: Spot) -> Plot | None:
    """The numbers of a row as bars, since what stands side by side are words or heads; None where there are none."""
    label, numbers = answer.rows[spot.row].label, answer.numbers_along(spot.row)
    return _plot(answer, label, answer.across, answer.columns, numbers, "bars", spot.column)


def column_curve(answer: Answer, spot: Spot) -> Plot | None:
    """The numbers of a column as a curve, down the layers or down a list; None where there are none."""
    labels, numbers = [row.label for row in answer.rows], answer.numbers_down(spot.column)
    return _plot(answer, answer.columns[spot.column], answer.down, labels, numbers, "line", spot.row)


def _plot(
    answer: Answer,
    name: str,
    along: str,
    labels: Sequence[str],
    numbers: Sequence[float | None],
    kind: PlotKind,
    marked: int,
) -> Plot | None:
    there = np.array([np.nan if number is None else number for number in numbers], np.float64)
    if np.isfinite(there).sum() < 2:
        return None
    title = f"{answer.title}: {name}" if name else answer.title
    gaps = tuple(np.flatnonzero(np.isnan(there)).tolist())
    return Plot(title, along, answer.measure, tuple(labels), (Curve("", there, gaps),), kind, marked=marked)


def spot_of(answer: Answer, cell: place.Cell) -> Spot:
    """Where the cursor stands at first: at what leads to a cell, else to its step, else at the first of all."""
    spots = [
        (Spot(row, column), at)
        for row in range(len(answer.rows))
        for column in range(len(answer.columns))
        if (at := leads_to(answer, Spot(row, column))) is not None and at.path == cell.path
    ]
    return max(spots, key=lambda found: _alike(found[1].index, cell.index), default=(Spot(), None))[0]


def _alike(index: Index, other: Index) -> int:
    """How many places two indices begin alike with."""
    return next((place for place, (one, two) in enumerate(zip(index, other, strict=False)) if one != two), len(index))


def write_answer(answered: Answered, target: Path, *, force: bool = False) -> Path:
    """Write an answer to a file, as its ending says. Raises Problem when that cannot be."""
    ending = format_of(target, WRITTEN_AS, "an answer")
    write_atomically(target, [answer_bytes(answered.answer, answered.data, ending)], force=force)
    return target.absolute()
