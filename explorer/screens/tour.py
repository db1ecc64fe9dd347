"""A tour of the explorer in two minutes: a few words at a time, over the screen that they are about."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog


class Page(NamedTuple):
    """A page: what it says, what the explorer behind it does meanwhile, and whether it tells of its lower half."""

    title: str
    text: str
    action: str = ""
    is_below: bool = False


PAGES = (
    Page(
        "Steps",
        "A Transformer is a chain of small steps. Each makes one tensor: a table of numbers. → goes to the next step, "
        "← back. The line at the bottom shows where you are.",
    ),
    Page(
        "The tensor",
        "This is one step: its title, its formula, and its numbers with the words they belong to. Orange is positive, "
        "blue negative, stronger is larger. h j k l move the cursor from number to number.",
        "move('right')",
    ),
    Page(
        "Where a number comes from",
        "Under the table stands the arithmetic of the number under the cursor. ↑ ↓ mark one of its numbers, Enter goes "
        "to where that one was computed, and so on, down to a word or a weight. Backspace comes back.",
        "choose(1)",
        is_below=True,
    ),
    Page(
        "Where it goes",
        "u turns the arithmetic round: which numbers were computed from this one, and how much they depend on it.",
        is_below=True,
    ),
    Page(
        "What if",
        "e changes the number, its row or its column, and all that follows from it is computed again. What moved is "
        "underlined. Ctrl+Z takes it back. Nothing is lost, so try.",
    ),
    Page(
        "One word, or all",
        "w shows attention for one word: what it asks, how well each word fits, and how much it takes from each. "
        "w again shows the matrices, and ] goes to the next head.",
    ),
    Page(
        "Pictures",
        "z draws the whole tensor as a heat map, P a row as a plot, W the text with its attention. A lays a block out "
        "on one sheet, and Ctrl+G shows the model as a map. The same key comes back.",
    ),
    Page(
        "Lessons",
        "Where a scenario has a lesson, → goes from stop to stop, and some of them ask before they show. L leaves the "
        "lesson and steps through everything. Your place is kept.",
    ),
    Page(
        "And the rest",
        ": lists what can be asked here, ? every key of the screen that you are on, Ctrl+P finds every command by its "
        "name, / finds a step or a word, q leaves. T shows this tour again.",
    ),
)


class TourScreen(Dialog[None]):
    """Shows page after page; what they tell of stays in sight: above them, or on a low screen below."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = keys.TOUR_BINDINGS

    def __init__(self, behind: Screen[None]) -> None:
        super().__init__()
        self._behind = behind
        self._place = 0

    def compose(self) -> ComposeResult:
        """A box with a title and a few lines."""
        with Vertical(id="tour") as box:
            box.border_subtitle = "→ next · ← back · Esc ends"
            yield Static("", id="page", markup=False)

    def on_mount(self) -> None:
        """Show the first page."""
        self._show()

    async def action_turn(self, count: int) -> None:
        """Turn the page; after the last one the tour is over."""
        place = self._place + count
        if place >= len(PAGES):
            self.dismiss()
        elif place >= 0:
            self._place = place
            if count > 0 and PAGES[place].action:
                await self._behind.run_action(PAGES[place].action)
            self._show()

    def _show(self) -> None:
        page = PAGES[self._place]
        self.set_class(page.is_below, "-tells-of-below")
        self.query_one("#tour").border_title = f"{page.title} · {self._place + 1} of {len(PAGES)}"
        self.query_one("#page", Static).update(page.text)
