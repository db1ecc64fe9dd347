"""A screen that is left once: asked again while it goes, it does not take away the screen under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.screen import ModalScreen

from attn_explore.explorer.widgets.choices import guard_lists
from attn_explore.explorer.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.worker import Worker

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A screen over others. Textual takes away whatever is on top, however often a screen says that it goes.

    One that is done while another is over it goes when it is on top again.
    """

    _waits: tuple[Result | None] | None = None
    """What it is left with when it is on top again."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys do nothing before its panels stand, and when they are gone."""
        return self.is_mounted and _is_on_top(self) and super().check_action(action, parameters)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leave, unless that was done already."""
        if _is_on_top(self):
            return super().dismiss(result)
        self._waits = (result,)
        return AwaitComplete()

    @on(events.ScreenResume)
    def go_now(self) -> None:
        """On top again: leave, where that was to be."""
        if self._waits is not None:
            self.dismiss(*self._waits)

    @on(KeyBar.Pressed)
    async def key_pressed(self, event: KeyBar.Pressed) -> None:
        """A key of its bar was clicked, if it has one; the screen below does not hear of it."""
        event.stop()
        await self.run_action(event.action)


class Palette(CommandPalette):
    """Textual's palette of commands, left once too. Until its list stands, and when it is gone, keys do nothing."""

    def compose(self) -> ComposeResult:
        """What Textual's is made of."""
        guard_lists()
        yield from super().compose()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave, unless that was done already."""
        return super().dismiss(result) if _is_on_top(self) else AwaitComplete()

    def _gather_commands(self, search_value: str) -> Worker[None] | None:  # type: ignore[override]
        return super()._gather_commands(search_value) if self._has_list else None

    def _action_command_list(self, action: str) -> None:
        if self._has_list and self.query_one(CommandList).size:
            super()._action_command_list(action)

    def _action_cursor_down(self) -> None:
        if self._has_list:
            super()._action_cursor_down()

    @property
    def _has_list(self) -> bool:
        return _is_on_top(self) and bool(self.query(CommandList))


def _is_on_top(screen: Screen[Result]) -> bool:
    return screen.app.is_running and screen.is_active
