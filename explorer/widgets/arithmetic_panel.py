"""The arithmetic of the cell under the cursor, drawn by the line; each number is a link that can be followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar, get_args

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from attn_explore.explorer.drawing.arithmetic import SHOWN_TERMS, Manner, lines_unfolded, terms_within
from attn_explore.explorer.drawing.blocks import (
    Block,
    Link,
    Piece,
    Role,
    Row,
    as_text,
    links,
    padded,
)
from attn_explore.explorer.drawing.folding import folded
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.widgets.drawn import DrawnAgain, more_lines
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index

_ROLES = get_args(Role)

Write = Callable[[Manner], Iterable[Block]]
"""Gives the blocks to be shown, written in such a manner."""

LEAST_TEXT = 2
"""Lines of the text under the arithmetic, with fewer it is not shown."""

LEAST = 4
"""Lines that are left to what is scrolled, else nothing is kept above it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of a block with the widths of its columns; `block` are the lines of the whole block, which may be new."""

    row: Row
    widths: list[int]
    block: range
    is_new: bool = False


@lru_cache(maxsize=256)
def _leading_to(place: int) -> Style:
    """What tells a click which link it is on."""
    return Style(meta={"link": place})


def _nothing() -> Piece:
    return Piece("", "note")


class ArithmeticPanel(DrawnAgain, ScrollView, can_focus=False, inherit_bindings=False):
    """Shows blocks of arithmetic. `chosen` is the link that following goes along."""

    # Textual takes default styles from the first base class only: without these, nothing would ever scroll.
    DEFAULT_CSS = "ArithmeticPanel { overflow: scroll; scrollbar-size: 0 0; }"

    HAS_FAINT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"arithmetic--{role}" for role in _ROLES),
        "arithmetic--link",
        "arithmetic--chosen",
    }

    class Follow(Message):
        """A number was clicked."""

        def __init__(self, link: Link) -> None:
            super().__init__()
            self.link = link

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._write: Write = lambda _: ()
        self._under: Callable[[], Piece] = _nothing
        self._head: Callable[[], Sequence[Block]] = tuple
        self._fills_height = False
        self._written_for: Size | None = None
        self._terms = SHOWN_TERMS
        """How many terms of a sum are shown before it is folded."""
        self._own_blocks: Sequence[Block] = ()
        """What was written, without what stands above it."""
        self._blocks: Sequence[Block] = ()
        self._rows: list[_Line] = []
        self._own_rows = 0
        self._head_rows = 0
        self._links: list[Link] = []
        self._places: dict[tuple[str, Index], int] = {}
        self._chosen: int | None = None

    @property
    def chosen(self) -> Link | None:
        """The link that is marked, or None when nothing is, or there is nothing to follow."""
        return None if self._chosen is None else self._links[self._chosen]

    @property
    def is_folded(self) -> bool:
        """Whether a sum shows only its largest terms."""
        return any(block.folded for block in self._blocks)

    @property
    def lines_wanted(self) -> int:
        """Lines that it takes to show everything but the text under it, its rule included; sums are folded as usual."""
        return self._own_rows + 1 - self._more_lines

    @property
    def lines_of_text(self) -> int:
        """Lines that the text under it takes, with a free one over it."""
        text = self._under().text
        return 1 + max(LEAST_TEXT, len(wrapped(text, self.size.width - 1))) if text else 0

    @property
    def _more_lines(self) -> int:
        """Lines that terms take which are folded where there is less room."""
        return lines_unfolded(self._own_blocks, self._terms)

    def unfold_into(self, lines: int, to_share: int) -> int:
        """Show more terms of long sums in lines that are free, all of them or `to_share` of them; how many it takes."""
        terms = terms_within(self._own_blocks, lines, to_share)
        if lines_unfolded(self._own_blocks, terms) != self._more_lines:
            self._terms, self._written_for = terms, None
            self._fill()
            self._show_chosen()
            self.refresh_changed()
        return self._more_lines

    def text(self) -> list[str]:
        """What is shown, as plain lines."""
        return as_text(self._blocks)

    def show(
        self,
        write: Write,
        marked: Link | None = None,
        is_choice: bool = False,
        head: Callable[[], Sequence[Block]] = tuple,
        under: Callable[[], Piece] = _nothing,
        fills_height: bool = False,
    ) -> None:
        """Show what `write` gives (tersely where it has to), with a link marked and its block in view.

        The first link is, where `marked` is none of them; with `is_choice`, none before a key was pressed. `head` gives
        what stands above it and is not scrolled away; `under` the text that fills what is left of the room.
        `fills_height`: more lines have room for other blocks.
        """
        self._write, self._head, self._under = write, head, under
        self._fills_height, self._chosen, self._written_for = fills_height, None, None
        self._fill()
        if self._links and not is_choice:
            self._chosen = self._links.index(marked) if marked in self._links else 0
        if self.scroll_offset.y:
            self.scroll_home(animate=False, immediate=True)
        self._show_chosen()
        self.refresh_changed()

    def fit(self) -> None:
        """More room may say more; what is marked stays in view."""
        self._fill()
        self._show_chosen()
        self.refresh()

    def _show_chosen(self) -> None:
        """Bring what is new into view, or what is marked; what stands above it is never scrolled away."""
        new = [place for place, line in enumerate(self._rows) if line.is_new]
        if new:
            self._bring_into_view(new[0], range(new[0], new[-1] + 1))
        elif self._chosen and self._kept == self._head_rows:
            self._mark(self._chosen)

    def _fill(self) -> None:
        size, head = self.size_to_fit(), self._head()
        room = size.width
        if not self._is_written_for(size):
            self._own_blocks, self._written_for = self._written(room), size
        blocks = self._own_blocks
        self._blocks = [*head, *blocks]
        self._rows = list(_lines(head, room))
        self._head_rows = len(self._rows)
        self._rows += _lines(blocks, room, self._head_rows)
        self._own_rows = len(self._rows)
        self._rows += [_Line((piece,), [0], range(0)) for piece in self._lines_under(room)]
        marked = self.chosen if self._chosen else None  # the first one is marked where nothing was chosen
        self._links = links(self._blocks)
        if marked in self._links:
            self._chosen = self._links.index(marked)
        elif self._chosen is not None:
            self._chosen = min(self._chosen, len(self._links) - 1) if self._links else None
        self._places = {(link.value.path, link.index): place for place, link in enumerate(self._links)}
        size = Size(room, len(self._rows))
        self.set_reactive(ArithmeticPanel.virtual_size, size)  # without scroll bars nothing has to be laid out for it

    def _written(self, room: int) -> Sequence[Block]:
        """The blocks, tersely where one of them has no room: then no more of them are written."""
        blocks, manner = [], Manner(terms=self._terms, width=room)
        for block in self._write(manner):
            if block.width > room:
                return list(self._write(replace(manner, terse=True)))
            blocks.append(block)
        return blocks

    def _is_written_for(self, size: Size) -> bool:
        """Whether the blocks would be the same in this size."""
        before = self._written_for
        return before is not None and (size == before or (size.width == before.width and not self._fills_height))

    def _lines_under(self, width: int) -> list[Piece]:
        """A free line and the text under the rows, as much of it as there is room for."""
        free = self.scrollable_content_region.height - self._own_rows - 1
        if free < LEAST_TEXT or width <= 0 or not (under := self._under()).text:
            return []
        lines = wrapped(under.text, width - 1)
        if len(lines) > free:
            lines = [*lines[: free - 1], "… i shows all of it"]
        return [Piece("", under.role), *(Piece(f" {line}", under.role) for line in lines)]

    @property
    def _kept(self) -> int:
        """Lines at the top that are not scrolled: none where too little would be left for the others."""
        height = self.scrollable_content_region.height
        return self._head_rows if height - self._head_rows >= LEAST else 0

    def choose(self, count: int) -> None:
        """Mark another link."""
        if self._links:
            before = self._chosen if self._chosen is not None else -1 if count > 0 else 0
            self._mark((before + count) % len(self._links))
            self.refresh_changed()

    def _mark(self, number: int) -> None:
        """Mark a link, and bring it into view, with all of its block where there is room for that."""
        self._chosen = number
        place = next(place for place, line in enumerate(self._rows) if self._is_in(line.row))
        self._bring_into_view(place, self._rows[place].block)

    def _bring_into_view(self, place: int, block: range) -> None:
        """Scroll to a block, or where it does not fit to a line, between those that say how much is above and below."""
        kept, height = self._kept, self.scrollable_content_region.height
        for lines in (block, range(place, place + 1)):
            top, bottom = max(kept, lines.start - 1), min(len(self._rows), lines.stop + 1)
            if bottom - top <= height - kept:
                break
        else:
            top, bottom = place, place + 1
        self.scroll_to_region(Region(0, top, 1, bottom - top), animate=False, spacing=Spacing(kept, 0, 0, 0))

    def draw_lines(self) -> list[Strip]:
        """The rows that are in sight, in columns: those that are kept, then as many as there is room for."""
        kept, scrolled, height = self._kept, self.scroll_offset.y, self.size.height
        rows = [*self._rows[:kept], *self._rows[kept + scrolled :]][:height]
        drawn = [self.line(self._cells(row)) for row in rows]
        for y in (kept, height - 1) if len(rows) > kept else ():
            if note := more_lines(y - kept, scrolled, height - kept, len(self._rows) - kept):
                drawn[y] = self.line([Segment(note, self.style_of("arithmetic--note"))])
        return drawn + [self.line([])] * (height - len(drawn))

    def on_click(self, event: events.Click) -> None:
        """Follow the number under the mouse."""
        place = event.style.meta.get("link")
        if place is not None:
            self.post_message(self.Follow(self._links[place]))

    def _cells(self, line: _Line) -> Iterator[Segment]:
        for piece, width in zip(line.row, line.widths, strict=False):
            text, style = padded(piece, width), self.style_of(f"arithmetic--{piece.role}")
            if piece.link is None:
                yield Segment(text, style)
                continue
            place = self._places[piece.link.value.path, piece.link.index]
            number = text.lstrip()
            if len(number) < len(text):
                yield Segment(text[: -len(number)])
            name = "chosen" if place == self._chosen else "link"
            yield Segment(number, style + self.style_of(f"arithmetic--{name}") + _leading_to(place))

    def _is_in(self, row: Row) -> bool:
        chosen = self.chosen
        return any(
            piece.link and chosen and (piece.link.value, piece.link.index) == (chosen.value, chosen.index)
            for piece in row
        )


def _lines(blocks: Sequence[Block], room: int, first: int = 0) -> Iterator[_Line]:
    """The rows of some blocks in lines of at most `room` cells; `first` is the place of the first one."""
    for block in blocks:
        parts = folded(block, room)
        lines = range(first, first + sum(len(part.rows) for part in parts))
        first = lines.stop
        for part in parts:
            yield from (_Line(row, part.column_widths, lines, block.is_new) for row in part.rows)
