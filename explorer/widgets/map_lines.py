"""What widgets that show a map of the model have in common: its strokes in colours, and boxes that can be clicked."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from attn_explore.explorer.drawing.maps.canvas import Line
from attn_explore.explorer.drawing.maps.towers import ModelMap
from attn_explore.explorer.widgets.drawn import Drawn


class MapLines(Drawn):
    """Draws lines of a map, with a cursor on a box where there is one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "map--line", "map--box", "map--edge", "map--note", "map--shape", "map--title", "map--present", "map--lit",
        "map--cursor",
    }  # fmt: skip

    class Chosen(Message):
        """A box was chosen, by the path of the step that it is about."""

        def __init__(self, path: str) -> None:
            super().__init__()
            self.path = path

    drawn = ModelMap(())

    def map_line(self, line: Line, cursor: str = "") -> Strip:
        """A line of the map."""
        return self.line(Segment(stroke.text, self._style(stroke.ink, stroke.path, cursor)) for stroke in line)

    def _style(self, ink: str, path: str, cursor: str) -> Style:
        is_marked = bool(path) and path == cursor and ink in ("box", "present")
        return self.style_of(f"map--{'cursor' if is_marked else ink}")

    def on_click(self, event: events.Click) -> None:
        """Choose the box under the mouse."""
        place = event.get_content_offset(self)
        path = "" if place is None else self.drawn.path_at(place.x, place.y + round(self.scroll_offset.y))
        if path:
            self.post_message(self.Chosen(path))
