"""What-if edits: typing them, making them, and taking them back."""

from __future__ import annotations

from textual import events

from attn_explore.explorer.screens.explorer.cells import Cells
from attn_explore.explorer.session import edits
from attn_explore.explorer.telling.edit_line import Editing
from attn_explore.explorer.widgets.timeline import Timeline
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem

LONGEST_LINE = 200
"""Characters of an edit that are typed."""


class Edits(Cells):
    """Changes numbers, and runs again."""

    def action_edit(self) -> None:
        """Ask what to change around the cell; the question stands where its arithmetic stood."""
        session = self.session
        if session.place.value.path not in (*session.run.trace.steps, *session.run.trace.parameters):
            self.app.bell()
            self.notify("Steps and parameters can be edited; this is inside a step.", markup=False)
        elif is_gradient(session.place.value):
            self.app.bell()
            self.notify("A gradient follows from the run: edit the number itself (v goes to it).", markup=False)
        elif session.question is None:
            self._stop_playing()
            self.set_focus(None)  # what is typed belongs to the edit
            self._editing = Editing(session.place.value, session.place.index, edits.word_here(session))
            self.refresh_cell()

    async def _on_key(self, event: events.Key) -> None:
        """While an edit is typed: what is printable goes into it. An Input would cost frames of layout and focus."""
        if self._editing is None or not (event.is_printable or event.key in ("backspace", "ctrl+u")):
            return
        event.stop()
        event.prevent_default()
        typed, shorter = self._editing.typed, {"backspace": self._editing.typed[:-1], "ctrl+u": ""}
        self._type(shorter[event.key] if event.key in shorter else typed + (event.character or ""))

    def _on_paste(self, event: events.Paste) -> None:
        """While an edit is typed: the first line of what was pasted."""
        if self._editing is not None:
            event.stop()
            self._type(self._editing.typed + "".join(event.text.splitlines()[:1]))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While an edit is typed, printable keys are no commands."""
        return self._editing is not None and character is not None and character.isprintable()

    def _type(self, line: str) -> None:
        if self._editing is not None:
            self._editing.typed = line[:LONGEST_LINE]
            self.refresh_cell()

    def action_choose(self, count: int) -> None:
        """While an edit is typed: take more numbers, or fewer."""
        if self._editing is None:
            super().action_choose(count)
        else:
            self._editing.choose(count)
            self.refresh_cell()

    def action_follow(self) -> None:
        """While an edit is typed: make it."""
        if self._editing is None:
            super().action_follow()
        else:
            self._make_edit(self._editing)

    def _make_edit(self, editing: Editing) -> None:
        """Run again from there, or say what is wrong with it."""
        try:
            change = editing.change(self.session.other is not None)
            edits.take_edited(self.session, edits.run_with(self.session, change))
        except Problem as problem:
            editing.refusal = " ".join(filter(None, (f"{problem.what}.", problem.hint)))
            self.refresh_cell()
        else:
            self._edited(editing.text_of(change))

    def action_undo(self) -> None:
        """Take back the last edit."""
        self._edited("taken back" if edits.undo(self.session) else None)

    def action_redo(self) -> None:
        """Make the edit again that was taken back."""
        self._edited("made again" if edits.redo(self.session) else None)

    def action_drop_edits(self) -> None:
        """Take back every edit."""
        is_edited = edits.is_edited(self.session)
        if is_edited:
            edits.take_edited(self.session, edits.run_without_edits(self.session))
        self._edited("every edit taken back" if is_edited else None)

    def _edited(self, said: str | None) -> None:
        """Show the run that follows from an edit; None: there was none."""
        if said is None:
            self.app.bell()
            return
        self._build_tree()
        self.refresh_value()
        self.query_one(Timeline).note = said  # a message over the screen would cost a frame
