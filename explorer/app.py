"""The Textual application: it loads a session or the library while its first frame already stands, then shows it.

Everything heavy (NumPy, the model, the explorer's screen) is imported by the thread that loads.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from attn_explore.explorer.themes import HIGH_CONTRAST
from attn_explore.explorer.widgets.last_gate import guard_terminal
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.library.entries import Shelf
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.values import Value

Listener = Callable[["Value"], None]
Load = Callable[[Listener], "Session | Shelf"]

TELL_EVERY = 0.2
"""Seconds between two words about how far a long run has come: each waits for the screen."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")


class _Stopped(Exception):  # noqa: N818 (not an error: the person left while the model ran)
    """Ends a run that nobody waits for any more."""


class ExplorerApp(App[None]):
    """Loads a session or the library and shows it. `failure` is what went wrong, for the caller to report."""

    TITLE = "attn-explore"
    CSS = "#loading { width: 100%; height: 100%; content-align: center middle; text-align: center; }"
    ENABLE_COMMAND_PALETTE = True

    def __init__(self, load: Load, title: str, reload: Callable[[], Session] | None = None) -> None:
        super().__init__()
        self._load = load
        self._reload = reload
        self._what = title
        self.keys: Mapping[str, str] = {}
        self.failure: BaseException | None = None
        self._told = time.monotonic()
        for theme in HIGH_CONTRAST:
            self.register_theme(theme)

    def compose(self) -> ComposeResult:
        """What stands there until the model has run."""
        yield Static(f"{visible(self._what)}\n\nrunning the model …", id="loading", markup=False)

    def on_mount(self) -> None:
        """Catch the signals that Textual leaves alone, and start loading."""
        loop = asyncio.get_running_loop()
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None:
                loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))
        self.call_after_refresh(self._start_loading)  # the thread's imports would hold the first frame up

    @work(thread=True, exit_on_error=False)
    def _start_loading(self) -> None:
        """Run the model, then hand the screen over; whatever goes wrong ends the app and is raised by `explore`."""
        try:
            from attn_explore.explorer.library.bookmarks import set_aside

            kept = set_aside()
            loaded = self._load(self._tell)
            from attn_explore.explorer.screens.keys import binding_ids
            from attn_explore.explorer.system.key_file import keymap_path, read_keymap, read_theme

            keys = read_keymap(keymap_path(), binding_ids())
            theme = read_theme(keymap_path(), self.available_themes)
            self.call_from_thread(self._show, _screen_of(loaded, self._reload), keys, theme)
            if kept is not None:
                self.call_from_thread(self._say_kept_aside, kept)
        except _Stopped:
            pass
        except BaseException as failure:  # a Problem or a bug: both are reported after the terminal is restored
            self.call_from_thread(self._fail, failure)

    def _show(self, screen: Callable[[], Screen[Any]], keys: Mapping[str, str], theme: str | None) -> None:
        gc.freeze()  # what was imported stays: collections need not look at it
        gc.enable()
        self.keys = keys
        self.set_keymap(dict(keys))
        if theme is not None:
            self.theme = theme
        self.push_screen(screen())

    def _say_kept_aside(self, kept: Path) -> None:
        said = f"The places in lessons could not be read, and begin anew; the file is kept as {visible(str(kept))}"
        self.notify(said, severity="warning", timeout=15, markup=False)

    def _tell(self, value: Value) -> None:
        """Say which step was computed, a few times a second; called from the thread that loads."""
        if not self.is_running:
            raise _Stopped
        now = time.monotonic()
        if now - self._told < TELL_EVERY:
            return
        self._told = now
        self.call_from_thread(
            self.query_one("#loading", Static).update, f"{visible(self._what)}\n\ncomputed {value.path}"
        )

    def _fail(self, failure: BaseException) -> None:
        self.failure = failure
        self.exit(return_code=1)

    def _handle_exception(self, error: Exception) -> None:
        """A bug: end, and let `explore` raise it, instead of a traceback on the terminal (Textual is pinned)."""
        self.failure = self.failure or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything that a key does is in the palette, by its description, the keys of the panels too."""
        described: set[str] = set()
        for node in (screen, *screen.walk_children(Widget)):
            for binding in type(node).__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and binding.id and binding.description not in described:
                    described.add(binding.description)
                    group = binding.group.description if binding.group else ""
                    yield SystemCommand(binding.description, group, partial(node.run_action, binding.action))
        yield SystemCommand("Theme", "Change the colours", self.action_change_theme)


def _screen_of(loaded: Session | Shelf, reload: Callable[[], Session] | None) -> Callable[[], Screen[Any]]:
    """What makes the screen; a screen is made by the thread that shows it."""
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.session.session import Session

    if isinstance(loaded, Session):
        return partial(ExplorerScreen, loaded, reload=reload)
    from attn_explore.explorer.screens.library import LibraryScreen

    return partial(LibraryScreen, loaded)


def explore(load: Load, title: str, reload: Callable[[], Session] | None = None) -> int:
    """Run the explorer until the person leaves, and return the exit status.

    `load` runs in a thread and returns the session or the library; it is given a function that hears of each value.
    `reload` reads and runs again when a file of the run is saved. Raises what `load` raised (a Problem, for example),
    or the bug that ended the app, with the terminal restored.
    """
    guard_terminal()
    app = ExplorerApp(load, title, reload)
    app.run()
    if app.failure is not None:
        raise app.failure
    return app.return_code or 0
