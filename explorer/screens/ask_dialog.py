"""Asks what to ask: a list of the questions that can be answered here, narrowed by what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from attn_explore.explorer.drawing.anchored import roomy
from attn_explore.explorer.drawing.blocks import Piece, Row
from attn_explore.explorer.drawing.numbers import fitted, most_cells, shortened
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.widgets.find_line import FindLine
from attn_explore.explorer.widgets.found_list import FoundList
from attn_explore.model.dataclass import dataclass

FRAME = 4
"""Lines of the dialog that are no questions."""
_GAP = 2

NOTHING = "No question here is like this; / finds a step, a word or a key by its name."


@dataclass(frozen=True)
class Listed:
    """A question in the list: the key that asks it too, and what more is said of it."""

    key: str
    question: str
    more: str

    def is_like(self, typed: str) -> bool:
        """Whether it has the beginnings of all words that are typed.

        >>> [Listed("u", "Where does it go?", "").is_like(typed) for typed in ("go wh", "hered")]
        [True, False]
        """
        words = f"{self.question} {self.more}".casefold().split()
        wanted = typed.casefold().split()
        return typed.strip() == self.key or all(any(word.startswith(each) for word in words) for each in wanted)


class AskScreen(Dialog[int | None]):
    """Dismissed with the place of the question in what was listed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = keys.ASK_BINDINGS

    def __init__(self, of_what: str, listed: Sequence[Listed]) -> None:
        super().__init__()
        self._of_what, self._listed = of_what, listed
        self._shown = list(range(len(listed)))
        self._keys = max(most_cells(each.key) for each in listed) + _GAP
        self._questions = max(most_cells(each.question) for each in listed) + _GAP

    def compose(self) -> ComposeResult:
        """The questions, and the line in which one types."""
        with Vertical(id="ask") as box:
            box.border_title = Content(roomy(shortened(self._of_what, max(1, self.app.size.width - 12))))
            box.styles.height = len(self._listed) + FRAME
            yield FindLine(placeholder="what do you want to know?", id="asked")
            yield FoundList(id="questions")

    def on_mount(self) -> None:
        """List all of them."""
        self._show()
        self.set_focus(self._line)

    @property
    def _list(self) -> FoundList:
        return self.query_one("#questions", FoundList)

    @property
    def _line(self) -> FindLine:
        return self.query_one("#asked", FindLine)

    def _show(self) -> None:
        notes = () if self._shown else (Piece(NOTHING, "note"),)
        self._list.show("", notes, len(self._shown), self._row)
        count = f"{len(self._shown)} of {len(self._listed)}"
        self.query_one("#ask").border_subtitle = f"{count} · ↑ ↓ choose · Enter asks · Esc goes back"

    def _row(self, place: int, width: int) -> Row:
        """`u   Where is this number used next?   …`."""
        listed = self._listed[self._shown[place]]
        room = max(0, width - self._keys)
        is_room = self._questions + most_cells(listed.more) <= room
        return (
            Piece(fitted(listed.key, self._keys), "label"),
            Piece(fitted(listed.question, min(self._questions, room)), "name"),
            Piece(listed.more if is_room else "", "note"),
        )

    @on(Input.Changed, "#asked")
    def typed(self, event: Input.Changed) -> None:
        """The list follows what is typed."""
        event.stop()
        self._shown = [place for place, each in enumerate(self._listed) if each.is_like(event.value)]
        self._list.first()
        self._show()

    @on(Input.Submitted, "#asked")
    def entered(self, event: Input.Submitted) -> None:
        """Ask the question that is chosen."""
        event.stop()
        self._ask(self._list.place)

    def on_found_list_chosen(self, event: FoundList.Chosen) -> None:
        """A question was clicked."""
        self._ask(event.place)

    def _ask(self, place: int) -> None:
        if self._shown:
            self.dismiss(self._shown[place])
        else:
            self.app.bell()

    def action_choose_found(self, count: int) -> None:
        """Choose another question; after the last one the first."""
        if not self._list.move(count):
            self._list.move(-count * len(self._shown))

    def action_page_found(self, count: int) -> None:
        """Choose one a page further."""
        self._list.move(count * self._list.page)

    def action_complete(self) -> None:
        """Tab goes down: there is nothing to complete."""
        self.action_choose_found(1)
