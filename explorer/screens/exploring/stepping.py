"""From step to step: on, back, to another layer, into a step, and playing."""

from __future__ import annotations

from explorer.screens.exploring.showing import Showing
from explorer.widgets.key_bar import KeyBar
from explorer.widgets.timeline import Timeline

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Steps a second, when playing."""


class Stepping(Showing):
    """Goes through the run."""

    _speed = SPEEDS.index(1.0)

    def action_step(self, count: int) -> None:
        """Go on or back; a lesson is followed in the run that it is told of."""
        is_back = self.session.other is not None and self.session.other.is_guided
        if self.session.other is not None and is_back:
            self.session = self.session.other
            self._build_tree()
        is_at_end = self.session.is_guided and count == 1 and self.session.lesson.is_done
        if is_at_end and self.session.stop is not None:
            self.notify("That was the lesson. L steps through everything.", markup=False)
        moved = self.session.step_by(count)
        self._take_view()
        self._show_after(moved or is_back)

    def action_layer(self, count: int) -> None:
        """Go to the same step of another layer."""
        self._show_after(self.session.layer_by(count))

    def action_open(self) -> None:
        """Open the finer steps of this step, or close them."""
        if self.session.toggle():
            self._build_tree()
            self.refresh_value()
        else:
            self.app.bell()

    def action_play(self) -> None:
        """Go on by itself, a step at a time, until the end."""
        if self._player is None:
            self._player = self.set_interval(1 / SPEEDS[self._speed], self._play)
        else:
            self._stop_playing()
        self._show_player()

    def action_speed(self, change: int) -> None:
        """Play faster or slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + change))
        if self._player is not None:
            self._player.stop()
            self._player = self.set_interval(1 / SPEEDS[self._speed], self._play)
        self._show_player()

    def _play(self) -> None:
        """One step on. Playing waits behind a dialog, and stops at a question: that is for the person to answer."""
        if not self.is_current:
            return
        if self.session.question is None and self.session.step_by(1):
            self._take_view()
            self.refresh_value()
        else:
            self._stop_playing()
            self._show_player()

    def _show_player(self) -> None:
        state = "▶" if self._player else "‖"
        self.query_one(Timeline).note = f"{state} {SPEEDS[self._speed]:g} steps/s"
        self.query_one(KeyBar).show(self._keys())
