"""From step to step: on, back, to another layer, into a step, and playing."""

from __future__ import annotations

from collections.abc import Callable

from attn_explore.explorer.screens.explorer.showing import Showing
from attn_explore.explorer.session import stepping
from attn_explore.explorer.telling import headings
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.timeline import Timeline

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Steps a second, when playing."""


class Stepping(Showing):
    """Goes through the run."""

    _speed = SPEEDS.index(1.0)
    _played = "steps"
    """What is played."""
    _goes_on: Callable[[], bool]
    """Goes one of these on, if there is one; there while something is played."""

    def action_step(self, count: int) -> None:
        """Go on or back; a lesson is followed in the run that it is told of."""
        is_back = self.session.other is not None and self.session.other.lesson.is_guided
        if self.session.other is not None and is_back:
            self.session = self.session.other
            self._build_tree()
        is_at_end = self.session.lesson.is_guided and count == 1 and self.session.lesson.is_done
        if is_at_end and self.session.stop is not None:
            follows = headings.next_lesson(self.session)
            on = f"C opens the next one, “{follows}”; " if follows else ""
            self.notify(f"That was the lesson. {on}L steps through everything.", markup=False)
        moved = stepping.step_by(self.session, count)
        self._take_view()
        self._show_after(moved or is_back)

    def action_layer(self, count: int) -> None:
        """Go to the same step of another layer."""
        self._show_after(self.session.place.layer_by(count))

    def action_open(self) -> None:
        """Open the finer steps of this step, or close them."""
        if self.session.place.toggle():
            self._build_tree()
            self.refresh_value()
        else:
            self.app.bell()

    def action_play(self) -> None:
        """Go on by itself, a step at a time, until the end."""
        self._play_or_pause(self._next_step, "steps")

    def _play_or_pause(self, goes_on: Callable[[], bool], unit: str) -> None:
        """Go on by itself as long as `goes_on`, so many `unit` a second; or stop, whatever is played."""
        if self._player is None:
            self._goes_on, self._played = goes_on, unit
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
        """One step or moment on. Playing waits behind a dialog."""
        if self.is_current and not self._goes_on():
            self._stop_playing()
            self._show_player()

    def _next_step(self) -> bool:
        """One step on, if there is one. Playing stops at a question: that is for the person to answer."""
        goes_on = self.session.question is None and stepping.step_by(self.session, 1)
        if goes_on:
            self._take_view()
            self.refresh_value()
        return goes_on

    def _show_player(self) -> None:
        state = "▶" if self._player else "‖"
        self.query_one(Timeline).note = f"{state} {SPEEDS[self._speed]:g} {self._played}/s"
        self.query_one(KeyBar).show(self._keys())
