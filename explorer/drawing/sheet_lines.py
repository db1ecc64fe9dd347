"""The tensors of one head as blocks of lines on one sheet, and where each of their cells stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import Ground, cursor_style, lit_style
from attn_explore.explorer.drawing.grid_layout import COLUMN, LABEL, Layout, labels_width, longest_label
from attn_explore.explorer.drawing.lines import BOLD, DIM, cells_of_row
from attn_explore.explorer.drawing.numbers import SMALLEST_WIDTH, fitted, most_cells, numbers_for, pad, shortened
from attn_explore.explorer.drawing.plots.sheet import Part
from attn_explore.model.dataclass import dataclass
from attn_explore.model.naming import shown_short

BETWEEN = 3
"""Cells between two blocks, and lines between two bands of them less two."""
HEAD = 2
"""Lines over the rows of a block: what it is, and the labels of its columns."""

Cell = tuple[str, int, int]
"""The path of a tensor, and a row and a column of it."""

MADE_OF, MAKES = Style(bold=True, underline=True), Style(bold=True, italic=True)
"""How cells are told apart where there are no colours: what makes the cell under the cursor, and what it makes."""


@dataclass(frozen=True, eq=False)
class Block:
    """A tensor where it stands: its left upper corner."""

    part: Part
    layout: Layout
    x: int
    y: int

    @property
    def height(self) -> int:
        """Lines that it takes."""
        return HEAD + self.layout.picture.rows.size

    def cell_at(self, x: int, y: int) -> Cell | None:
        """The cell that stands at a place of the sheet."""
        row, column = y - self.y - HEAD, (x - self.x - self.layout.label_width) // self.layout.column_width
        rows, columns = self.layout.drawn
        return (self.part.path, row, column) if 0 <= row < rows and 0 <= column < columns else None


@dataclass(frozen=True)
class Lit:
    """The cell under the cursor, the cells that it is made of, and those that it makes."""

    cursor: Cell
    made_of: frozenset[Cell]
    makes: frozenset[Cell]


def arranged(bands: Sequence[Sequence[Part]], width: int, height: int) -> list[Block] | None:
    """The blocks band under band, with the most digits with which all of them fit; None where they do not."""
    for digits in range(COLUMN - 1, SMALLEST_WIDTH - 1, -1):
        found = _with_digits(bands, digits, width)
        if found is not None and max(block.y + block.height for block in found) <= height:
            return found
    return None


def _with_digits(bands: Sequence[Sequence[Part]], digits: int, width: int) -> list[Block] | None:
    """A band that is wider than the sheet goes on under itself."""
    blocks: list[Block] = []
    y = 0
    for band in bands:
        x, below = 0, y
        for part in band:
            layout = _layout(part, digits)
            wide = max(layout.width, most_cells(_title(part)))
            if wide > width:
                return None
            if x + wide > width:
                x, y = 0, below
            blocks.append(Block(part, layout, x, y))
            x += wide + BETWEEN
            below = max(below, y + blocks[-1].height + 1)
        y = below
    return blocks


def _layout(part: Part, digits: int) -> Layout:
    picture = part.heat_map.picture
    numbers = numbers_for(picture.largest, picture.is_signed, picture.is_whole, digits)
    column = max(numbers.width, min(longest_label(picture.columns), digits)) + 1
    return Layout(picture, min(LABEL, labels_width(picture)) + 1, column, numbers, ((),))


def _title(part: Part) -> str:
    rows, columns = part.heat_map.picture.rows.size, part.heat_map.picture.columns.size
    return f"{part.symbol}  {rows}×{columns}"


def sheet_line(blocks: Sequence[Block], y: int, lit: Lit, ground: Ground) -> list[Segment]:
    """One line of the sheet."""
    segments: list[Segment] = []
    at = 0
    for block in blocks:
        if block.y <= y < block.y + block.height:
            drawn = _line(block, y - block.y, lit, ground)
            segments += [Segment(" " * (block.x - at)), *drawn]
            at = block.x + sum(segment.cell_length for segment in drawn)
    return segments


def _line(block: Block, line: int, lit: Lit, ground: Ground) -> list[Segment]:
    layout, part = block.layout, block.part
    is_here = lit.cursor[0] == part.path
    if line == 0:
        formula = f"  {part.formula}" if part.is_made else ""
        title = _title(part)
        room = max(0, layout.width - most_cells(title))
        said = shortened(formula, room) if most_cells(formula) <= room else ""
        return [Segment(title, BOLD + Style(reverse=is_here)), Segment(said, DIM)]
    if line == 1:
        corner = f"{layout.picture.rows.name} ↓" if layout.picture.rows.name else ""
        room = layout.column_width - 1
        columns = range(layout.drawn[1])
        labels = (fitted(shown_short(layout.picture.columns, column), room, right=True) for column in columns)
        return [Segment(fitted(corner, layout.label_width), DIM), *(Segment(f" {label}", DIM) for label in labels)]
    row = line - HEAD
    label = pad(fitted(shown_short(layout.picture.rows, row), layout.label_width - 1), layout.label_width)
    cells = cells_of_row(layout, ground, (), row, range(layout.drawn[1]))
    return [
        Segment(label, BOLD if is_here and row == lit.cursor[1] else DIM),
        *(_shaded(cell, (part.path, row, column), lit, ground) for column, cell in enumerate(cells)),
    ]


def _shaded(segment: Segment, cell: Cell, lit: Lit, ground: Ground) -> Segment:
    """A cell in one of two shades, or as the one under the cursor."""
    style = segment.style or Style()
    if cell == lit.cursor:
        return Segment(segment.text, cursor_style(ground))
    if cell in lit.made_of:
        return Segment(segment.text, lit_style(style, ground) + MADE_OF)
    if cell in lit.makes:
        return Segment(segment.text, lit_style(style, ground, strongly=True) + MAKES)
    return segment


def moved(blocks: Sequence[Block], cursor: Cell, down: int, right: int) -> Cell:
    """The cell beside another one; beyond the edge of its tensor, in the nearest tensor that way, if there is one."""
    path, row, column = cursor
    block = next(each for each in blocks if each.part.path == path)
    rows, columns = block.layout.drawn
    if 0 <= row + down < rows and 0 <= column + right < columns:
        return path, row + down, column + right
    beside = [each for each in blocks if _is_that_way(block, each, down, right)]
    if not beside:
        return cursor
    found = min(beside, key=lambda each: abs(each.y - block.y) + abs(each.x - block.x))
    last_row, last_column = (size - 1 for size in found.layout.drawn)
    entered_row = 0 if down > 0 else last_row if down < 0 else min(row, last_row)
    entered_column = 0 if right > 0 else last_column if right < 0 else min(column, last_column)
    return found.part.path, entered_row, entered_column


def _is_that_way(block: Block, other: Block, down: int, right: int) -> bool:
    if right:
        overlaps = other.y < block.y + block.height and block.y < other.y + other.height
        return overlaps and (other.x - block.x) * right > 0
    return (other.y - block.y) * down > 0


def links(made_of: Mapping[Cell, frozenset[Cell]], cursor: Cell) -> Lit:
    """What makes a cell, step by step from the first one on, and what it makes, to the last one."""
    up = _closure(made_of, cursor)
    makes: dict[Cell, set[Cell]] = {}
    for cell, operands in made_of.items():
        for operand in operands:
            makes.setdefault(operand, set()).add(cell)
    down = _closure(makes, cursor)
    return Lit(cursor, up, down)


def _closure(edges: Mapping[Cell, frozenset[Cell] | set[Cell]], start: Cell) -> frozenset[Cell]:
    found: set[Cell] = set()
    waiting = [start]
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return frozenset(found)
