"""Asks what to change: which numbers around the cell, and what is done to them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, RadioButton, RadioSet, Static

from explorer import speech
from explorer.format import short_number
from explorer.session import Session
from explorer.what_if import ACTIONS, edit_from, scopes, told
from model.problems import Problem

_GROUP = Binding.Group("Editing")


class EditScreen(ModalScreen[bool]):
    """A choice of numbers, and a line for what happens to them. Dismissed with whether anything was changed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Back without a change", id="edit.close", group=_GROUP),
        Binding("up", "scope(-1)", "Fewer numbers", id="edit.fewer", group=_GROUP, priority=True),
        Binding("down", "scope(1)", "More numbers", id="edit.more", group=_GROUP, priority=True),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._scopes = scopes(session.value, session.index)

    def compose(self) -> ComposeResult:
        """The numbers that can be taken, the line to type in, the edits in force, and what is to be said."""
        value, index = self.session.value, self.session.index
        with Vertical(id="edit") as box:
            box.border_title = Content(f"What if {speech.name_at(value, index)} were different?")
            box.border_subtitle = "↑ ↓ choose · Enter runs again from here · Esc goes back"
            with RadioSet(id="scope"):
                for place, name in enumerate(self._scopes):
                    yield RadioButton(Content(name), value=place == 0)
            yield Static(f"It is {short_number(float(value.array[index]))}. Type {ACTIONS}.", markup=False)
            yield Input(id="action")
            yield Static("", id="answer", markup=False)
            if self.session.scenario.edits:
                yield Static("\n".join(["In force:", *speech.edits(self.session)]), markup=False)

    def on_mount(self) -> None:
        """Typing goes into the line; Up and Down choose the numbers from there."""
        self.set_focus(self.query_one(Input))

    def action_scope(self, count: int) -> None:
        """Take fewer or more numbers."""
        buttons = list(self.query(RadioButton))
        place = self.query_one(RadioSet).pressed_index + count
        if 0 <= place < len(buttons):
            buttons[place].value = True

    @on(Input.Submitted)
    def apply(self, event: Input.Submitted) -> None:
        """Make the edit, or say what is wrong with it."""
        event.stop()
        index = list(self._scopes.values())[self.query_one(RadioSet).pressed_index]
        try:
            edit = edit_from(self.session.value, index, event.value)
            if edit.swap and self.session.other is None:
                hint = "`compare` in its file adds a second one"
                raise Problem("there is no other run to take numbers from", hint=hint)
            self.session.edit(edit)
        except Problem as problem:
            self.query_one("#answer", Static).update("\n".join(filter(None, (problem.what, problem.hint))))
        else:
            self.app.notify(told(edit, self.session.value), markup=False)
            self.dismiss(True)
