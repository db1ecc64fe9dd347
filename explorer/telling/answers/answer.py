"""The one shape of an answer: what is said of it, and a table whose cells lead to steps of the run.

Every view of a run (lens, attribution, heads, …) makes one; the panel of the explorer and the commands show it.
"""

from __future__ import annotations

from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import visible


@dataclass(frozen=True, slots=True)
class At:
    """A cell of a step or a parameter, by its path; without an index, the step itself."""

    path: str
    index: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of an answer: a text, or a number and how it is written.

    `strength`, from −1 to 1, colours it as a tensor's cells are coloured, from blue over the background to orange;
    None leaves it without a colour. `number` is exact, for curves and files. `at` is what can be followed from here.
    `beside` tells the number in short where the text does not: `34%`.
    """

    text: str
    strength: float | None = None
    at: At | None = None
    number: float | None = None
    beside: str = ""

    def __post_init__(self) -> None:
        """Text may be a file's: nothing in it may be obeyed by a terminal."""
        object.__setattr__(self, "text", visible(self.text))

    @property
    def shown(self) -> str:
        """The text, and what stands beside it."""
        return f"{self.text} {self.beside}" if self.beside else self.text


@dataclass(frozen=True, slots=True)
class Row:
    """A row of an answer, with a cell for each column. `at` is the step that the whole row is of.

    `is_total`: what the other rows are together, which is no part of a curve down a column.
    """

    label: str
    cells: tuple[Cell, ...]
    at: At | None = None
    is_total: bool = False

    def __post_init__(self) -> None:
        """See `Cell`."""
        object.__setattr__(self, "label", visible(self.label))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as a table, and what is said of it, a sentence to each of `said`.

    `down` and `across` name what the rows and the columns are: `layer`, `token`. `columns` are their heads. `measure`
    is what the number of a cell is where its text is none. `by_columns`: each column has a scale of its own, so that a
    picture is coloured by `strength`, and that is what `measure` names.
    """

    title: str
    said: tuple[str, ...]
    down: str
    across: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    measure: str = "number"
    by_columns: bool = False

    def __post_init__(self) -> None:
        """See `Cell`. Each row has as many cells as there are columns."""
        object.__setattr__(self, "title", visible(self.title))
        object.__setattr__(self, "said", tuple(map(visible, self.said)))
        object.__setattr__(self, "columns", tuple(map(visible, self.columns)))
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"{row.label}: {len(row.cells)} cells for {len(self.columns)} columns")

    @property
    def before_numbers(self) -> int:
        """How many columns of a list stand before the first number: what they say names the row, with its head."""
        places = range(0 if self.across else len(self.columns))
        return next((place for place in places if any(row.cells[place].number is not None for row in self.rows)), 0)

    @property
    def names_down(self) -> str:
        """What the rows are named by: `of the query · of the key`."""
        return " · ".join((self.down, *self.columns[: self.before_numbers]))

    def name_of(self, row: Row) -> str:
        """What names a row, which its head alone may not."""
        return " · ".join((row.label, *(cell.text for cell in row.cells[: self.before_numbers] if cell.text)))

    def numbers_down(self, column: int) -> tuple[float | None, ...]:
        """The numbers of a column, for a curve."""
        return tuple(row.cells[column].number for row in self.rows)
