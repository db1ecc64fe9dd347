"""The map of the model beside other things: all of it where there is room, else the present box and its neighbours."""

from __future__ import annotations

from textual.strip import Strip

from attn_explore.explorer.drawing.maps.moving import folded
from attn_explore.explorer.drawing.maps.towers import ModelMap
from attn_explore.explorer.widgets.drawn import DrawnAgain
from attn_explore.explorer.widgets.map_lines import MapLines


class MapPanel(MapLines, DrawnAgain, can_focus=False, inherit_bindings=False):
    """Shows a map, and is as high as that."""

    def on_mount(self) -> None:
        """Say over it what it is, and how to get at all of it."""
        self.border_title = "map: ^G"

    def show(self, drawn: ModelMap, present: str, room: int) -> None:
        """Show a map in at most `room` lines, folded around the box at `present`."""
        self.drawn = folded(drawn, present, room - 1)
        height = len(self.drawn.lines) + 1
        if self.styles.height is None or self.styles.height.value != height:
            self.styles.height = height
        self.refresh_changed()

    def draw_line(self, y: int) -> Strip:
        """One line of the map."""
        return self.map_line(self.drawn.lines[y]) if y < len(self.drawn.lines) else self.line([])
