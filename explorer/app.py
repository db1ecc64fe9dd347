"""The Textual application: it loads a session or the library while its first frame already stands, then shows it.

Everything heavy (NumPy, the model, the explorer's screen) is imported by the thread that loads.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.screen import Screen
from textual.widget import AwaitMount, MountError, Widget
from textual.widgets import Static
from textual.worker import WorkerFailed

from attn_explore.explorer.screens.working import AT_ONCE, Work, Working, progress_of
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.signals import leave_behind
from attn_explore.explorer.themes import HIGH_CONTRAST
from attn_explore.explorer.widgets.last_gate import guard_terminal
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible

if TYPE_CHECKING:
    from attn_explore.explorer.library.entries import Library
    from attn_explore.explorer.library.home import Home
    from attn_explore.explorer.session.asked import FirstLook
    from attn_explore.explorer.session.gallery import Gallery
    from attn_explore.explorer.session.other_text import Unread
    from attn_explore.explorer.session.session import Session

_SHEET = ("", "explorer.tcss")
"""Where the sheet that our screens share is said to be from."""

_GARBAGE = 10_000
"""New objects after which garbage is looked for: a key press makes some 2,000 that stay, and should not wait for it."""

TYPED_AHEAD = 100
"""Keys that are kept until there is a screen for them: as many as one types, and not what a held key repeats."""

_LEAVING = ("escape", "q", "ctrl+q", "ctrl+c")
"""Keys that are heeded before there is a screen."""

_SOON = 0.01
"""Seconds until one looks again whether a screen stands."""

RUNNING = "running the model"
READING = "reading the scenarios"
"""What is said while the screen comes up; of the library, for which nothing is run."""

Load = Callable[[Counter], "Session | Library | Unread | Gallery"]
Reload = Callable[[Counter], "Session"]


@dataclass(frozen=True)
class _Loaded:
    """What is shown: what makes the screen, the person's keys, and a file of places that was kept aside.

    A screen that is no more than a question leads to another one, or to the end.
    """

    screen: Callable[[], Screen[Any]]
    is_question: bool
    keys: Mapping[str, str]
    kept_aside: Path | None


class ExplorerApp(App[None]):
    """Loads a session or the library and shows it. `failure` is what went wrong, for the caller to report.

    `home` is what is around it: that of whoever runs the program, unless it is said to be a visitor's. `doing` is said
    meanwhile.
    """

    TITLE = "attn-explore"
    CSS = "#loading { width: 100%; height: 100%; content-align: center middle; text-align: center; }"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "stop_loading", show=False)]

    def __init__(
        self,
        load: Load,
        title: str,
        reload: Reload | None = None,
        is_pair: bool = False,
        look: FirstLook | None = None,
        *,
        home: Home | None = None,
        doing: str = RUNNING,
        driver_class: type[Driver] | None = None,
    ) -> None:
        super().__init__(driver_class)
        self._home = home
        self._load = load
        self._reload = reload
        self._is_pair = is_pair
        self._look = look
        self._what = title
        self._doing = doing
        self.keys: Mapping[str, str] = {}
        self.failure: BaseException | None = None
        self._is_up = False
        self._typed_ahead: list[events.Key] = []
        self._work = Working(self, self._show_progress)
        for theme in HIGH_CONTRAST:
            self.register_theme(theme)

    @cached_property
    def home(self) -> Home:
        """What is around the program for who sits before it."""
        if self._home is not None:
            return self._home
        from attn_explore.explorer.library.home import at_home

        return at_home()

    def get_css_variables(self) -> dict[str, str]:
        """The colours of the theme, and of the rules between panels: faint, unless the theme says otherwise."""
        found = super().get_css_variables()
        return {"rule": f"{found['foreground']} 35%", **found}

    def get_driver_class(self) -> type[Driver]:
        """Our driver of a terminal instead of Textual's; that of a browser, or of Windows, stays."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from attn_explore.explorer.screens.driver import TerminalDriver

        return TerminalDriver

    def compose(self) -> ComposeResult:
        """What stands there until the model has run."""
        yield Static(self._loading(progress_of(self._doing)), id="loading", markup=False)

    def _loading(self, said: str) -> str:
        return f"{visible(self._what)}\n\n{said}"

    def on_mount(self) -> None:
        """Start loading."""
        self.call_after_refresh(self._start_loading)  # the thread's imports would hold the first frame up

    def _start_loading(self) -> None:
        """Run the model behind the first frame, in the colours of the person, then hand the screen over."""
        try:
            self._take_own_theme()
        except Problem as problem:
            self._fail(problem)
            return
        self._work.do(Work(what=self._doing, make=self._make, then=self._show, refused=self._fail, seconds=AT_ONCE))

    def _make(self, counter: Counter) -> _Loaded:
        """Everything that the screen needs, in a thread: its imports take as long as the run of a lesson."""
        kept = self.home.bookmarks.set_aside()
        loaded = self._load(counter)
        made, is_question = _screen_of(loaded, self._reload, self._is_pair, self._look)
        return _Loaded(made, is_question, self._own_keys(), kept)

    def _take_own_theme(self) -> None:
        """Before anything else is read, since that can take long."""
        from attn_explore.explorer.system.key_file import keymap_path, read_theme

        path = keymap_path() if self._home is None else self._home.key_file
        theme = None if path is None else read_theme(path, self.available_themes)
        if theme is not None:
            self.theme = theme

    def _own_keys(self) -> Mapping[str, str]:
        """The person's own keys. What knows every key is imported only where there are any."""
        path = self.home.key_file
        if path is None or not path.exists():
            return {}
        from attn_explore.explorer.screens.keys import binding_ids
        from attn_explore.explorer.system.key_file import read_keymap

        return read_keymap(path, binding_ids())

    def _show(self, loaded: _Loaded) -> None:
        if not gc.isenabled():  # whoever started it put garbage off while there was none, only imports
            self.call_after_refresh(_collect_again)
        self.keys = loaded.keys
        self.set_keymap(dict(loaded.keys))
        self.push_screen(loaded.screen(), self._answered if loaded.is_question else None)
        self._is_up = True
        self.call_later(self._type_again)
        if loaded.kept_aside is not None:
            self._say_kept_aside(loaded.kept_aside)

    def _answered(self, session: Session | None) -> None:
        """Explore what the question led to; or leave."""
        if session is None:
            self.exit()
        else:
            made, _ = _screen_of(session, None, is_pair=False, look=self._look)
            self.push_screen(made())

    async def on_event(self, event: events.Event) -> None:
        """What is pressed after the program was left does nothing: nothing can come up any more.

        Keys that are pressed while a screen comes up wait for it, in their order.
        """
        if self._exit and isinstance(event, events.InputEvent):
            return
        if isinstance(event, events.Key) and self._has_to_wait(event):
            self._typed_ahead = [*self._typed_ahead, event][:TYPED_AHEAD]
        else:
            await super().on_event(event)

    def _has_to_wait(self, event: events.Key) -> bool:
        """Whether there is no screen yet for a key. Before the first one, keys that leave do so, and nothing else."""
        if not self._is_up:
            return event.key not in _LEAVING
        if not self._typed_ahead and not self.screen.is_mounted:
            self.call_later(self._type_again)
            return True
        return bool(self._typed_ahead)

    async def _type_again(self) -> None:
        """Press the keys that have waited, once the screen stands that is up now."""
        if not self.screen.is_mounted:
            self.set_timer(_SOON, self._type_again)
            return
        typed, self._typed_ahead = self._typed_ahead, []
        for key in typed:
            again = events.Key(key.key, key.character)  # one that was heard is not heard again
            again.set_sender(self)
            await super().on_event(again)

    async def _on_key(self, event: events.Key) -> None:
        """Give a key to what the screen asks for, or else carry out its command.

        Both are decided here, one key after the other, so that keys that come in a burst (typed fast, over a slow
        line) after the one that asks are neither lost nor taken for commands: a line that would have taken a key, if
        it had been there, takes it now.
        """
        take = getattr(self.screen, "take_key", None)
        if _typed_into(self.focused, event) or (take is not None and take(event)):
            event.prevent_default()

    def clear_notifications(self) -> None:
        """Take all messages away, and what Textual leaves of them, for which the panels would still make room."""
        super().clear_notifications()
        self.screen.query("ToastHolder").remove()

    def action_stop_loading(self) -> None:
        """Leave before anything is shown: there is nothing to keep."""
        if self._work.stop() or not self._is_up:
            self.exit()

    def _say_kept_aside(self, kept: Path) -> None:
        said = f"The places in lessons could not be read, and begin anew; the file is kept as {visible(str(kept))}"
        self.notify(said, severity="warning", timeout=15, markup=False)

    async def action_quit(self) -> None:
        """Leave from anywhere (Ctrl+Q), unless something would be lost."""
        if all(screen.may_leave() for screen in self.screen_stack if hasattr(screen, "may_leave")):
            self.exit()

    def _show_progress(self, said: str) -> None:
        """How far the run has come, until the screen comes up."""
        shown = self.query_one("#loading", Static)
        if said and shown.content != self._loading(said):  # the first frame says already that it begins
            shown.update(self._loading(said), layout=False)

    def _fail(self, failure: BaseException) -> None:
        self.failure = failure
        self.exit(return_code=1)

    def _get_screen(self, screen: Screen[Any] | str) -> tuple[Screen[Any], AwaitMount]:
        """Take on the sheet of a screen before its panels are made: Textual does so after that.

        From Python 3.12 on, tasks begin at once, and the panels would stand without their styles.
        """
        if isinstance(screen, Screen):
            self._load_screen_css(screen)
        return super()._get_screen(screen)

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """Take on the sheet that our screens share. Textual would parse it, and all others, again for each of them."""
        if not screen.CSS or screen.SCOPED_CSS or screen.css_path:
            super()._load_screen_css(screen)
        elif not self.stylesheet.has_source(*_SHEET):
            self.stylesheet.add_source(screen.CSS, _SHEET)
            self.stylesheet.update(self)

    def _handle_exception(self, error: Exception) -> None:
        """A bug: end, and let `show` raise it, instead of a traceback on the terminal (Textual is pinned)."""
        if self._exit and isinstance(error, (NoMatches, MountError)):
            return  # the program ends while a screen or a panel comes up: it is never made
        cause = error.error if isinstance(error, WorkerFailed) else error
        self.failure = self.failure or cause
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def action_command_palette(self) -> None:
        """Open the palette, as Textual does, in a form that is left only once."""
        from attn_explore.explorer.screens.leaving import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())  # without Textual's name for it: the last one may not be gone yet

    def search_themes(self) -> None:
        """List the themes, as Textual does, in the same form."""
        from textual.theme import ThemeProvider

        from attn_explore.explorer.screens.leaving import Palette

        self.push_screen(Palette(providers=[ThemeProvider], placeholder="Search for themes…"))

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


def _typed_into(line: Widget | None, event: events.Key) -> bool:
    """Type a key into a line that takes it, if this is one."""
    from textual.widgets import Input  # the first frame has none

    if isinstance(line, Input) and event.character and line.check_consume_key(event.key, event.character):
        line.replace(event.character, *line.selection)
        return True
    return False


def _collect_again() -> None:
    gc.freeze()  # what was imported stays: collections need not look at it
    gc.set_threshold(_GARBAGE)
    gc.enable()


def _screen_of(
    loaded: Session | Library | Unread | Gallery, reload: Reload | None, is_pair: bool, look: FirstLook | None
) -> tuple[Callable[[], Screen[Any]], bool]:
    """What makes the screen, and whether that is a question; a screen is made by the thread that shows it."""
    from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.telling.pictures import Side

    if isinstance(loaded, Session):
        side = Side.beside if is_pair else Side.one
        return partial(ExplorerScreen, loaded, reload=reload, side=side, look=look), False
    from attn_explore.explorer.session.other_text import Unread

    if isinstance(loaded, Unread):
        from attn_explore.explorer.screens.text_dialog import TextScreen

        return partial(
            TextScreen, f"A text for {visible(loaded.source.title)} to read:", loaded.read, "Read a text"
        ), True
    from attn_explore.explorer.library.entries import Library

    if isinstance(loaded, Library):
        from attn_explore.explorer.screens.library import LibraryScreen

        return partial(LibraryScreen, loaded), False
    from attn_explore.explorer.screens.gallery_screen import GalleryScreen

    return partial(GalleryScreen, loaded, is_first=True), False


def show(
    load: Load,
    title: str,
    reload: Reload | None = None,
    is_pair: bool = False,
    look: FirstLook | None = None,
    doing: str = RUNNING,
) -> int:
    """Run the explorer until the person leaves, and return the exit status.

    `load` runs in a thread and returns the session or the library; it is given a counter of what it computes.
    `reload` reads and runs again when a file of the run is saved. `is_pair`: two runs that were asked for
    together stand side by side; `look` is how the value is shown at first; `doing` is said while `load` runs. Raises
    what `load` raised (a Problem, for example), or the bug that ended the app, with the terminal restored.
    """
    guard_terminal()
    app = ExplorerApp(load, title, reload, is_pair, look, doing=doing)
    app.run()
    if app.failure is not None:
        raise app.failure
    leave_behind(app.return_code or 0)
    return app.return_code or 0
