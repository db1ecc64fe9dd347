"""The tensors of a block as lines on one sheet, or a window of each, and where their cells stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from itertools import product

from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import Ground, cursor_style, lit_style
from attn_explore.explorer.drawing.grid_layout import COLUMN, LABEL, Layout, labels_width, longest_label
from attn_explore.explorer.drawing.lines import BOLD, DIM, cells_of_row
from attn_explore.explorer.drawing.numbers import SMALLEST_WIDTH, fitted, most_cells, numbers_for, pad, span
from attn_explore.explorer.drawing.plots.sheet import Part
from attn_explore.model.dataclass import dataclass
from attn_explore.model.naming import shown_short

BETWEEN = 3
"""Cells between two blocks, and lines between two bands of them less two."""
HEAD = 2
"""Lines over the rows of a block: what it is, and the labels of its columns."""

MOST_KEPT = 512
"""Layouts of tensors, and rows of them as they are drawn, that are kept."""

MORE = 2
"""Lines that say how much is above and below what is in sight."""

Cell = tuple[str, int, int]
"""The path of a tensor, and a row and a column of it."""

MADE_OF, MAKES = Style(bold=True, underline=True), Style(bold=True, italic=True)
"""How cells are told apart where there are no colours: what makes the cell under the cursor, and what it makes."""


Marks = Mapping[str, Sequence[tuple[frozenset[int] | None, frozenset[int] | None]]]
"""Cells by the paths of their tensors: those in some rows and some columns, None being all."""

Window = tuple[range, range]
"""The rows and the columns of a tensor whose numbers stand on the sheet."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A tensor of which a window stands on the sheet: that is the picture of its part.

    `whole`: how many rows and columns it has. `is_there`: its numbers are in memory; of others the title is shown.
    """

    part: Part
    window: Window
    whole: tuple[int, int]
    is_there: bool = True

    @cached_property
    def title(self) -> str:
        """What it is called, how large it is, and which part of it is shown, if not all."""
        axes = self.part.heat_map.picture.rows, self.part.heat_map.picture.columns
        size = f"{self.part.symbol}  {self.whole[0]}×{self.whole[1]}"
        if not self.is_there:
            return f"{size}  not in memory"
        seen = [f"  {axis.name} {span(places)}"
                for axis, places, size_ in zip(axes, self.window, self.whole, strict=True)
                if len(places) < size_]  # fmt: skip
        return size + "".join(seen)

    @cached_property
    def title_width(self) -> int:
        """Cells of that."""
        return most_cells(self.title)


@dataclass(frozen=True, eq=False)
class Block:
    """A tensor where it stands: its left upper corner. `heading`: what stands over all from here on."""

    shown: Shown
    layout: Layout
    x: int
    y: int
    heading: str = ""

    @property
    def part(self) -> Part:
        """The tensor, and what it is called."""
        return self.shown.part

    @property
    def height(self) -> int:
        """Lines that it takes."""
        return HEAD + self.layout.picture.rows.size if self.shown.is_there else 1

    @property
    def width(self) -> int:
        """Cells that it takes."""
        return max(self.layout.width, self.shown.title_width)

    def cell_at(self, x: int, y: int) -> Cell | None:
        """The cell that stands at a place of the sheet."""
        row, column = y - self.y - HEAD, (x - self.x - self.layout.label_width) // self.layout.column_width
        (rows, columns), (top, left) = self.layout.drawn, self.first
        return (self.part.path, top + row, left + column) if 0 <= row < rows and 0 <= column < columns else None

    def is_title_at(self, x: int, y: int) -> bool:
        """Whether its title stands at a place of the sheet."""
        return y == self.y and self.x <= x < self.x + self.width

    @property
    def first(self) -> tuple[int, int]:
        """The row and the column that the window begins with."""
        rows, columns = self.shown.window
        return rows.start, columns.start


@dataclass(frozen=True)
class Lit:
    """The cell under the cursor, the cells that it is made of, and those that it makes."""

    cursor: Cell
    made_of: Marks
    makes: Marks


def is_marked(marks: Marks, cell: Cell) -> bool:
    """Whether a cell is one of those."""
    path, row, column = cell
    return any(
        (rows is None or row in rows) and (columns is None or column in columns)
        for rows, columns in marks.get(path, ())
    )


def count_marked(marks: Marks, blocks: Sequence[Block]) -> int:
    """How many of those cells stand on a sheet."""
    return sum(
        is_marked(marks, (block.part.path, row, column))
        for block in blocks
        if block.part.path in marks
        for row, column in product(*block.shown.window)
    )


def height_of(blocks: Sequence[Block]) -> int:
    """Lines of a sheet."""
    return max(block.y + block.height for block in blocks)


def first_in_sight(blocks: Sequence[Block], path: str, height: int) -> int:
    """The first line of a sheet that is in sight in so many lines: the first one, if the tensor at `path` is then.

    Otherwise its band, or one above it, begins under the line that says how much is above: no tensor lacks its title.
    """
    whole = height_of(blocks)
    block = next((each for each in blocks if each.part.path == path), None)
    if block is None or whole <= height or block.y + block.height < height:
        return 0
    over_bands = {each.y - 1 for each in blocks if 0 < each.y <= block.y}
    return min((line for line in over_bands if line >= whole - height), default=max(0, block.y - 1))


def arranged(bands: Sequence[Sequence[Shown]], width: int, height: int) -> list[Block] | None:
    """The tensors band under band, with the most digits with which all of them fit.

    Where they need more than the height in any case, they are as low as can be. None: one is wider than the sheet.
    """
    lowest: list[Block] | None = None
    for digits in range(COLUMN - 1, SMALLEST_WIDTH - 1, -1):
        found = _with_digits(bands, digits, width)
        if found is not None and height_of(found) <= height:
            return found
        if found is not None and (lowest is None or height_of(found) < height_of(lowest)):
            lowest = found
    return lowest


def _with_digits(bands: Sequence[Sequence[Shown]], digits: int, width: int) -> list[Block] | None:
    """A band that is wider than the sheet goes on under itself."""
    blocks: list[Block] = []
    y = 0
    for band in bands:
        x, below = 0, y
        for shown in band:
            block = Block(shown, _layout(shown.part, digits), x, y)
            if block.width > width:
                return None
            if x + block.width > width:
                block = replace(block, x=0, y=below)
            blocks.append(block)
            x, y = block.x + block.width + BETWEEN, block.y
            below = max(below, y + block.height + 1)
        y = below
    return blocks


def moved_down(blocks: Sequence[Block], lines: int, heading: str) -> list[Block]:
    """The same tensors further down, under a heading, for which a line is left over them."""
    return [replace(each, y=each.y + lines, heading="" if place else heading) for place, each in enumerate(blocks)]


@lru_cache(maxsize=MOST_KEPT)
def _layout(part: Part, digits: int) -> Layout:
    picture = part.heat_map.picture
    numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, digits)
    column = max(numbers.width, min(longest_label(picture.columns), digits)) + 1
    return Layout(picture, min(LABEL, labels_width(picture.rows)) + 1, column, numbers, ((),))


def sheet_line(blocks: Sequence[Block], y: int, lit: Lit, ground: Ground) -> list[Segment]:
    """One line of the sheet."""
    segments: list[Segment] = []
    at = 0
    for block in blocks:
        if block.heading and y == block.y - 1:
            return [Segment("─ ", DIM), Segment(block.heading, BOLD), Segment(" ─", DIM)]
        if block.y <= y < block.y + block.height:
            drawn = _line(block, y - block.y, lit, ground)
            segments += [Segment(" " * (block.x - at)), *drawn]
            at = block.x + sum(segment.cell_length for segment in drawn)
    return segments


def _line(block: Block, line: int, lit: Lit, ground: Ground) -> list[Segment]:
    path, is_here = block.part.path, lit.cursor[0] == block.part.path
    if line == 0:
        title = block.shown.title
        formula = f"  {block.part.formula}"
        said = formula if most_cells(title) + most_cells(formula) <= block.width else ""
        return [Segment(title, BOLD + Style(reverse=is_here)), Segment(said, DIM)]
    if line == 1:
        return _labels(block.layout)
    label, *cells = _row(block.layout, line - HEAD, ground)
    if not is_here and path not in lit.made_of and path not in lit.makes:
        return [label, *cells]
    top, left = block.first
    row = top + line - HEAD
    shaded = (_shaded(cell, (path, row, column), lit, ground) for column, cell in enumerate(cells, left))
    return [Segment(label.text, BOLD) if is_here and row == lit.cursor[1] else label, *shaded]


@lru_cache(maxsize=MOST_KEPT)
def _labels(layout: Layout) -> list[Segment]:
    """The name of the axis down the rows, and the labels of the columns."""
    corner = f"{layout.picture.rows.name} ↓" if layout.picture.rows.name else ""
    room, columns = layout.column_width - 1, range(layout.drawn[1])
    labels = (fitted(shown_short(layout.picture.columns, column), room, right=True) for column in columns)
    return [Segment(fitted(corner, layout.label_width), DIM), *(Segment(f" {label}", DIM) for label in labels)]


@lru_cache(maxsize=MOST_KEPT)
def _row(layout: Layout, row: int, ground: Ground) -> list[Segment]:
    """The label and the numbers of a row before any is lit: they stay while the cursor moves."""
    label = fitted(shown_short(layout.picture.rows, row), layout.label_width - 1)
    cells = cells_of_row(layout, ground, (), row, range(layout.drawn[1]))
    return [Segment(pad(label, layout.label_width), DIM), *cells]


def _shaded(segment: Segment, cell: Cell, lit: Lit, ground: Ground) -> Segment:
    """A cell in one of two shades, or as the one under the cursor."""
    style = segment.style or Style()
    if cell == lit.cursor:
        return Segment(segment.text, cursor_style(ground))
    if is_marked(lit.made_of, cell):
        return Segment(segment.text, lit_style(style, ground) + MADE_OF)
    if is_marked(lit.makes, cell):
        return Segment(segment.text, lit_style(style, ground, strongly=True) + MAKES)
    return segment


def moved(blocks: Sequence[Block], cursor: Cell, down: int, right: int) -> Cell:
    """The cell beside another one; beyond the edge of its tensor, in the nearest tensor that way, if there is one."""
    path, row, column = cursor
    block = next(each for each in blocks if each.part.path == path)
    rows, columns = block.shown.whole
    if 0 <= row + down < rows and 0 <= column + right < columns:
        return path, row + down, column + right
    beside = [each for each in blocks if each.shown.is_there and _is_that_way(block, each, down, right)]
    if not beside:
        return cursor
    found = min(beside, key=lambda each: abs(each.y - block.y) + abs(each.x - block.x))
    rows_there, columns_there = found.shown.window
    return found.part.path, _entered(rows_there, row, down), _entered(columns_there, column, right)


def _entered(window: range, here: int, step: int) -> int:
    """Where a tensor is entered along an axis: at the edge that comes first, or where the cursor is along it."""
    if step:
        return window.start if step > 0 else window.stop - 1
    return min(max(here, window.start), window.stop - 1)


def _is_that_way(block: Block, other: Block, down: int, right: int) -> bool:
    if right:
        overlaps = other.y < block.y + block.height and block.y < other.y + other.height
        return overlaps and (other.x - block.x) * right > 0
    return (other.y - block.y) * down > 0
