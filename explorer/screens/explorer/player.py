"""Goes on by itself: step after step, or moment after moment of a training."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.timer import Timer

if TYPE_CHECKING:
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Steps a second."""


class Player:
    """Calls `goes_on` so many times a second, until it gives False. It waits behind a dialog."""

    def __init__(self, screen: ExplorerScreen) -> None:
        self.screen = screen
        self._timer: Timer | None = None
        self._speed = SPEEDS.index(1.0)
        self._unit = "steps"
        self._goes_on: Callable[[], bool] = lambda: False

    @property
    def is_playing(self) -> bool:
        """Whether it goes on now."""
        return self._timer is not None

    @property
    def note(self) -> str:
        """Whether it plays, and how fast."""
        speed = SPEEDS[self._speed]
        unit = self._unit.removesuffix("s") if speed == 1 else self._unit
        return f"{'▶' if self.is_playing else '‖'} {speed:g} {unit}/s"

    def toggle(self, goes_on: Callable[[], bool], unit: str) -> None:
        """Play, `unit` after `unit`, or stop, whatever is played."""
        if self.is_playing:
            self.stop()
        else:
            self._goes_on, self._unit = goes_on, unit
            self._start()
        self._show()

    def stop(self) -> None:
        """Stop."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def faster(self, change: int) -> None:
        """Play faster, or slower."""
        self._speed = max(0, min(len(SPEEDS) - 1, self._speed + change))
        if self.is_playing:
            self.stop()
            self._start()
        self._show()

    def _start(self) -> None:
        self._timer = self.screen.set_interval(1 / SPEEDS[self._speed], self._play)

    def _play(self) -> None:
        if self.screen.is_active and not self._goes_on():
            self.stop()
            self._show()

    def _show(self) -> None:
        self.screen.note(self.note)
        self.screen.show_keys()
