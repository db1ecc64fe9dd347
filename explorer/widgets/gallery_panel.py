"""The gallery: small heat maps on a wall that is scrolled to the chosen one, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.gallery_lines import Place, Seen, Tile, Wall, beyond, hang, wall_line
from attn_explore.explorer.drawing.lines import BOLD, DIM
from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.drawing.wrapping import wrapped
from attn_explore.explorer.widgets.drawn import DrawnAgain
from attn_explore.explorer.widgets.words_panel import lines_beyond


class GalleryPanel(DrawnAgain, can_focus=False):
    """Draws the part of the wall on which the chosen picture hangs."""

    class Chosen(Message):
        """A picture was clicked; `at` is the cell of it that was."""

        def __init__(self, name: str, at: Place | None) -> None:
            super().__init__()
            self.name, self.at = name, at

    def __init__(self, tiles: Sequence[Tile], about: Mapping[str, str], seen: Seen) -> None:
        super().__init__(id="gallery")
        self._tiles, self._about, self._seen = tiles, about, seen
        self._wall: Wall | None = None
        self._first, self._lines = 0, range(0)

    def show(self, tiles: Sequence[Tile], seen: Seen) -> None:
        """Show other pictures, or light another cell."""
        self._tiles, self._seen = tiles, seen
        self._hang()
        self.refresh_changed()

    def fit(self) -> None:
        """Hang everything anew for another size."""
        super().fit()
        self._hang()

    def _hang(self) -> None:
        width, height = self._fitted
        if width and height:
            self._wall = hang(self._tiles, self._about, self._seen.at, width)
            self._first = self._wall.first_line(self._seen.chosen, self._first, height)
            self._lines = self._wall.in_sight(self._first, height)

    def draw_line(self, y: int) -> Strip:
        """A line of the rows that are in sight; in the last line, what hangs over and under them."""
        if self._wall is None:
            return self.line([])
        if y == self._fitted.height - 1 and (said := beyond(self._wall, self._lines)):
            return self.line([Segment(shortened(said, self._fitted.width), DIM)])
        if y + self._first not in self._lines:
            return self.line([])
        return self.line(wall_line(self._wall, y + self._first, self._seen, self.ground))

    def on_click(self, event: events.Click) -> None:
        """Say which picture is under the mouse."""
        offset = event.get_content_offset(self)
        hanging = self._wall.at(offset.x, offset.y + self._first) if self._wall and offset is not None else None
        if hanging is not None and offset is not None:
            self.post_message(self.Chosen(hanging.tile.name, hanging.cell_at(offset.x, offset.y + self._first)))


class CaptionPanel(DrawnAgain, can_focus=False):
    """What is said of the chosen picture; where there is more than room, it is scrolled."""

    def __init__(self) -> None:
        super().__init__(id="caption")
        self._said: Sequence[str] = ()
        self._first = 0

    def show(self, said: Sequence[str]) -> None:
        """Say something else, from its beginning on: the first line is what it is called."""
        self._said, self._first = said, 0
        self.turn(0)

    def turn(self, lines: int) -> None:
        """Scroll by some lines, as far as there are any."""
        self._first = max(0, min(self._first + lines, len(self._wrapped()) - self._fitted.height))
        self.refresh_changed()
        self._show_marks()

    def fit(self) -> None:
        """Wrap to the new width."""
        super().fit()
        self.turn(0)

    def draw_lines(self) -> list[Strip]:
        """The lines that are in sight."""
        return [self.line([line]) for line in self._wrapped()[self._first :][: self._fitted.height]]

    @property
    def lines_wanted(self) -> int:
        """Lines of all that is said."""
        return len(self._wrapped())

    def _wrapped(self) -> list[Segment]:
        return [
            Segment(line, BOLD if place == 0 else None)
            for place, each in enumerate(self._said)
            for line in wrapped(each, max(1, self._fitted.width))
        ]

    def _show_marks(self) -> None:
        """Say in the border above how much is out of sight, and by which key it comes."""
        self.put_title(Content(lines_beyond(self._first, len(self._wrapped()) - self._first - self._fitted.height)))
