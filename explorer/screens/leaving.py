"""A screen that is left once: asked again while it goes, it does not take away the screen under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import ModalScreen

if TYPE_CHECKING:
    from textual.screen import Screen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A screen over others. Textual takes away whatever is on top, however often a screen says that it goes."""

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave, unless that was done already."""
        return super().dismiss(result) if _is_on_top(self) else AwaitComplete()


class Palette(CommandPalette):
    """Textual's palette of commands, left once too."""

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave, unless that was done already."""
        return super().dismiss(result) if _is_on_top(self) else AwaitComplete()


def _is_on_top(screen: Screen[Result]) -> bool:
    return screen.app.is_running and screen.is_current
