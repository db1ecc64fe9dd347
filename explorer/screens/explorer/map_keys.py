"""The map of the model: under the tree where there is room, and on a screen of its own.

Nothing of it is imported before it is shown.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.widgets.map_panel import MapPanel
    from attn_explore.model.diagram.boxes import Diagram
    from attn_explore.model.trace import Trace


_LEAST_ROOM = 8
"""With fewer lines under the tree, the map's rule included, there is none."""


class MapKeys:
    """Shows the map of the run in front."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._known: tuple[Trace, Diagram] | None = None
        self._panel: MapPanel | None = None
        self._drawn: tuple[Diagram, str, int, int] | None = None
        self._begins = self._has_begun = False

    @property
    def diagram(self) -> Diagram:
        """The diagram of the run that is looked at, made once for each, without the words that a lesson asks for."""
        from attn_explore.explorer.telling.model_map import veiled

        session = self.screen.state.session
        trace = session.run.trace
        if self._known is None or self._known[0] is not trace:
            from attn_explore.model.diagram.reading_off import diagram_of

            self._known = trace, diagram_of(trace)
        return veiled(session, self._known[1])

    def open(self) -> None:
        """The map over all of the screen, from which one goes to a box; where no model ran, that is said."""
        from attn_explore.explorer.screens.map_screen import MapScreen

        diagram = self.diagram
        if diagram.towers:
            reopening = partial(self.screen.groups.copying.reopening, "map")
            self.screen.app.push_screen(MapScreen(self.screen.state.session, diagram, reopening), self._go)
        else:
            from attn_explore.explorer.drawing.maps.outline import NO_MAP

            self.screen.refuse(NO_MAP)

    def _go(self, path: str | None) -> None:
        if path is not None:
            self.screen.go_to(path)

    # --- under the tree

    def show(self) -> None:
        """Show it under the tree, when what is looked at stands: as much of it as there is room for, or nothing."""
        if self._has_begun:
            self._show()
        elif not self._begins:
            self._begins = self.screen.call_after_refresh(self._begin)  # the first tensor does not wait for it

    def _begin(self) -> None:
        if self.screen.tree_of_steps.is_attached:  # else the program ends while the screen comes up
            self._has_begun = True
            self._show()

    def _show(self) -> None:
        tree = self.screen.tree_of_steps
        side, width = self.screen.column, tree.content_size.width
        room = side.size.height - tree.last_line - 1
        is_shown = tree.display and width > 0 and room >= _LEAST_ROOM and bool(self.diagram.towers)
        if is_shown and self._panel is None:
            from attn_explore.explorer.widgets.map_panel import MapPanel

            self._panel = MapPanel(id="map")
            side.mount(self._panel)
        if self._panel is None:
            return
        self._panel.display = is_shown
        self._panel.styles.width = tree.styles.width
        if is_shown:
            self._draw(self._panel, width, room)

    def _draw(self, panel: MapPanel, width: int, room: int) -> None:
        """Draw it, unless it looks as it did: many steps are of one box."""
        from attn_explore.explorer.drawing.maps.towers import draw_map

        diagram = self.diagram
        box = diagram.box_of(self.screen.state.value.path)
        present = box.path if box is not None else ""
        if (look := (diagram, present, width, room)) != self._drawn:
            self._drawn = look
            panel.show(draw_map(diagram, present, width, height=room - 1), present, room)
