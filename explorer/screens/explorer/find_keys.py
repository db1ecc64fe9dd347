"""Finding steps, cells, words, parameters and keys in a list that narrows while one types; marked cells."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attn_explore.explorer.drawing.blocks import Row
from attn_explore.explorer.session import search
from attn_explore.explorer.session.finding import Finding, Found, Kind, Known
from attn_explore.explorer.telling.found import found_notes, found_row, found_title
from attn_explore.explorer.widgets.find_line import FindLine
from attn_explore.explorer.widgets.found_list import FoundList
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

_WORKER = "finding"


class FindKeys:
    """Lists what is found, and goes there."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._list: FoundList | None = None
        self._box: FindLine | None = None
        self._known: Known | None = None
        self._finding: Finding | None = None

    # --- typing

    def open(self, *, is_name: bool) -> None:
        """Ask what to find; or, with `is_name`, where to go."""
        screen = self.screen
        box = screen.going if is_name else screen.finding
        screen.leave()
        screen.app.clear_notifications()  # they would stand over what is typed
        if is_name:
            box.value = ""
        if self._list is None:
            self._list = FoundList(id="found")
            screen.mount(self._list)
        self._box, self._list.display = box, True
        self._known = Known(screen.state.session, self._keys())
        screen.type_into(box)
        screen.show_keys()
        self.type()

    def close(self) -> bool:
        """Put the line and the list away: whether they stood there."""
        if self._box is None or self._list is None:
            return False
        self._box.display = self._list.display = False
        self._box = self._known = self._finding = None
        self.screen.workers.cancel_group(self.screen, _WORKER)
        return True

    @property
    def is_open(self) -> bool:
        """Whether something is being typed."""
        return self._box is not None

    def _keys(self) -> list[Found]:
        """Every key with what it does, as lines to be found."""
        from attn_explore.explorer.screens.help import lines_of
        from attn_explore.explorer.screens.keys import all_bindings

        lines = lines_of(self.screen.app, all_bindings())
        return [Found(Kind.key, f"{line.keys}\n{line.what}\n{line.group}", line.id) for line in lines]

    def type(self) -> None:
        """List what the text that is typed finds: at once, or where there is much to look at, between the frames."""
        if self._box is None or self._known is None or self._list is None:
            return
        self._finding = finding = Finding(self._known, self._box.value, by_name=self._by_name)
        self._list.first()
        if finding.look_on():
            self.screen.run_worker(self._look_on(finding), group=_WORKER, exclusive=True, exit_on_error=True)
        self._show(finding)

    async def _look_on(self, finding: Finding) -> None:
        is_more = True
        while is_more and finding is self._finding:
            await asyncio.sleep(0)
            is_more = finding.look_on()
            self._show(finding)

    @property
    def _by_name(self) -> bool:
        return self._box is not None and self._box is self.screen.going

    def _show(self, finding: Finding) -> None:
        if self._list is None or self._box is None or finding is not self._finding:
            return
        session = self.screen.state.session

        def row(place: int, width: int) -> Row:
            return found_row(session, finding.found[place], width)

        notes = found_notes(session, finding, self._box.value, by_name=self._by_name)
        self._list.show(found_title(finding), notes, len(finding.found), row)

    # --- in the list

    def choose(self, count: int) -> None:
        """Choose another line."""
        if self._list is None or not self._list.move(count):
            self.screen.app.bell()

    def page(self, count: int) -> None:
        """Choose a line a page further."""
        if self._list is not None:
            self.choose(count * self._list.page)

    def complete(self) -> None:
        """Type the name of the line that is chosen."""
        found = self._chosen
        if found is None or found.kind is Kind.key or self._box is None:
            self.screen.app.bell()
        else:
            self._box.value = found.name
            self._box.cursor_position = len(found.name)

    @property
    def _chosen(self) -> Found | None:
        if self._finding is None or self._list is None:
            return None
        while not self._finding.found and self._finding.look_on():
            pass
        found = self._finding.found
        return found[min(self._list.place, len(found) - 1)] if found else None

    # --- going

    def enter(self, place: int | None = None) -> None:
        """Go to the line that is chosen, or was clicked; or say that there is none."""
        if self._box is None or self._list is None:
            return
        if place is not None:
            self._list.place = place
        found, text, by_name = self._chosen, self._box.value, self._by_name
        if found is None:
            self.screen.app.bell()
            if not by_name:
                self.screen.leave()
                self.screen.warn(f"Nothing here matches “{visible(text)}”.")
            return
        self.screen.leave()
        if found.kind is Kind.key:
            self.screen.help(text)
            return
        self._go(found)
        if not by_name and found.index is None:
            self._note_match(text)

    def _go(self, found: Found) -> None:
        """Look at it; Backspace comes back."""
        place = self.screen.state.session.place
        value = place.find(found.path)
        if value is not None:
            place.jump(value, place.index_in(value) if found.index is None else found.index)
            self.screen.show_tree()  # a finer step opens the one that it is inside
            self.screen.show()

    def _note_match(self, text: str) -> None:
        """Say which match it is; n and N go to the others."""
        state = self.screen.state
        state.matches = search.matches(state.session, text)
        if state.value.path in state.matches:
            self.screen.note(f"match {state.matches.index(state.value.path) + 1} of {len(state.matches)}")
        self.screen.show_keys()

    def match(self, count: int) -> None:
        """Go to the next match, or the previous one."""
        matches, here = self.screen.state.matches, self.screen.state.value.path
        if not matches:
            self.screen.app.bell()
            return
        place = (matches.index(here) + count if here in matches else min(count, 0)) % len(matches)
        self.screen.go_to(matches[place])
        self.screen.note(f"match {place + 1} of {len(matches)}")

    # --- marks

    def mark(self) -> None:
        """Mark the cell, or take its mark away."""
        self.screen.state.session.place.toggle_mark()
        self.screen.show_tree()
        self.screen.show()

    def next_mark(self) -> None:
        """Go to the next marked cell."""
        place = self.screen.state.session.place
        if place.marked:
            place.go_to_next_mark()
            self.screen.show()
        else:
            self.screen.refuse("No cell is marked yet: m marks the one under the cursor.")
