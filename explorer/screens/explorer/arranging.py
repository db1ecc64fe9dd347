"""Panels that are made wider or closed, by keys or by the mouse; it is remembered for each size of terminal."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from textual.geometry import Offset

from attn_explore.explorer.library.arrangement import Arrangement
from attn_explore.explorer.screens.at_home import home_of

if TYPE_CHECKING:
    from textual.widget import Widget

    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

_LEAST = 20
"""Cells that the tree and the words keep."""

_LEAST_CENTRE = 48
"""Cells that the numbers between them keep."""

_STACKED = "narrow"
"""In terminals of this size panels stand over and under each other: only the arithmetic has a border that moves."""


class Edge(StrEnum):
    """A border that can be moved, by the panel that it is of."""

    tree = "tree"
    words = "words"
    arithmetic = "arithmetic"


class Arranging:
    """Arranges the panels of a screen. `changed` is what is kept when it is left."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._kept = home_of(screen).arrangements
        self._known = self._kept.all()
        self._changed: set[str] = set()
        self._held: Edge | None = None

    def apply(self) -> None:
        """Arrange the panels as it was wanted at this size of the terminal."""
        screen, now = self.screen, self._now
        is_stacked = self._size == _STACKED
        for panel, width, is_shown in (
            (screen.tree_of_steps, now.tree, now.shows_tree),
            (screen.words, now.words, now.shows_words),
        ):
            panel.styles.width = None if is_stacked or width is None else self._width(panel, width)
            if is_shown is not None and not is_stacked:
                panel.display = is_shown
        screen.centre.lines_below = now.arithmetic
        screen.centre.share()
        screen.groups.map.show()

    def move(self, edge: Edge, by: int) -> None:
        """Move a border by some cells or lines: to the right, or down, if they are more than 0."""
        panel = self._panel(edge)
        if edge is Edge.arithmetic:
            self._put(replace(self._now, arithmetic=max(1, panel.outer_size.height - by)))
        elif self._size == _STACKED:
            self.screen.refuse("In a terminal as narrow as this, panels keep their width.")
        elif not panel.display:
            self.screen.refuse(
                "The tree is closed: t opens it." if edge is Edge.tree else "The words are closed: i opens them."
            )
        else:
            wanted = panel.outer_size.width + (by if edge is Edge.tree else -by)
            width, now = self._width(panel, wanted), self._now
            self._put(replace(now, tree=width) if edge is Edge.tree else replace(now, words=width))

    def note_shown(self, name: str, is_shown: bool) -> None:
        """Remember that a panel was opened or closed, where it stands beside the numbers."""
        if self._size != _STACKED:
            now = self._now
            self._note(replace(now, shows_tree=is_shown) if name == "tree" else replace(now, shows_words=is_shown))

    def reset(self) -> None:
        """All panels as the size of the terminal says."""
        self._note(Arrangement())
        for name, panel in (("tree", self.screen.tree_of_steps), ("words", self.screen.words)):
            panel.styles.clear_rule("display")
            panel.refresh(layout=True)
            self.screen.set_class(False, f"-with-{name}")
        self.apply()
        self.screen.call_after_refresh(self.screen.groups.map.show)
        self.screen.say("All panels as they were")

    def keep(self) -> None:
        """Write down what was changed."""
        if self._changed:
            self._kept.keep({size: self._known.get(size, Arrangement()) for size in self._changed})

    # --- by the mouse

    def take(self, at: Offset) -> bool:
        """Take hold of the border under the mouse, if there is one."""
        self._held = next((edge for edge in Edge if self._is_at(edge, at)), None)
        return self._held is not None

    def drag(self, to: Offset) -> None:
        """Move the border that is held to where the mouse is."""
        if self._held is not None and (by := self._distance(self._held, to)):
            self.move(self._held, by)

    def let_go(self) -> None:
        """Hold no border any more."""
        self._held = None

    def _is_at(self, edge: Edge, at: Offset) -> bool:
        panel = self._panel(edge)
        has_edge = panel.display and (edge is Edge.arithmetic or self._size != _STACKED)
        return has_edge and panel.region.contains_point(at) and self._distance(edge, at) == 0

    def _distance(self, edge: Edge, to: Offset) -> int:
        region = self._panel(edge).region
        own = {Edge.tree: region.right - 1, Edge.words: region.x, Edge.arithmetic: region.y}[edge]
        return (to.y if edge is Edge.arithmetic else to.x) - own

    # --- what is known

    def _panel(self, edge: Edge) -> Widget:
        screen = self.screen
        return {Edge.tree: screen.tree_of_steps, Edge.words: screen.words, Edge.arithmetic: screen.arithmetic}[edge]

    def _width(self, panel: Widget, wanted: int) -> int:
        """The cells of a panel beside the numbers that is to have so many: it and they keep theirs."""
        others = (self.screen.tree_of_steps, self.screen.words)
        taken = sum(other.outer_size.width for other in others if other is not panel and other.display)
        return max(_LEAST, min(wanted, self.screen.size.width - taken - _LEAST_CENTRE))

    @property
    def _size(self) -> str:
        width = self.screen.size.width
        return [name for least, name in self.screen.HORIZONTAL_BREAKPOINTS or [] if width >= least][-1].lstrip("-")

    @property
    def _now(self) -> Arrangement:
        return self._known.get(self._size, Arrangement())

    def _put(self, arrangement: Arrangement) -> None:
        self._note(arrangement)
        self.apply()

    def _note(self, arrangement: Arrangement) -> None:
        self._known[self._size] = arrangement
        self._changed.add(self._size)
