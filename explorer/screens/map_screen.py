"""The map of the model, over all of the screen: from box to box, and to what was computed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from attn_explore.explorer.drawing.maps.moving import Direction
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.model_map import about, lacking
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.map_lines import MapLines
from attn_explore.explorer.widgets.map_view import MapView
from attn_explore.explorer.widgets.words_panel import WordsPanel
from attn_explore.model.diagram.boxes import Diagram
from attn_explore.model.text import visible

_BOX = Key("↑ ↓ ← →", "box", "move('down')")
_GO = Key("⏎", "go there", "choose")
_LAYER = Key("{ }", "layer", "layer(1)")
_PASS = Key("[ ]", "pass", "pass(1)")
_BACK = Key("Esc", "back", "leave")
_HELP = Key("?", "keys", "help", is_kept=True)


class MapScreen(Dialog[str]):
    """Shows a diagram. Dismissed with the path of the step that one wants to go to, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = keys.MAP_BINDINGS

    AUTO_FOCUS = "MapView"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (160, "-wide")]  # noqa: RUF012

    def __init__(self, session: Session, diagram: Diagram, reopening: Callable[[Cell], None]) -> None:
        super().__init__()
        self._session, self._diagram, self._reopening = session, diagram, reopening
        self._view = MapView(diagram, session.place.value.path)
        self._words = WordsPanel(id="map-words")

    def compose(self) -> ComposeResult:
        """The map, and beside it what the box under the cursor is."""
        said = (visible(self._session.run.scenario.title), "the map of the model", lacking(self._session))
        yield Static(Content(" · ".join(filter(None, said))), id="map-title", markup=False)
        with Horizontal(id="map-body"):
            yield self._view
            yield self._words
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Tell of the present box."""
        towers = self._diagram.towers
        layers = [_LAYER] if any(len(tower.layers) > 1 for tower in towers) else []
        passes = [_PASS] if any(tower.passes > 1 for tower in towers) else []
        self.query_one(KeyBar).show([_BOX, _GO, *layers, *passes, _BACK, _HELP])
        self._tell()

    @on(MapView.Moved)
    def _tell(self) -> None:
        """Say what the box under the cursor is."""
        self._words.show(about(self._session, self._diagram, self._view.cursor))

    @on(MapLines.Chosen)
    def box_clicked(self, event: MapLines.Chosen) -> None:
        """A box was clicked."""
        event.stop()
        self.dismiss(event.path)

    def action_move(self, direction: str) -> None:
        """Go to the nearest box in a direction."""
        self._view.move(cast("Direction", direction))

    def action_layer(self, count: int) -> None:
        """Go to the same box of another layer."""
        self._go(self._diagram.in_layer_beside(self._view.cursor, count))

    def action_pass(self, count: int) -> None:
        """Go to the same box of another pass of a generation."""
        self._go(self._diagram.in_pass_beside(self._view.cursor, count))

    def _go(self, path: str | None) -> None:
        if path is None:
            self.app.bell()
        else:
            self._view.go(path)

    def action_choose(self) -> None:
        """Go to the step that the box is about."""
        self.dismiss(self._view.cursor)

    def action_scroll(self, lines: int) -> None:
        """Scroll the words."""
        self._words.scroll_relative(y=lines, animate=False)

    def action_leave(self) -> None:
        """Go back to where one was."""
        self.dismiss(None)

    def action_reopening(self) -> None:
        """Copy the command that opens the map again at this box."""
        value = self._session.place.peek(self._view.cursor)
        if value is not None:
            self._reopening(Cell(value.path, self._session.place.index_in(value)))

    def action_help(self) -> None:
        """List the keys."""
        from attn_explore.explorer.screens.help import open_help

        open_help(self, keys.MAP_BINDINGS)
