"""The map of the model as large as it is, with a cursor that goes from box to box."""

from __future__ import annotations

from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from attn_explore.explorer.drawing.maps.moving import Direction, beside
from attn_explore.explorer.drawing.maps.towers import draw_map
from attn_explore.explorer.widgets.map_lines import MapLines
from attn_explore.model.diagram.boxes import Diagram

_AROUND = 3
"""Lines that are kept in sight above and below the cursor."""


class MapView(MapLines, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows a diagram; the layer and the pass that the cursor is in stand open."""

    # Textual takes default styles from the first base class only: without these, nothing would ever scroll.
    DEFAULT_CSS = "MapView { overflow: hidden auto; scrollbar-size-vertical: 1; }"

    class Moved(Message):
        """The cursor went to another box."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    def __init__(self, diagram: Diagram, present: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._diagram, self._present = diagram, present
        box = diagram.box_of(present)
        self.cursor = box.path if box is not None else next(iter(diagram.boxes))

    def on_resize(self) -> None:
        """Draw in the width that there is."""
        self._draw()

    def move(self, direction: Direction) -> None:
        """Go to the nearest box in a direction."""
        if not self.drawn.lines:  # a key that came with the one that opened it
            self.drawn = draw_map(self._diagram, self._present, self.app.size.width, at=self.cursor)
        self.go(beside(self.drawn, self.cursor, direction))

    def go(self, path: str) -> None:
        """Put the cursor on a box."""
        if path != self.cursor:
            self.cursor = path
            if self.size:
                self._draw()
            self.post_message(self.Moved(path))

    def render_line(self, y: int) -> Strip:
        """One line of the map."""
        row = y + round(self.scroll_offset.y)
        return self.map_line(self.drawn.lines[row], self.cursor) if row < len(self.drawn.lines) else self.line([])

    def _draw(self) -> None:
        width, height = self.scrollable_content_region.size
        self.drawn = draw_map(self._diagram, self._present, width, at=self.cursor, height=height)
        self.virtual_size = Size(width, len(self.drawn.lines))
        if (most := self.styles.max_height) is None or most.value != len(self.drawn.lines):
            self.styles.max_height = len(self.drawn.lines)  # the others are for the words under it
        spot = self.drawn.spot_of(self.cursor)
        if spot is not None:
            around = Region(0, spot.y - _AROUND, 1, 2 * _AROUND + 1)
            self.scroll_to_region(around, animate=False, force=True)
        self.refresh()
