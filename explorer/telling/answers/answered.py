"""An answer as it is shown on the screen: as a table to draw, what is said of a cell, its curves, and its files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from attn_explore.explorer.drawing.answer_table import Entry, Spot, Table
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session import place
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.file_formats import PICTURES, format_of
from attn_explore.explorer.system.where_files_go import Files
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.answer_files import WRITTEN_AS, answer_bytes
from attn_explore.explorer.telling.answers.answer_lines import is_number
from attn_explore.model.dataclass import dataclass
from attn_explore.model.passes import in_first_pass


@dataclass(frozen=True, eq=False)
class Answered:
    """An answer, the command line that prints it, and what this gives with `--json`.

    `drawn` is what of it is drawn into a picture, where that is not all. `spot` is where the cursor stands at first,
    where that does not follow from where the cells lead to. `further` makes more of the answer, and gives it as it
    is then, None where it is whole; `progress` says how far it is. `otherwise`: how it is asked with other options.
    """

    answer: Answer
    command: str
    data: Mapping[str, Any]
    drawn: Answer | None = None
    spot: Spot | None = None
    further: Callable[[Counter], Answered] | None = None
    progress: str = ""
    otherwise: Otherwise | None = None


@dataclass(frozen=True, eq=False)
class Otherwise:
    """The same question with options that are typed: what they are called, what is asked for, and what stands there.

    `make` answers with what is typed. Raises Problem for what cannot be read, and where there is no answer.
    """

    name: str
    asked: str
    typed: str
    make: Callable[[str, Counter], Answered]


def table_of(answer: Answer) -> Table:
    """An answer as it is drawn."""
    entries = tuple(tuple(map(_entry, row.cells)) for row in answer.rows)
    return Table(answer.down, answer.across, tuple(row.label for row in answer.rows), answer.columns, entries)


def _entry(cell: Cell) -> Entry:
    return Entry(cell.text, cell.strength, cell.number is not None and is_number(cell.text), cell.beside)


def cell_at(answer: Answer, spot: Spot) -> Cell:
    """The cell at a row and a column."""
    return answer.rows[spot.row].cells[spot.column]


def leads_to(answer: Answer, spot: Spot) -> At | None:
    """Where one comes to from a cell: to its own step, else to that of its row."""
    return cell_at(answer, spot).at or answer.rows[spot.row].at


def told_of(answer: Answer, spot: Spot) -> str:
    """A cell in words: `layer 3 ffn · France: Paris, 0.7712`."""
    row, column, cell = answer.rows[spot.row], answer.columns[spot.column], cell_at(answer, spot)
    number = "" if cell.number is None or is_number(cell.text) else short_number(cell.number)
    return f"{' · '.join(filter(None, (row.label, column)))}: {', '.join(filter(None, (cell.text, number)))}"


def spot_of(answer: Answer, cell: place.Cell) -> Spot:
    """Where the cursor stands at first: at what is nearest to a cell of the run, else at the first of all."""
    rows = range(len(answer.rows) if answer.columns else 0)
    row = max(rows, key=lambda row: _nearness(answer.rows[row], cell), default=0)
    columns = range(len(answer.columns) if rows else 0)
    return Spot(row, max(columns, key=lambda column: _alike_at(cell_at(answer, Spot(row, column)), cell), default=0))


def _nearness(row: Row, cell: place.Cell) -> tuple[int, int]:
    """How many parts of its path a row has in common with a cell, and places of the index."""
    here = in_first_pass(cell.path).split(".")  # an answer is of one pass of a generation, and people look at any
    of_cells = next((each.at for each in row.cells if each.at is not None), None)
    paths = [in_first_pass(at.path).split(".") for at in (row.at, of_cells) if at is not None]
    alike = max((_common(path, here) for path in paths), default=0)
    return alike, max(_alike_at(each, cell) for each in row.cells)


def _alike_at(found: Cell, cell: place.Cell) -> int:
    return 0 if found.at is None else _common(found.at.index, cell.index)


def _common(one: Sequence[object], other: Sequence[object]) -> int:
    """How many things two sequences begin alike with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def write_answer(answered: Answered, target: Path, *, force: bool, files: Files) -> Path:
    """Write an answer to a file, as its ending says. Raises Problem when that cannot be."""
    ending = format_of(target, WRITTEN_AS, "an answer")
    is_picture = ending in (*PICTURES, ".pdf")
    answer = answered.drawn if is_picture and answered.drawn is not None else answered.answer
    return files.write(target, [answer_bytes(answer, answered.data, ending)], force=force)
