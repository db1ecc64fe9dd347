"""The gallery: one attention in every variant, side by side; any opens as a run, any two are compared."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from attn_explore.explorer.drawing.gallery_lines import Seen, Tile
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.explorer.state import Origin
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.screens.styles import STYLES
from attn_explore.explorer.screens.text_dialog import TextScreen
from attn_explore.explorer.screens.working import AT_ONCE, Work, Working
from attn_explore.explorer.session.gallery import Gallery, Hung, cell_of, clipped, compared, gallery_of, opened
from attn_explore.explorer.session.other_text import text_of, with_text
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.gallery_text import ABOUT, about, tiles, wall_title
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.gallery_panel import CaptionPanel, GalleryPanel
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.values import Value


class GalleryScreen(Dialog[None]):
    """Shows a gallery. `chosen` is the name of the picture that is chosen at first."""

    BINDINGS: ClassVar[list[BindingType]] = keys.GALLERY_BINDINGS

    CSS = STYLES
    SCOPED_CSS = False  # it may be the first screen there is
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-normal"), (50, "-high")]  # noqa: RUF012

    def __init__(self, gallery: Gallery, chosen: str = "", is_first: bool = False) -> None:
        super().__init__()
        self._gallery, self._is_first = gallery, is_first
        self._cell = cell_of(gallery)
        self._chosen = gallery.named(chosen) or next((each for each in gallery.hung if each.is_own), gallery.hung[0])
        self._marked: Hung | None = None
        self._of_scores = False
        self._work = Working(self, self._show_progress)

    def compose(self) -> ComposeResult:
        """What is hung, the pictures, what is said of the chosen one, and the keys."""
        yield Static("", id="gallery-title", markup=False)
        yield GalleryPanel(self._tiles, ABOUT, self._seen)
        yield CaptionPanel()
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Choose the first picture."""
        self._show()

    def on_resize(self) -> None:
        """There is room for another title."""
        self._show()

    # --- showing

    @property
    def _said(self) -> str:
        return wall_title(self._gallery, self._cell, self._of_scores, self.app.size.width - 2)

    @property
    def _tiles(self) -> list[Tile]:
        return tiles(self._gallery, self._cell[0], self._of_scores)

    @property
    def _seen(self) -> Seen:
        _, query, key = self._cell
        return Seen(self._chosen.variant.name, (query, key), self._marked.variant.name if self._marked else "")

    def _show(self) -> None:
        self.query_one("#gallery-title", Static).update(self._said)
        self.query_one(GalleryPanel).show(self._tiles, self._seen)
        self.query_one(CaptionPanel).show(about(self._gallery, self._chosen, self._cell, self._of_scores))
        self.query_one(KeyBar).show(self._keys)

    @property
    def _keys(self) -> list[Key]:
        compares = f"with {self._marked.variant.title}" if self._marked else "compare"
        return [
            Key("↑ ↓ ← →", "cell", "move(0,1)"),
            Key("⇥", "picture", "picture(1)"),
            Key("{ }", "family", "family(1)"),
            Key("⏎", "open", "open"),
            Key("c", compares, "compare"),
            *([Key("[ ]", "head", "head(1)")] if self._weights.shape[0] > 1 else []),
            Key("v", "weights" if self._of_scores else "scores", "scores"),
            Key("^T", "text", "text"),
            Key("?", "keys", "help", is_kept=True),
            Key("Esc", "quit" if self._is_first else "back", "leave", is_kept=True),
        ]

    @property
    def _weights(self) -> Value:
        """Those of the chosen picture; where it has none, those of the run itself."""
        return self._gallery.weights(self._chosen) or self._gallery.base.run.trace[f"{self._gallery.block}.weights"]

    def _show_progress(self, said: str) -> None:
        """How far a run is, in the place of the title."""
        said = said or self._said
        self.query_one("#gallery-title", Static).update(said)

    def _refuse(self, said: str) -> None:
        self.app.bell()
        self.notify(said, markup=False)

    # --- what keys do

    def action_move(self, down: int, right: int) -> None:
        """Light another cell in all pictures."""
        self._go_to((self._cell[0], self._cell[1] + down, self._cell[2] + right))

    def action_head(self, count: int) -> None:
        """Show another head, where the pictures have several."""
        self._go_to((self._cell[0] + count, *self._cell[1:]))

    def _go_to(self, cell: tuple[int, ...]) -> None:
        """Light a cell that the chosen picture has; where that has none, one of the run itself."""
        found = clipped(self._weights, tuple(max(0, place) for place in cell))
        if found == self._cell:
            self.app.bell()
        self._cell = found
        self._show()

    def action_picture(self, count: int) -> None:
        """Go to the next picture, after the last one to the first."""
        hung = self._gallery.hung
        self._choose(hung[(hung.index(self._chosen) + count) % len(hung)])

    def action_family(self, count: int) -> None:
        """Go to the first picture of the next family."""
        firsts = {each.variant.family: each for each in reversed(self._gallery.hung)}
        families = list(reversed(firsts))
        place = families.index(self._chosen.variant.family) + count
        self._choose(firsts[families[place % len(families)]])

    def _choose(self, hung: Hung) -> None:
        self._chosen = hung
        self._show()

    def action_scores(self) -> None:
        """Show what goes into the weighting, or the weights."""
        self._of_scores = not self._of_scores
        self._show()

    def action_scroll(self, lines: int) -> None:
        """Scroll what is said of the chosen picture."""
        self.query_one(CaptionPanel).turn(lines)

    def action_open(self) -> None:
        """Explore the run of the chosen picture."""
        if self._is_there(self._chosen):
            self._explore(opened(self._gallery, self._chosen, self._cell))

    def action_compare(self) -> None:
        """Mark the chosen picture; or compare it with the one that is marked."""
        marked = self._marked
        if not self._is_there(self._chosen):
            return
        if marked is None or marked is self._chosen:
            self._marked = None if marked else self._chosen
            self._show()
            return
        self._marked = None
        self._explore(compared(self._gallery, marked, self._chosen, self._cell), Side.beside)

    def _is_there(self, hung: Hung) -> bool:
        if hung.session is None:
            self._refuse(f"{hung.variant.title} is not here: {visible(hung.refused)}")
        return hung.session is not None

    def _explore(self, session: Session, side: Side = Side.one) -> None:
        self._show()
        self.app.push_screen(ExplorerScreen(session, came_from=Origin.gallery, side=side))

    def action_text(self) -> None:
        """Ask for another text, and hang its pictures."""
        base = self._gallery.base
        asked = f"Text, instead of “{visible(text_of(base))}”:"
        self.app.push_screen(TextScreen(asked, partial(with_text, base)), self._read)

    def _read(self, session: Session | None) -> None:
        if session is None:
            return
        session.place.show(session.run.trace[f"{self._gallery.block}.weights"], (0, 0, 0))
        self._work.do(
            Work(
                what="running every variant",
                make=partial(gallery_of, session),
                then=self._hang,
                refused=self._tell_problem,
                seconds=AT_ONCE,
            )
        )

    def _hang(self, gallery: Gallery) -> None:
        name = self._chosen.variant.name
        self._gallery, self._marked, self._cell = gallery, None, cell_of(gallery)
        self._chosen = next((each for each in gallery.hung if each.variant.name == name), gallery.hung[0])
        self._show()

    def _tell_problem(self, problem: Problem) -> None:
        self._refuse(visible(problem.in_one_line))

    def action_leave(self) -> None:
        """Stop what is being run; give up the mark; or go back to where one was."""
        if self._work.stop():
            return
        if self._marked is not None:
            self._marked = None
            self._show()
        elif self._is_first:
            self.app.exit()
        else:
            self.dismiss()

    def action_help(self) -> None:
        """List the keys."""
        from attn_explore.explorer.screens.help import open_help

        open_help(self, keys.GALLERY_BINDINGS)

    # --- what panels say happened

    @on(GalleryPanel.Chosen)
    def clicked(self, event: GalleryPanel.Chosen) -> None:
        """A picture was clicked, perhaps at a cell; once more at the same cell opens it."""
        hung = next(each for each in self._gallery.hung if each.variant.name == event.name)
        is_there = hung is self._chosen and event.at == self._cell[1:]
        self._chosen = hung
        if is_there:
            self.action_open()
        else:
            self._go_to((self._cell[0], *(event.at or self._cell[1:])))
