"""What-if edits: making them, taking them back, and saving the run with them."""

from __future__ import annotations

from explorer.screens.exploring.showing import Showing


class Edits(Showing):
    """Changes numbers, and runs again."""

    def action_edit(self) -> None:
        """Ask what to change around the cell, and run again from there."""
        value = self.session.value
        if value.path in self.session.trace.steps or value.path in self.session.trace.parameters:
            from explorer.screens.edit import EditScreen

            self.app.push_screen(EditScreen(self.session), self._edited)
        else:
            self.app.bell()
            self.notify("Steps and parameters can be edited; this is inside a step.", markup=False)

    def action_undo(self) -> None:
        """Take back the last edit."""
        self._edited(self.session.undo())

    def action_redo(self) -> None:
        """Make the edit again that was taken back."""
        self._edited(self.session.redo())

    def action_drop_edits(self) -> None:
        """Take back every edit."""
        self._edited(self.session.drop_edits())

    def _edited(self, is_changed: bool | None) -> None:
        if is_changed:
            self._build_tree()
            self.refresh_value()
        elif is_changed is False and self.app.screen is self:
            self.app.bell()
