"""What stands on a handout: stops with their tables, what is told and asked there, and the answers."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is printed, empty where it is to be filled in; `is_marked`: its arithmetic is shown."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table with its word."""

    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A matrix: the names of its axes, the words of its columns, its rows, and what is left out of it.

    `run` is of which of two runs it is, where both are printed.
    """

    caption: str
    rows_are: str
    columns_are: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: str = ""
    run: str = ""

    @property
    def title(self) -> str:
        """Which run and which head it is of, where there are several."""
        return ", ".join(filter(None, (self.run, self.caption)))

    @property
    def has_blanks(self) -> bool:
        """Whether something is to be filled in."""
        return any(not cell.text for row in self.rows for cell in row.cells)


@dataclass(frozen=True)
class Answer:
    """What a stop's question comes to, its tables where they were empty, and the arithmetic of a cell.

    `tables_at` is the number of the answer before it under which these stand; 0: its own.
    """

    number: int
    title: str
    said: str = ""
    tables: tuple[Table, ...] = ()
    worked: tuple[str, ...] = ()
    tables_at: int = 0

    def without_tables(self, at: int) -> Answer:
        """The same where its tables stand under another one already."""
        return replace(self, tables=(), tables_at=at)


@dataclass(frozen=True)
class Stop:
    """One step of a handout. `say` and `ask` are Markdown; the answer is there where it does not stand apart.

    `empty` says what the empty cells of its tables are for, and `tables_at` is the number of the stop before it under
    which its tables stand; 0: it has its own.
    """

    number: int
    title: str
    path: str
    shape: str
    formula: str
    say: str
    tables: tuple[Table, ...]
    worked: tuple[str, ...] = ()
    ask: str = ""
    choices: tuple[str, ...] = ()
    answer: str = ""
    empty: str = ""
    tables_at: int = 0

    def without_tables(self, at: int) -> Stop:
        """The same where its tables stand under another one already."""
        return replace(self, tables=(), empty="", tables_at=at)


@dataclass(frozen=True)
class Handout:
    """A lesson on paper. `answers` stand on a page of their own at the end; empty where each follows its question."""

    title: str
    summary: str
    stops: tuple[Stop, ...]
    answers: tuple[Answer, ...] = ()
    language: str = "en"


WORKED = "How one number came about"
FILL_IN = "Fill in the empty cells."
ASKED = "What a question asks about is left empty."
STAND = "Its numbers stand under"
ANSWERS = "Answers"
"""What every format says."""
