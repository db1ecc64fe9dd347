"""The library: the course and a person's own scenarios, how far each was followed, and what is to be seen there."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from attn_explore.explorer.library.bookmarks import lesson_name
from attn_explore.explorer.library.entries import Library
from attn_explore.explorer.library.entry import OWN, Entry
from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.explorer.state import Origin
from attn_explore.explorer.screens.help import open_help
from attn_explore.explorer.screens.sized import take_size
from attn_explore.explorer.screens.styles import STYLES
from attn_explore.explorer.screens.text_dialog import TextScreen
from attn_explore.explorer.screens.working import AT_ONCE, Work, Working
from attn_explore.explorer.session.other_text import Unread
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.lesson_text import course_line
from attn_explore.explorer.telling.library_text import entry_line, told_of
from attn_explore.explorer.telling.models_list import model_facts
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.explorer.widgets.choices import Choices
from attn_explore.explorer.widgets.key_bar import Key, KeyBar
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.explain import general_words, mask_of
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.session.gallery import Gallery

Made = TypeVar("Made")

_COURSE = "\n"
"""What the line of the course is known by in the list: no scenario is called so."""
_A_TEXT = "Read a text"

GLANCE = 0.15
"""Seconds that a scenario is marked before it is run for its preview."""

_FORGET = Key("r", "forget the place", "forget")
_KEYS = (
    Key("⏎", "open", "choose"),
    Key("↑ ↓", "choose", "move(1)"),
    Key("E", "gallery", "gallery"),
    Key("/", "find", "find"),
    _FORGET,
    Key("?", "keys", "help"),
    Key("q", "quit", "app.quit"),
)


def _short(folder: Path) -> str:
    """A folder as people write it, from their home on."""
    home = Path.home()
    return visible(f"~/{folder.relative_to(home)}" if folder.is_relative_to(home) else str(folder))


class LibraryScreen(Screen[None]):
    """A list of scenarios; the marked one is told of and run beside it. Enter opens it in the explorer."""

    BINDINGS: ClassVar[list[BindingType]] = keys.LIBRARY_BINDINGS

    AUTO_FOCUS = "OptionList"
    CSS = STYLES
    SCOPED_CSS = False  # the dialogs over it are in the sheet too
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-normal"), (160, "-wide")]  # noqa: RUF012

    def __init__(self, library: Library) -> None:
        super().__init__()
        self.library = library
        self._shown: dict[str, Entry] = {}
        self._glance: Timer | None = None
        self._previews: dict[str, Value | str] = {}
        self._work = Working(self, self._show_progress)
        self._opening: Entry | None = None
        self._opened: Session | None = None
        self._explored: ExplorerScreen | None = None

    def compose(self) -> ComposeResult:
        """The list, and what is to be said of the marked one."""
        take_size(self)
        with Horizontal(id="library"):
            yield Choices(id="shelf", markup=False)
            with Vertical(id="about"):
                yield Static("", id="facts", markup=False)
                yield Static("", id="what", markup=False)
                with Horizontal(id="grids"):
                    yield TensorGrid(id="preview")
        yield Input(placeholder="find a scenario", id="find")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Fill the list."""
        self.query_one("#preview").can_focus = False
        self._fill()

    def on_screen_resume(self) -> None:
        """Back from the explorer: the place in the lesson may be another."""
        marked = self._left or self._marked
        self._explored = None
        self.library.refresh_bookmarks()
        self._fill(marked.name if marked else "", self.query_one("#find", Input).value)
        self._enter()

    @property
    def _left(self) -> Entry | None:
        """What was looked at last in the explorer that one comes back from: one lesson leads to the next."""
        if self._explored is None:
            return None
        session = self._explored.state.session
        paths = [each.path for each in (session, session.other) if each is not None]
        return next((entry for entry in self._shown.values() if entry.path in paths), None)

    # --- showing

    def _fill(self, marked: str = "", wanted: str = "") -> None:
        """Fill the list with what matches, and mark an entry, or the first one that was not ended."""
        entries = self.library.matching(wanted)
        self._shown = {entry.name: entry for entry in entries}
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_option(Option(self._course_line(), id=_COURSE, disabled=True))
        for group, found in groupby(entries, key=lambda entry: entry.group):
            options.add_option(Option(Content.styled(group, "bold $text-secondary"), disabled=True))
            options.add_options(Option(entry_line(self.library, entry, self._room), id=entry.name) for entry in found)
        folder = self.library.home.offer.folder
        if folder is not None and not wanted and not any(entry.group == OWN for entry in entries):
            options.add_option(Option(Content.styled(OWN, "bold $text-secondary"), disabled=True))
            options.add_option(Option(Content(f"none yet in {_short(folder)}"), disabled=True))
        next_one = next((entry.name for entry in entries if not self.library.is_done(entry)), "")
        name = marked if marked in self._shown else next_one or next(iter(self._shown), "")
        if name:
            options.highlighted = options.get_option_index(name)
        self._fit()  # when it stands: the list is wider while it is empty and has no scroll bar

    def _course_line(self) -> Content:
        """How far the course is; while one types what to find, how many were found."""
        if self.query_one("#find", Input).value.strip():
            said = f"{len(self._shown)} of {len(self.library.entries)}"
            return Content.styled(said if self._shown else f"{said}: Esc shows all again", "$text-accent")
        course = self.library.course
        done = sum(map(self.library.is_done, course))
        return Content.styled(course_line(done, len(course), self._room), "$text-accent")

    @property
    def _room(self) -> int:
        """The cells of a line of the list."""
        return self.query_one("#shelf").scrollable_content_region.width

    @on(events.Resize)
    def _fit(self) -> None:
        """Write the lines anew for another width."""
        self.call_after_refresh(self._write_lines)

    def _write_lines(self) -> None:
        options = self.query_one(OptionList)
        options.replace_option_prompt(_COURSE, self._course_line())
        for entry in self._shown.values():
            options.replace_option_prompt(entry.name, entry_line(self.library, entry, self._room))

    @property
    def _marked(self) -> Entry | None:
        option = self.query_one(OptionList).highlighted_option
        return self._shown.get(option.id or "") if option else None

    @on(OptionList.OptionHighlighted)
    def marked(self) -> None:
        """Another scenario: tell of it at once, and run it when the person stays."""
        entry = self._marked
        if entry is None:
            return
        title, told = told_of(self.library, entry)
        heading = Content.styled(f"{title}\n", "bold $text-primary") + "\n" if title else Content()
        self.query_one("#facts", Static).update(heading + told)
        has_place = self.library.bookmark(entry) is not None
        self.query_one(KeyBar).show([key for key in _KEYS if has_place or key is not _FORGET])
        if self._opening is not None:
            return
        self._show_preview(entry, self._previews.get(entry.name, "" if entry.problem else "…"))
        if self._glance is not None:
            self._glance.stop()
        if entry.name not in self._previews and entry.problem is None:
            self._glance = self.set_timer(GLANCE, lambda: self._run_preview(entry))

    def _show_preview(self, entry: Entry, found: Value | str) -> None:
        if entry is not self._marked:
            return
        what, grid = self.query_one("#what", Static), self.query_one("#preview", TensorGrid)
        grid.display = not isinstance(found, str)
        if isinstance(found, str):
            what.update(found)
        else:
            what.update(visible(f"{general_words(found).title}   {found.path}"))
            grid.show(found, tuple(0 for _ in found.axes), picture_of(found, mask_of(found)))

    def _run_preview(self, entry: Entry) -> None:
        if self._opening is None:
            self._work.do(
                Work(
                    what="",
                    make=partial(self._preview, entry),
                    then=lambda found: self._keep_preview(entry, found or "Too large for a preview."),
                    refused=lambda problem: self._keep_preview(entry, problem.render()),
                    seconds=AT_ONCE,
                )
            )

    def _preview(self, entry: Entry, counter: Counter) -> Value | str | None:
        """What a glance shows: a tensor of a run, or what the headers of a model say."""
        return model_facts(entry.checkpoint) if entry.checkpoint else self.library.preview(entry, counter)

    def _keep_preview(self, entry: Entry, found: Value | str) -> None:
        self._previews[entry.name] = found
        self._show_preview(entry, found)

    # --- what keys do

    def action_move(self, count: int) -> None:
        """Mark another scenario."""
        options = self.query_one(OptionList)
        if count > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    @on(OptionList.OptionSelected)
    def action_choose(self) -> None:
        """Open the marked scenario in the explorer."""
        entry = self._marked
        if entry is None or not self.is_active or self._opening is not None or self._opened is not None:
            return
        if entry.is_model:
            self._begin(entry, "opening the model", lambda _: self.library.unread(entry), self._ask)
        else:
            self._begin(entry, "running the model", partial(self._open, entry), self._keep_opened)

    def action_gallery(self) -> None:
        """Hang every variant of the marked scenario's attention side by side."""
        entry = self._marked
        if entry is not None and entry.is_model and self.is_active:
            self.app.bell()
            self.notify("A model reads no text of its own: Enter asks for one, and E hangs its gallery then.")
            return
        if entry is None or not self.is_active or self._opening is not None:
            self.app.bell()
            return
        from attn_explore.explorer.session.gallery import gallery_of  # few ask for it

        def hung(counter: Counter) -> Gallery:
            return gallery_of(self.library.open(entry, counter), counter)

        self._begin(entry, "running every variant", hung, self._hang)

    def _begin(self, entry: Entry, what: str, make: Callable[[Counter], Made], then: Callable[[Made], None]) -> None:
        """Make what is opened of an entry; nothing else is opened meanwhile."""
        self._opening = entry
        self._work.do(
            Work(
                what=what,
                make=make,
                then=then,
                refused=partial(self._tell_fault, entry),
                seconds=AT_ONCE,
                stopped=self._forget_opening,
            )
        )

    def _hang(self, gallery: Gallery) -> None:
        from attn_explore.explorer.screens.gallery_screen import GalleryScreen

        self._opening = None
        if self.is_active:
            self.app.push_screen(GalleryScreen(gallery))

    def _ask(self, unread: Unread) -> None:
        asked = f"A text for {visible(unread.source.name)} to read:"
        self._opening = None
        self.app.push_screen(TextScreen(asked, unread.read, _A_TEXT), self._keep_answered)

    def _keep_answered(self, session: Session | None) -> None:
        if session is not None:
            self._opened = session
            self.call_after_refresh(self._enter)

    def _open(self, entry: Entry, counter: Counter) -> Session:
        session = self.library.open(entry, counter)
        self.library.home.bookmarks.resume(session)
        return session

    def _keep_opened(self, session: Session) -> None:
        self._opening, self._opened = None, session
        if self.is_active:
            self._enter()

    def _enter(self) -> None:
        """Show what was opened. Behind a dialog it waits until the library is back."""
        session, self._opened = self._opened, None
        if session is not None:
            self._explored = ExplorerScreen(session, came_from=Origin.library)
            self.app.push_screen(self._explored)

    def _tell_fault(self, entry: Entry, problem: Problem) -> None:
        self._opening = None
        self._previews[entry.name] = problem.render()
        self._show_preview(entry, self._previews[entry.name])

    def _forget_opening(self) -> None:
        self._opening = None

    def _show_progress(self, said: str) -> None:
        """How far the opening is; a preview shows itself."""
        if self._opening is not None and said:
            self.query_one("#what", Static).update(said)

    def action_forget(self) -> None:
        """Forget how far the lesson was followed."""
        if (entry := self._marked) is not None:
            self.library.home.bookmarks.forget(lesson_name(entry.path))
            self.library.refresh_bookmarks()
            self._fill(entry.name, self.query_one("#find", Input).value)

    def action_find(self) -> None:
        """Ask what to find."""
        box = self.query_one("#find", Input)
        box.display = True
        self.set_focus(box)

    @on(Input.Changed, "#find")
    def find(self, event: Input.Changed) -> None:
        """Show what matches as it is typed."""
        self._fill(wanted=event.value)

    @on(Input.Submitted, "#find")
    def found(self, event: Input.Submitted) -> None:
        """Back into the list of what was found."""
        event.stop()
        self.set_focus(self.query_one(OptionList))

    def action_leave(self) -> None:
        """Stop what is being opened; or show every scenario again."""
        if self._opening is not None:
            self._work.stop()
            self.marked()
            return
        box, marked = self.query_one("#find", Input), self._marked
        box.value = ""
        box.display = False
        self._fill(marked.name if marked else "")
        self.set_focus(self.query_one(OptionList))

    def action_help(self) -> None:
        """List the keys."""
        open_help(self, keys.LIBRARY_BINDINGS)

    @on(KeyBar.Pressed)
    async def key_pressed(self, event: KeyBar.Pressed) -> None:
        """A key of the bar was clicked."""
        await self.run_action(event.action)
