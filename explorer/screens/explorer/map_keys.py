"""The map of the model: under the tree where there is room, and on a screen of its own.

Nothing of it is imported before it is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.model.diagram.boxes import Diagram
    from attn_explore.model.trace import Trace


class MapKeys:
    """Shows the map of the run in front."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._known: tuple[Trace, Diagram] | None = None

    @property
    def diagram(self) -> Diagram:
        """The diagram of the run that is looked at, made once for each."""
        trace = self.screen.state.session.run.trace
        if self._known is None or self._known[0] is not trace:
            from attn_explore.model.diagram.reading_off import diagram_of

            self._known = trace, diagram_of(trace)
        return self._known[1]

    def open(self) -> None:
        """The map over all of the screen, from which one goes to a box; where no model ran, that is said."""
        from attn_explore.explorer.screens.map_screen import MapScreen

        if self.diagram.towers:
            self.screen.app.push_screen(MapScreen(self.screen.state.session, self.diagram), self._go)
        else:
            from attn_explore.explorer.drawing.maps.outline import NO_MAP

            self.screen.refuse(NO_MAP)

    def _go(self, path: str | None) -> None:
        if path is not None:
            self.screen.go_to(path)
