"""Fits a sheet into the room that there is: of each matrix it shows a window around what is looked at.

What is not in memory is not computed for it, and of what is there nothing beyond the windows is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from itertools import count, product

import numpy as np

from attn_explore.explorer.drawing.blocks import Link
from attn_explore.explorer.drawing.grid_layout import LABEL, labels_width
from attn_explore.explorer.drawing.picture import NO_AXIS, Picture
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.drawing.plots.sheet import Part
from attn_explore.explorer.drawing.sheet_lines import Block, Cell, Lit, Shown, Window, arranged, height_of, moved_down
from attn_explore.explorer.telling.blocks_around import BlocksAround, together, without_repeats
from attn_explore.explorer.telling.head_sheet import made_how
from attn_explore.explorer.telling.headings import title_alone
from attn_explore.explorer.telling.planes import Outline, Plane
from attn_explore.explorer.telling.sheet_links import edges_of, lit
from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, mask_of
from attn_explore.model.formulas import letter
from attn_explore.model.naming import shown_short
from attn_explore.model.text import visible
from attn_explore.model.values import Value

ROWS = (24, 12, 6)
"""Rows of a matrix that are shown: as many as stand together in the room that there is."""

COLUMNS = (6, 8, 11)
"""Cells of a column, of a matrix that has too many of them: as many as its numbers take, and a space."""

_MOST_ARRANGED, _MOST_WINDOWS = 128, 256
"""Arrangements, and windows of matrices, that are kept."""

_ASKS = ("token", "query")
"""Names of the axis of words, of which one is looked at in all matrices."""


LEAST_MORE = 6
"""Free lines in which another block is looked for: a heading, and a matrix of two rows."""

_MOST_STACKS = 8

Stack = tuple[Outline, ...]
"""Blocks that stand one under another, in the order of the run."""


@dataclass(frozen=True, eq=False)
class Looked:
    """The cell that is looked at; `veiled`: cells of its value whose numbers are not shown."""

    value: Value
    index: Index
    veiled: Array | None = None

    @cached_property
    def places(self) -> dict[str, int]:
        """Where it is along each axis."""
        return dict(zip(self.value.names, self.index, strict=True))


@dataclass(frozen=True)
class Room:
    """Cells and lines for a sheet; so many rows of a matrix are shown, and where it is too wide in such columns."""

    width: int
    height: int
    rows: int
    column: int


class Arrangement:
    """Where the matrices of an outline stand, and which cells of them make which.

    In the lines that these leave free stand the blocks `around` them: as many as are whole there.
    """

    def __init__(self, outline: Outline, around: BlocksAround | None = None) -> None:
        self.outline, self._around = outline, around
        self._stack: Stack = (outline,)
        self._stacks: dict[tuple[int, int], Stack] = {}
        self._arranged = lru_cache(_MOST_ARRANGED)(_arranged)
        self._windows = lru_cache(_MOST_WINDOWS)(_shown)
        self._once = lru_cache(_MOST_STACKS)(lambda outlines: tuple(without_repeats(outlines)))
        self._together, self._edges = lru_cache(_MOST_STACKS)(together), lru_cache(_MOST_STACKS)(edges_of)

    @property
    def title(self) -> str:
        """What the first block is that stood there last."""
        return self._stack[0].title

    @property
    def whole(self) -> Outline:
        """All blocks that stood there last."""
        return self._together(self._once(self._stack))

    def lit(self, value: Value, index: Index) -> Lit:
        """The cell that is looked at, what makes it, and what it makes."""
        return lit(self.whole, self._edges(self.whole), value, index)

    def link(self, cell: Cell) -> Link:
        """A cell of it in the run."""
        plane = self.whole.planes[cell[0]]
        return Link(plane.value, plane.index_of(*cell[1:]))

    def blocks(
        self, value: Value, index: Index, width: int, height: int, veiled: Array | None = None
    ) -> list[Block] | None:
        """The matrices in so many cells and lines, a window of those that are large; None where they do not fit.

        `veiled`: cells of the value that is looked at whose numbers are not shown.
        """
        at = Looked(value, index, veiled)
        found = self._in_room(self.outline, at, width, height)
        if found is None or self._around is None or height - height_of(found) < LEAST_MORE:
            self._stack = (self.outline,)
            return found
        known = self._stacks.get((width, height))
        stacked = None if known is None else self._stacked(known, at, width, height)
        if known is None or stacked is None:
            known, stacked = self._with_others(self._around, at, found, (width, height))
        self._stack = self._stacks[width, height] = known
        return stacked

    def _with_others(
        self, around: BlocksAround, at: Looked, own: list[Block], room: tuple[int, int]
    ) -> tuple[Stack, list[Block]]:
        """As many blocks as are whole in a room: those that follow, then those before; nothing shrinks for them."""
        stack: Stack = (self.outline,)
        steps = {step.path for step in self.outline.steps}
        found, layouts = own, {block.part.path: block.layout for block in own if block.part.path in steps}
        for following, more in ((True, around.after), (False, around.before)):
            for number in count():
                if room[1] - height_of(found) < LEAST_MORE or (other := more(number)) is None:
                    break
                wanted = (*stack, other) if following else (other, *stack)
                tried = self._stacked(wanted, at, *room)
                if tried is None or not all(layouts.get(b.part.path, b.layout) is b.layout for b in tried):
                    break
                stack, found = wanted, tried
        return stack, found

    def _stacked(self, outlines: Stack, at: Looked, width: int, height: int) -> list[Block] | None:
        """Blocks one under another, each under its heading; None where not all of each has room."""
        found: list[Block] = []
        said = ""
        for outline in self._once(outlines):
            top = height_of(found) + 1 + (outline.heading != said) if found else 0
            blocks = self._in_room(outline, at, width, height - top)
            if blocks is None or height_of(blocks) > height - top:
                return None
            heading = outline.heading if found and outline.heading != said else ""
            said = outline.heading
            found += moved_down(blocks, top, heading)
        return found

    def _in_room(self, outline: Outline, at: Looked, width: int, height: int) -> list[Block] | None:
        """The matrices of a block, with as many rows of each as fit in so many lines."""
        found = None
        for column, rows in product(COLUMNS, ROWS):
            if found is not None and (height_of(found) <= height or rows == ROWS[0]):
                break
            found = self._blocks(outline, at, Room(width, height, rows, column))
        return found

    def _blocks(self, outline: Outline, at: Looked, room: Room) -> list[Block] | None:
        bands = []
        for planes in outline.bands:
            windows = ((plane, _window(plane, at.places, room)) for plane in planes if _has_numbers(plane))
            bands.append(tuple(self._shown(outline, *each, at) for each in windows))
        return self._arranged(tuple(filter(None, bands)), room.width, room.height)

    def _shown(self, outline: Outline, plane: Plane, window: Window, at: Looked) -> Shown:
        is_step = plane.value in outline.steps
        if at.veiled is not None and plane.value is at.value:
            return _shown(plane, window, plane.value.is_away, is_step, outline.is_of_head, at.veiled)
        return self._windows(plane, window, plane.value.is_away, is_step, outline.is_of_head)


def _has_numbers(plane: Plane) -> bool:
    """Whether a matrix was computed in this run."""
    return not plane.value.is_leaf and plane.value.elsewhere is None


def _arranged(bands: tuple[tuple[Shown, ...], ...], width: int, height: int) -> list[Block] | None:
    """Band under band; where there are too few lines for that, one behind the other."""
    found = arranged(bands, width, height)
    if found is None or height_of(found) <= height:
        return found
    return arranged([[shown for band in bands for shown in band]], width, height)


def _window(plane: Plane, at: Mapping[str, int], room: Room) -> Window:
    """The rows and columns of a matrix that are shown: those around what is looked at, if there are too many."""
    columns = max(1, (room.width - min(LABEL, labels_width(plane.rows)) - 1) // room.column)
    return _page(plane.rows, _place(plane.rows, at), room.rows), _page(
        plane.columns, _place(plane.columns, at), columns
    )


def _place(axis: Axis, at: Mapping[str, int]) -> int:
    """The place along an axis of what is looked at: words are called otherwise by those who ask."""
    names = _ASKS if axis.name in _ASKS else (axis.name,)
    return next((min(at[name], axis.size - 1) for name in names if name in at), 0)


def _page(axis: Axis, place: int, most: int) -> range:
    """The page of an axis on which a place is: pages stay where they are while the cursor moves on one of them."""
    if axis.size <= most:
        return range(axis.size)
    first = min(place - place % most, axis.size - most)
    return range(first, first + most)


def _shown(
    plane: Plane, window: Window, is_away: bool, is_step: bool, is_of_head: bool, veiled: Array | None = None
) -> Shown:
    """A matrix as it stands in a block: as a step of it, or as what enters it; of a head, which the title names."""
    value, is_there = plane.value, not is_away
    rows, columns = window if is_there else (range(0), range(0))
    said = visible(made_how(value, is_step=is_step))
    heat_map = HeatMap(title_alone(value), value.path, _picture(plane, rows, columns, veiled))
    name = "" if is_of_head or not plane.name else f" · {plane.name}"
    part = Part(visible(letter(value) + name), said, heat_map, is_made=True)
    return Shown(part, (rows, columns), (plane.rows.size, plane.columns.size), is_there)


def _picture(plane: Plane, rows: range, columns: range, veiled: Array | None) -> Picture:
    """The numbers in a window, whose axes have the names that the places have in the whole."""
    axes = (_part_of(plane.rows, rows), _part_of(plane.columns, columns))
    if not rows and not columns:
        return Picture(np.zeros((0, 0)), axes)
    array, mask = np.atleast_2d(plane.window(rows, columns)), mask_of(plane.value)
    hidden = None
    if mask is not None and len(plane.axes) > 1 and mask.held is not None:
        hidden = np.isneginf(mask.array[rows.start : rows.stop, columns.start : columns.stop])
    if veiled is not None:
        veiled = np.atleast_2d(veiled[plane.where])[rows.start : rows.stop, columns.start : columns.stop]
        array = np.where(veiled, 0, array)
    return Picture(array, axes, hidden, veiled=veiled)


def _part_of(axis: Axis, places: range) -> Axis:
    if len(places) == axis.size or axis is NO_AXIS:
        return axis
    return Axis(axis.name, len(places), tuple(shown_short(axis, place) for place in places))
