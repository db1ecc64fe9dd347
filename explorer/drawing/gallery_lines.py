"""Small heat maps side by side, family by family: where each hangs, and the lines that draw them.

All are drawn around the same cell: of a text for which there is no room, the part around it is in sight.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.segment import Segment
from rich.style import Style

from attn_explore.explorer.drawing.colours import Ground, cursor_style, lit_style
from attn_explore.explorer.drawing.grid_layout import GLYPHS, Layout, longest_label
from attn_explore.explorer.drawing.lines import BOLD, DIM, cells_of_row
from attn_explore.explorer.drawing.numbers import Numbers, fitted, most_cells, pad, span
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import sample
from attn_explore.model.naming import shown_labels, shown_short

BETWEEN, APART = 2, 5
"""Cells between two pictures, and between two families that hang in one row."""
NARROW, WIDE = 24, 36
"""Cells that a picture takes at least, and at most."""
MOST_ROWS = 8
"""Rows of a picture that are in sight; with more columns there are no numbers either."""
LABEL, COLUMN = 8, 6
"""Cells that a label takes at most, of a row and of a column."""
FORMULA = 2
"""Lines that a formula takes at most."""
UP_TO_TEN, ABOVE_TEN = Numbers(4, 2), Numbers(5, 2)
"""How numbers are written, without a sign or with one."""
LIT = Style(bold=True, underline=True)
"""How the cell is told apart where there are no colours, in the pictures that are not the chosen one."""
MARK, OWN = "●", "○"
"""What stands before a picture that is marked to be compared, and before those that are as the run has it."""

Place = tuple[int, int]
"""A row and a column."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A variant to be hung: its name, its family, its title, its weights or why there are none.

    `formulas` are ways to say what it is, the best first: the first for which there is room is written over it.

    `is_own`: it is as the run has it.
    """

    name: str
    family: str
    title: str
    formulas: tuple[str, ...]
    picture: Picture | None
    refused: str = ""
    is_own: bool = False


@dataclass(frozen=True, eq=False)
class _Measured:
    """A tile before it hangs: its layout, the cells that it takes, and its lines of text."""

    tile: Tile
    layout: Layout | None
    width: int
    text: list[str]


@dataclass(frozen=True, eq=False)
class Hanging:
    """A tile where it hangs: its left upper corner, its lines of text, and which rows and columns are in sight."""

    tile: Tile
    x: int
    y: int
    width: int
    text: tuple[str, ...]
    layout: Layout | None
    rows: range
    columns: range

    @property
    def height(self) -> int:
        """Lines that it takes: title and text, and under them the columns' labels and the rows."""
        return 1 + len(self.text) + (1 + len(self.rows) if self.layout else 0)

    def cell_at(self, x: int, y: int) -> Place | None:
        """The cell that is drawn at a place of the wall."""
        if self.layout is None:
            return None
        row = y - self.y - 2 - len(self.text)
        column = (x - self.x - self.layout.label_width) // self.layout.column_width
        is_inside = 0 <= row < len(self.rows) and 0 <= column < len(self.columns)
        return (self.rows[row], self.columns[column]) if is_inside else None


@dataclass(frozen=True)
class Heading:
    """What a family is called and about, where its first picture hangs."""

    x: int
    y: int
    family: str
    about: str


@dataclass(frozen=True, eq=False)
class Wall:
    """Everything that hangs: the tiles, what stands over each family, and the rows that they hang in, top and bottom.

    The headings of a row are part of it.
    """

    hangings: tuple[Hanging, ...]
    headings: tuple[Heading, ...]
    rows: tuple[range, ...]

    def row_of(self, name: str) -> range:
        """The lines of the row in which the tile of a name hangs."""
        y = next(each.y for each in self.hangings if each.tile.name == name)
        return next(row for row in self.rows if y in row)

    def at(self, x: int, y: int) -> Hanging | None:
        """The tile at a place of the wall."""
        here = (each for each in self.hangings if each.y <= y < each.y + each.height and 0 <= x - each.x < each.width)
        return next(here, None)

    def first_line(self, name: str, scrolled: int, height: int) -> int:
        """From which line on the wall is seen, so that a tile is: as it was, or from the row on in which it hangs.

        Where not all of it fits, the last line says so.
        """
        if self.rows[-1].stop <= height:
            return 0
        row, room = self.row_of(name), height - 1
        last = next(
            each.start for each in self.rows if self.rows[-1].stop - each.start <= room or each is self.rows[-1]
        )
        starts = [each.start for each in self.rows]
        is_seen = scrolled in starts and scrolled <= row.start and row.stop <= scrolled + room
        return min(scrolled if is_seen else row.start, last)

    def in_sight(self, first: int, height: int) -> range:
        """The lines of the rows that are seen whole, or as much of one as there is room for."""
        room = height if self.rows[-1].stop <= height else height - 1
        stops = [row.stop for row in self.rows if row.start >= first and row.stop <= first + room]
        return range(first, stops[-1] if stops else first + room)


def hang(tiles: Sequence[Tile], about: Mapping[str, str], at: Place, width: int) -> Wall:
    """The tiles in rows of at most `width` cells, each family under what it is about; beside another where it fits."""
    hangings: list[Hanging] = []
    headings: list[Heading] = []
    rows: list[range] = []
    x = y = 0
    for family, found in groupby(tiles, key=lambda tile: tile.family):
        made = list(_rows(list(found), width))
        is_beside = bool(x) and len(made) == 1 and x + APART + _cells(made[0]) <= width
        if is_beside:
            x, y = x + APART, rows.pop().start
        else:
            x, y = 0, rows[-1].stop + 1 if rows else 0
        headings.append(Heading(x, y, family, about[family]))
        for place, row in enumerate(made):
            top = y if place == 0 else rows[-1].stop + 1
            hung = list(_hung(row, at, x, top + (place == 0)))
            hangings += hung
            beside = [each for each in hangings if each.y == hung[0].y]
            rows.append(range(top, max(each.y + each.height for each in beside)))
        x = x + _cells(made[-1]) if len(made) == 1 else 0
    return Wall(tuple(hangings), tuple(headings), tuple(rows))


def _hung(row: Sequence[_Measured], at: Place, x: int, y: int) -> Iterator[Hanging]:
    """A row of tiles, each with as many lines of text as the others have."""
    height = max(len(each.text) if each.layout else 0 for each in row)
    for each in row:
        rows, columns = _in_sight(each.layout, at)
        text = (*each.text, *[""] * (height - len(each.text)))
        yield Hanging(each.tile, x, y, each.width, text, each.layout, rows, columns)
        x += each.width + BETWEEN


def _cells(row: Sequence[_Measured]) -> int:
    """Cells of a row of tiles."""
    return sum(each.width for each in row) + BETWEEN * (len(row) - 1)


def _rows(tiles: list[Tile], width: int) -> Iterator[list[_Measured]]:
    """As many tiles to a row as fit, at least one."""
    row: list[_Measured] = []
    for each in (_measured(tile, width) for tile in tiles):
        if row and _cells([*row, each]) > width:
            yield row
            row = []
        row.append(each)
    if row:
        yield row


def _measured(tile: Tile, width: int) -> _Measured:
    layout = None if tile.picture is None else layout_of(tile.picture, width)
    cells = min(width, max(NARROW, 0 if layout is None else _width(layout)))
    return _Measured(tile, layout, cells, _text(tile, cells))


def _text(tile: Tile, width: int) -> list[str]:
    """A formula in a line or two, or why there is nothing to be seen."""
    if tile.picture is None:
        lines = wrapped(f"not here: {tile.refused}", width)
        return lines if len(lines) <= MOST_ROWS else [*lines[: MOST_ROWS - 1], "…"]
    ways = (wrapped(formula, width) for formula in tile.formulas)
    whole = (lines for lines in ways if len(lines) <= FORMULA and not any(each in ")]" for each in lines[-1:]))
    return next(whole, [])


def layout_of(picture: Picture, width: int) -> Layout:
    """Numbers where all of a small picture fits, if need be under labels cut short; else a colour for each number."""
    label = min(LABEL, max(map(most_cells, _labels(picture.rows)), default=0)) + 1
    numbers = ABOVE_TEN if picture.is_signed or picture.largest >= 9.995 else UP_TO_TEN
    if max(picture.rows.size, picture.columns.size) <= MOST_ROWS:
        room = (min(WIDE, width) - label) // max(1, picture.columns.size)
        column = min(room, max(numbers.width, min(COLUMN, longest_label(picture.columns))) + 1)
        if column > numbers.width:
            return Layout(picture, label, column, numbers, ((),))
    return Layout(picture, label, GLYPHS, None, ((),))


def _labels(axis: Axis) -> Iterable[str]:
    labels = shown_labels(axis)
    return [shown_short(axis, max(axis.size, 1) - 1)] if labels is None else sample(labels)


def _width(layout: Layout) -> int:
    return layout.label_width + layout.column_width * len(_sight(layout.picture.columns.size, _room(layout), 0))


def _room(layout: Layout) -> int:
    """How many columns are in sight at most."""
    return layout.picture.columns.size if layout.numbers else (WIDE - layout.label_width) // layout.column_width


def _in_sight(layout: Layout | None, at: Place) -> tuple[range, range]:
    """The rows and the columns around a cell for which there is room."""
    if layout is None:
        return range(0), range(0)
    rows, columns = layout.picture.rows.size, layout.picture.columns.size
    return _sight(rows, MOST_ROWS, at[0]), _sight(columns, _room(layout), at[1])


def _sight(size: int, room: int, at: int) -> range:
    """As many places as there is room for, among which one is in the middle where it can be."""
    first = max(0, min(at - room // 2, size - room))
    return range(first, min(size, first + room))


@dataclass(frozen=True)
class Seen:
    """What of a wall is lit: the chosen tile, the cell in all of them, and the tile that is marked."""

    chosen: str
    at: Place
    marked: str = ""


def wall_line(wall: Wall, y: int, seen: Seen, ground: Ground) -> list[Segment]:
    """One line of the wall."""
    headings = [each for each in wall.headings if each.y == y]
    if headings:
        return list(_headings(headings))
    segments: list[Segment] = []
    taken = 0
    for each in wall.hangings:
        if each.y <= y < each.y + each.height:
            drawn = _line(each, y - each.y, seen, ground)
            segments += [Segment(" " * (each.x - taken)), *drawn]
            taken = each.x + sum(segment.cell_length for segment in drawn)
    return segments


def _headings(headings: Sequence[Heading]) -> Iterator[Segment]:
    """What the families are that begin here; of several there is no room to say what they are about."""
    taken = 0
    for each in headings:
        about = f" · {each.about}" if len(headings) == 1 else ""
        yield from (Segment(" " * (each.x - taken)), Segment(each.family, BOLD), Segment(about, DIM))
        taken = each.x + most_cells(each.family)


def beyond(wall: Wall, lines: range) -> str:
    """What is said of the tiles over and under the lines that are in sight; nothing where there are none."""
    above = len([each for each in wall.hangings if each.y < lines.start])
    under = [each for each in wall.hangings if each.y >= lines.stop]
    families = ", ".join(dict.fromkeys(each.tile.family for each in under))
    ways = (f"▲ {above} more" if above else "", f"▼ {len(under)} more: {families}" if under else "")
    return "   ".join(filter(None, ways))


def _line(hanging: Hanging, line: int, seen: Seen, ground: Ground) -> list[Segment]:
    tile, is_chosen = hanging.tile, hanging.tile.name == seen.chosen
    if line == 0:
        sign = MARK if tile.name == seen.marked else OWN if tile.is_own else ""
        title = fitted(" ".join(filter(None, (sign, tile.title, _part(hanging)))), hanging.width)
        return [Segment(title.rstrip(), BOLD + Style(reverse=is_chosen))]
    if line <= len(hanging.text):
        return [Segment(hanging.text[line - 1], DIM)]
    layout = hanging.layout
    assert layout is not None  # noqa: S101 (only a picture has more lines)
    if line == 1 + len(hanging.text):
        return _columns(layout, hanging.columns, seen.at[1])
    row = hanging.rows[line - 2 - len(hanging.text)]
    label = pad(fitted(shown_short(layout.picture.rows, row), layout.label_width - 1), layout.label_width)
    is_lit = row == seen.at[0]
    cells = cells_of_row(layout, ground, (), row, hanging.columns)
    return [
        Segment(label, BOLD if is_lit else DIM),
        *(
            _lit(cell, layout, is_chosen, ground) if is_lit and column == seen.at[1] else cell
            for column, cell in zip(hanging.columns, cells, strict=True)
        ),
    ]


def _part(hanging: Hanging) -> str:
    """Which rows (↓) and columns (→) are in sight, where not all are."""
    if hanging.layout is None:
        return ""
    picture = hanging.layout.picture
    parts = ((hanging.rows, picture.rows.size, "↓"), (hanging.columns, picture.columns.size, "→"))
    return " ".join(f"{span(part)}/{size} {way}" for part, size, way in parts if len(part) < size)


def _columns(layout: Layout, columns: range, at: int) -> list[Segment]:
    """The labels of the columns; where these are too narrow for labels, that of the lit one alone."""
    room = layout.column_width - 1
    start = Segment(" " * layout.label_width)
    if layout.numbers is None:
        label = shown_short(layout.picture.columns, at) if at in columns else ""
        before = min((at - columns.start) * layout.column_width, len(columns) * layout.column_width - most_cells(label))
        return [
            start,
            Segment(" " * max(0, before)),
            Segment(fitted(label, WIDE - layout.label_width).rstrip(), BOLD),
        ]
    labels = (fitted(shown_short(layout.picture.columns, column), room, right=True) for column in columns)
    return [
        start,
        *(Segment(f" {label}", BOLD if column == at else DIM) for column, label in zip(columns, labels, strict=True)),
    ]


def _lit(segment: Segment, layout: Layout, is_chosen: bool, ground: Ground) -> Segment:
    """The cell, strongest in the chosen picture; brackets show it where there is no number."""
    text = segment.text if layout.numbers else "[]"
    style = cursor_style(ground) if is_chosen else lit_style(segment.style or Style(), ground) + LIT
    return Segment(text, style)
