"""Matrices that stand around another one: to its left one that has its rows, above it those that have its columns.

What stands above stands column over column, what stands to the left row beside row. Whole matrices are tried first,
with as many digits as there is room for; then the row and the column that make a cell, number over number; then
colours: of a row and a column in two lines, of whole matrices to the left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import Ground, lit_style
from attn_explore.explorer.drawing.grid_layout import (
    COLUMN,
    GAP,
    GLYPHS,
    LABEL,
    Fit,
    Layout,
    labels_width,
    longest_label,
)
from attn_explore.explorer.drawing.lines import BOLD, DIM, cells_of_row
from attn_explore.explorer.drawing.numbers import SMALLEST_WIDTH, Numbers, fitted, most_cells, numbers_for, shortened
from attn_explore.explorer.drawing.order import Order
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.text import figure

MOST = 64
"""A matrix that has more rows or columns is not tried as a whole."""

STRIPS = 3
"""Lines that a row and a column take, and the labels over them."""

COLOURS = 2
"""Lines that a row and a column take as colours."""

SHADES_SAY = "  these numbers, as shades,", "  times these make the cell"
"""What is said behind a row and a column in colours: nobody has to guess what the shades are."""

LEAST_DIGITS = 6
"""Cells that the numbers in the middle keep, whatever stands beside them in colours."""

LIT = Style(bold=True, underline=True)
"""How a lit cell is seen where there are no colours."""

Lit = tuple[frozenset[int], frozenset[int]]
"""Rows and columns whose common cells make the cell under the cursor."""

NOTHING: Lit = (frozenset(), frozenset())

Lines = list[list[Segment]]


@dataclass(frozen=True, eq=False)
class Named:
    """A matrix, what it is called, and which of its cells are lit; `operand`: which one of its step it is."""

    name: str
    picture: Picture
    lit: Lit
    operand: int = 0

    def ordered(self, own: Picture, has_rows: bool = False, has_columns: bool = False) -> Named:
        """With the rows or columns that it has in common with a matrix in the order of that one."""
        down = has_rows or self.picture.rows.name == own.rows.name
        along = has_columns or self.picture.columns.name == own.columns.name
        order = Order(own.order.rows if down else None, own.order.columns if along else None)
        rows, columns = (frozenset(map(drawn, lit)) for drawn, lit in zip(order.drawn_along, self.lit, strict=True))
        return replace(self, picture=self.picture.ordered(order), lit=(rows, columns))


@dataclass(frozen=True, eq=False)
class Placed:
    """A matrix where it stands; of one that does not end there, how many columns it has; and what is said behind it."""

    named: Named
    layout: Layout
    columns_in_all: int = 0
    said: str = ""

    @property
    def is_in_colour(self) -> bool:
        """Whether it has colours instead of numbers."""
        return self.layout.numbers is None


@dataclass(frozen=True, eq=False)
class Surround:
    """What stands to the left and above. `fit` is that of the matrix in the middle; None where it keeps its own."""

    fit: Fit | None
    left: tuple[Placed, ...]
    above: tuple[Placed, ...]

    @property
    def left_width(self) -> int:
        """Cells of what stands to the left, with the gap behind each."""
        return sum(map(_width_left, self.left))

    @property
    def lines_above(self) -> int:
        """Lines of what stands above."""
        titles = len(self.above) if self.fit is not None else 0
        labels = bool(self.above) and not self.above[0].is_in_colour
        return sum(each.named.picture.rows.size for each in self.above) + titles + labels


@dataclass(frozen=True, eq=False)
class Around:
    """What may stand around a matrix: to the left, above; as another way all above; or a row and a column as `pair`."""

    name: str
    own: Picture
    left: tuple[Named, ...] = ()
    above: tuple[Named, ...] = ()
    may_all_be_above: bool = False
    pair: tuple[Named, Named] | None = None

    def ordered(self, own: Picture) -> Around:
        """Around the same matrix with its rows and columns in another order: theirs follow."""
        left = tuple(each.ordered(own, has_rows=True) for each in self.left)
        above = tuple(each.ordered(own, has_columns=True) for each in self.above)
        return replace(self, own=own, left=left, above=above)

    def placed(self, width: int, lines: int, spare: int) -> Surround | None:
        """As it stands in `width` cells and, above, in so many lines, of which `spare` are needed by nothing else."""
        ways = [(self.left, self.above)]
        if self.may_all_be_above:
            ways.append(((), (*self.left, *self.above)))
        found = (whole(self.name, self.own, left, above, width) for left, above in ways)
        fitting = next((each for each in found if each is not None and each.lines_above <= lines), None)
        if fitting is not None:
            return fitting
        if self.pair is not None:
            return strips(*self.pair, width) if spare > STRIPS else coloured_strips(*self.pair, width, spare)
        return coloured(self.name, self.own, (*self.left, *self.above), width)


def whole(name: str, own: Picture, left: Sequence[Named], above: Sequence[Named], width: int) -> Surround | None:
    """How they stand in `width` cells, with the most digits that there is room for; None where they do not fit."""
    every = [*above, *left]
    if not every or any(max(each.picture.rows.size, each.picture.columns.size) > MOST for each in every):
        return None
    for beside in range(COLUMN - 1, SMALLEST_WIDTH - 1, -1):
        for digits in (beside + 1, beside):
            fit, over = _with_digits(name, own, above, digits)
            found = Surround(fit, tuple(_left(each, beside) for each in left), over)
            if found.left_width + fit.label_width + own.columns.size * fit.column_width <= width:
                return found
    return None


def strips(row: Named, column: Named, width: int) -> Surround:
    """Two vectors, each a matrix of one row, number over number, as far as they go in `width` cells."""
    size = row.picture.columns.size
    numbers = max((_numbers(each.picture, COLUMN - 2) for each in (row, column)), key=lambda found: found.width)
    heads = (row.name, column.name, _along(row.picture))
    label_width = max(map(most_cells, heads)) + 1
    column_width = numbers.width + 1
    count = max(1, _columns_in(width - label_width, column_width, size))
    return Surround(
        None, (), tuple(_in_a_line(each, count, label_width, column_width, numbers) for each in (row, column))
    )


def coloured_strips(row: Named, column: Named, width: int, lines: int) -> Surround | None:
    """The same in two lines, a colour for each number; None where there is no room, or none to say what they are."""
    size, label_width = row.picture.columns.size, max(map(most_cells, (row.name, column.name))) + 1
    count = _columns_in(width - label_width - max(map(most_cells, SHADES_SAY)), GLYPHS, size)
    if lines < COLOURS or count < min(size, COLUMN):
        return None
    drawn = (_in_a_line(each, count, label_width, GLYPHS, None) for each in (row, column))
    return Surround(None, (), tuple(replace(each, said=said) for each, said in zip(drawn, SHADES_SAY, strict=True)))


def _columns_in(room: int, column_width: int, size: int) -> int:
    """How many of `size` columns fit into so many cells; where not all do, beside a sign that says so."""
    count = room // column_width
    return count if count >= size else (room - len(_rest(size))) // column_width


def _in_a_line(vector: Named, count: int, label_width: int, column_width: int, numbers: Numbers | None) -> Placed:
    """The first columns of a matrix of one row."""
    size, begins = vector.picture.columns.size, replace(vector, picture=_beginning(vector.picture, count))
    layout = Layout(begins.picture, label_width, column_width, numbers, ((),))
    return Placed(begins, layout, size if count < size else 0)


def coloured(name: str, own: Picture, matrices: Sequence[Named], width: int) -> Surround | None:
    """Matrices with the rows of the one in the middle as blocks of colour beside these; None where they do not fit."""
    if not matrices or not all(_has_rows_of(own, each.picture) for each in matrices):
        return None
    blocks = tuple(Placed(each, Layout(each.picture, 0, GLYPHS, None, ((),))) for each in matrices)
    for digits in range(COLUMN - 1, LEAST_DIGITS - 1, -1):
        fit, _ = _with_digits(name, own, (), digits)
        found = Surround(fit, blocks, ())
        if found.left_width + fit.label_width + own.columns.size * fit.column_width <= width:
            return found
    return None


def _has_rows_of(own: Picture, other: Picture) -> bool:
    return (own.rows.name, own.rows.size) == (other.rows.name, other.rows.size) and other.columns.size <= MOST


def _beginning(picture: Picture, count: int) -> Picture:
    rows, columns = picture.axes
    if count >= columns.size:
        return picture
    labels = None if columns.labels is None else tuple(map(columns.label, range(count)))
    return Picture(picture.array[:, :count], (rows, Axis(columns.name, count, labels)), scale=(picture.end, True))


def _along(picture: Picture) -> str:
    return f"{picture.columns.name} →"


def _rest(size: int) -> str:
    return f" … of {figure(size)}"


def _with_digits(name: str, own: Picture, above: Sequence[Named], digits: int) -> tuple[Fit, tuple[Placed, ...]]:
    """The matrix in the middle and those above it, with `digits` cells for their numbers."""
    written = [_numbers(each.picture, digits) for each in above]
    label_width = max(min(LABEL, labels_width(own.rows)), *map(_heads, above), 0) + 1
    column = max(numbers.width for numbers in (_numbers(own, digits), *written))
    fit = Fit(label_width, max(column, min(longest_label(own.columns), digits)) + 1, name)
    placed = (
        Placed(each, Layout(each.picture, label_width, fit.column_width, numbers, ((),)))
        for each, numbers in zip(above, written, strict=True)
    )
    return fit, tuple(placed)


def _left(named: Named, digits: int) -> Placed:
    picture, numbers = named.picture, _numbers(named.picture, digits)
    column_width = max(numbers.width, min(longest_label(picture.columns), digits)) + 1
    return Placed(named, Layout(picture, _heads(named) + 1, column_width, numbers, ((),)))


def _width_left(placed: Placed) -> int:
    """Cells that it takes with the gap behind it; it is as wide as its name at least."""
    return max(placed.layout.width, placed.layout.label_width + most_cells(placed.named.name)) + GAP


def _heads(named: Named) -> int:
    return min(LABEL, labels_width(named.picture.rows))


def _numbers(picture: Picture, digits: int) -> Numbers:
    return numbers_for(picture.largest, picture.is_signed, picture.is_whole, digits)


# --- drawing


def above_lines(found: Surround, ground: Ground, width: int) -> Lines:
    """What stands above: of the first the labels of its columns as well, which are those of all."""
    lines: Lines = []
    for place, each in enumerate(found.above):
        if found.fit is not None:
            lines.append(_title(each, width))
        if place == 0 and not each.is_in_colour:
            lines.append(_header(each, is_named=found.fit is not None))
        lines += _rows(each, ground)
    return lines


def left_lines(found: Sequence[Placed], ground: Ground) -> Lines:
    """What stands to the left, its rows beside those of the matrix in the middle."""
    drawn = (
        [_title(each, _width_left(each) - GAP), _header(each, is_named=True), *_rows(each, ground)] for each in found
    )
    return [list(chain.from_iterable(map(_filled, found, lines))) for lines in zip(*drawn, strict=True)]


def _filled(placed: Placed, line: list[Segment]) -> list[Segment]:
    """A line of what stands to the left, as long as all of them are, with the gap behind it."""
    return [*line, Segment(" " * (_width_left(placed) - sum(segment.cell_length for segment in line)))]


def _title(found: Placed, width: int) -> list[Segment]:
    """What it is called, and what runs along its columns."""
    picture, indent = found.named.picture, found.layout.label_width
    name = shortened(found.named.name, max(1, width - indent))
    arrow = f"   {picture.columns.name} →" if picture.columns.name and not found.is_in_colour else ""
    has_room = indent + most_cells(name) + most_cells(arrow) <= width
    return [Segment(" " * indent), Segment(name, BOLD), Segment(arrow if has_room else "", DIM)]


def _header(found: Placed, is_named: bool) -> list[Segment]:
    """The name of the rows' axis, and the labels of the columns; what these are, unless a title over them says so."""
    picture, layout, (_, lit) = found.named.picture, found.layout, found.named.lit
    if found.is_in_colour:
        has_room = most_cells(_along(picture)) <= _width_left(found) - GAP
        return [Segment(_along(picture) if has_room else "", DIM)]
    corner = f"{picture.rows.name} ↓" if picture.rows.name else "" if is_named else _along(picture)
    rest = _rest(found.columns_in_all) if found.columns_in_all else ""
    room, count = layout.column_width - 1, picture.columns.size
    labels = (fitted(picture.column_name(column), room, right=True) for column in range(count))
    styles = (BOLD if column in lit and len(lit) < count else DIM for column in range(count))
    shown = (Segment(f" {text}", style) for text, style in zip(labels, styles, strict=True))
    return [Segment(fitted(corner, layout.label_width), DIM), *shown, Segment(rest, DIM)]


def _rows(found: Placed, ground: Ground) -> Lines:
    picture, layout, (rows, columns) = found.named.picture, found.layout, found.named.lit
    lines: Lines = []
    for row in range(picture.rows.size):
        label = fitted(picture.row_name(row), layout.label_width - 1) + " " if layout.label_width else ""
        is_lit = row in rows and len(rows) < picture.rows.size
        cells = cells_of_row(layout, ground, (), row, range(picture.columns.size))
        lit = (_lit(cell, ground) if row in rows and column in columns else [cell] for column, cell in enumerate(cells))
        rest = _rest(found.columns_in_all) if found.is_in_colour and found.columns_in_all else ""
        drawn = (segment for each in lit for segment in each)
        lines.append([Segment(label, BOLD if is_lit else DIM), *drawn, Segment(rest + found.said, DIM)])
    return lines


def _lit(cell: Segment, ground: Ground) -> list[Segment]:
    """A cell that is lit: nearer to the colour of letters, and the number stands out."""
    text, style = cell.text, lit_style(cell.style or Style(), ground)
    number = text.lstrip()
    return [Segment(text[: len(text) - len(number)], style), Segment(number, style + LIT)]


Found = tuple[int, int, int]
"""Operand, row and column of a cell."""


def place_above(placed: Sequence[Placed], x: int, y: int) -> Found | None:
    """The cell that is drawn there by `above_lines`; None beside the cells of whole matrices."""
    top = 1
    for place, each in enumerate(placed):
        top += 1 if place == 0 else 0
        if (found := _cell_at(each, x, y - top)) is not None:
            return found
        top += each.named.picture.rows.size + 1
    return None


def place_left(placed: Sequence[Placed], x: int, y: int) -> Found | None:
    """The cell that is drawn there by `left_lines`."""
    for each in placed:
        if x < _width_left(each):
            return _cell_at(each, x, y - 2)
        x -= _width_left(each)
    return None


def _cell_at(placed: Placed, x: int, row: int) -> Found | None:
    """The cell at a place of a matrix; None beside its cells."""
    column, _ = divmod(x - placed.layout.label_width, placed.layout.column_width)
    rows, columns = (axis.size for axis in placed.named.picture.axes)
    if not (0 <= row < rows and 0 <= column < columns):
        return None
    order = placed.named.picture.order
    return placed.named.operand, order.row(row), order.column(column)
