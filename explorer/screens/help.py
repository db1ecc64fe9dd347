"""The keys, made from the bindings themselves, so that the two can't disagree; first those that matter now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.css.query import NoMatches
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widgets import Input, Static

from attn_explore.explorer.screens import keys
from attn_explore.explorer.screens.leaving import Dialog
from attn_explore.explorer.widgets.key_bar import KeyBar

_NAMES = {
    "right": "→", "left": "←", "up": "↑", "down": "↓", "home": "Home", "end": "End", "pageup": "PgUp",
    "pagedown": "PgDn", "space": "Space", "enter": "Enter", "backspace": "Backspace", "tab": "Tab", "escape": "Esc",
    "f1": "F1", "plus": "+", "minus": "-", "slash": "/", "at": "@",
}  # fmt: skip
"""Keys that Textual does not know by a character; the others are shown as that."""

ROOM_FOR_IDS = 80
"""Columns of a terminal that has room for the ids: in a narrower one what the keys do has it."""

NOW = "Now"
"""The group of the keys that matter on the screen as it is."""


def key_names(keys: str) -> str:
    """Keys as people call them: `→ . PgDn`, `Ctrl+T`."""
    return " ".join(_key_name(key.strip()) for key in keys.split(","))


def _key_name(key: str) -> str:
    *modifiers, last = key.split("+") if key != "plus" else [key]
    name = _NAMES.get(last) or key_to_character(last) or last
    if "ctrl" in modifiers and len(name) == 1:
        name = name.upper()  # as it stands on the key, and in our texts
    return "+".join((*(modifier.capitalize() for modifier in modifiers), name))


class Line(NamedTuple):
    """One line of the list: the keys, what they do, the id by which they can be remapped, the action, the group."""

    keys: str
    what: str
    id: str
    action: str
    group: str


def lines_of(app: App[Any], bindings: Iterable[BindingType]) -> list[Line]:
    """A line for each binding, with the keys that the person has put in place of ours."""
    keymap = getattr(app, "keys", {})
    return [
        Line(
            key_names(keymap.get(binding.id or "", binding.key)),
            binding.description,
            binding.id or "",
            binding.action,
            binding.group.description if binding.group else "Other",
        )
        for binding in bindings
        if isinstance(binding, Binding)
    ]


def with_now_first(lines: Sequence[Line], actions: Iterable[str]) -> list[Line]:
    """The lines of some actions first, in their order and as a group of their own: `step(-1)` beside `step(1)`."""
    order = {_name(action): place for place, action in reversed(list(enumerate(actions)))}
    now = sorted((line for line in lines if _name(line.action) in order), key=lambda line: order[_name(line.action)])
    return [*(line._replace(group=NOW) for line in now), *(line for line in lines if line not in now)]


def _name(action: str) -> str:
    return action.partition("(")[0]


def matching(lines: Iterable[Line], text: str) -> list[Line]:
    """The lines that have every word of a text: in what is done, the keys, the group or the id."""
    words = text.casefold().split()
    return [line for line in lines if all(word in "\n".join(line).casefold() for word in words)]


def open_help(screen: Screen[Any], bindings: Iterable[BindingType], wanted: str = "") -> None:
    """Show the keys of a screen over it, those of its bar first; narrowed to a text where one is given."""
    try:
        now = [key.action for key in screen.query_one(KeyBar).keys]
    except NoMatches:
        now = []
    screen.app.push_screen(HelpScreen(with_now_first(lines_of(screen.app, bindings), now), wanted))


class HelpScreen(Dialog[None]):
    """Lists keys by group, and narrows the list to what is typed."""

    AUTO_FOCUS = ""

    BINDINGS: ClassVar[list[BindingType]] = keys.HELP_BINDINGS

    def __init__(self, lines: Sequence[Line], wanted: str = "") -> None:
        super().__init__()
        self.lines = lines
        self._wanted = wanted

    def compose(self) -> ComposeResult:
        """The list, and the line in which one types what to find."""
        with Vertical(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = Content("/ finds · ↑ ↓ scroll · Esc goes back")
            with VerticalScroll(id="help-lines", can_focus=False):
                yield Static(id="help-list")
            yield Input(self._wanted, placeholder="find a key by what it does", id="help-find")

    def on_mount(self) -> None:
        """Show the keys."""
        self.query_one("#help-find").display = bool(self._wanted)
        self._fill(self._wanted)

    def _fill(self, wanted: str) -> None:
        """List the keys that match."""
        shown = matching(self.lines, wanted)
        has_ids = self.app.size.width >= ROOM_FOR_IDS
        self.query_one("#help-list", Static).update(Group(*_listed(shown, has_ids)))
        self.query_one("#help").border_title = Content(_counted(len(shown), len(self.lines), wanted))
        self.query_one("#help-lines").scroll_home(animate=False)

    @property
    def shown(self) -> list[Line]:
        """The lines that are listed now."""
        return matching(self.lines, self.query_one("#help-find", Input).value)

    @on(Input.Changed, "#help-find")
    def typed(self, event: Input.Changed) -> None:
        """The list follows what is typed."""
        self._fill(event.value)

    @on(Input.Submitted, "#help-find")
    def found(self, event: Input.Submitted) -> None:
        """Back into the list of what was found."""
        event.stop()
        self.set_focus(None)

    def action_find(self) -> None:
        """Ask what to find."""
        box = self.query_one("#help-find", Input)
        box.display = True
        self.set_focus(box)

    def action_leave(self) -> None:
        """List all keys again; go back where all are listed."""
        box = self.query_one("#help-find", Input)
        if not box.display:
            self.dismiss(None)
            return
        self.set_focus(None)
        box.value, box.display = "", False

    def action_scroll(self, pages: int) -> None:
        """Scroll by a few lines."""
        self.query_one("#help-lines").scroll_relative(y=5 * pages, animate=False)


def _counted(count: int, total: int, wanted: str) -> str:
    return f"Keys: {count} of {total}" if wanted.strip() else "Keys"


def _listed(lines: Sequence[Line], has_ids: bool) -> Iterator[Table | Text]:
    """A table a group; where there is room, with the ids by which keys are remapped, and what these are."""
    if not lines:
        yield Text("No key does that. Esc lists all.", style="italic")
    elif has_ids:
        yield Text("id in keys.toml", style="dim italic", justify="right")
    for group in dict.fromkeys(line.group for line in lines):
        yield Text(group, style="bold underline")
        yield _table([line for line in lines if line.group == group], has_ids)
        yield Text()


def _table(lines: Sequence[Line], has_ids: bool) -> Table:
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(width=14, justify="right")
    table.add_column(ratio=1)
    if has_ids:
        table.add_column(justify="right")
    for line in lines:
        ids = (Text(line.id, style="dim"),) if has_ids else ()
        table.add_row(Text(line.keys, style="bold"), Text(line.what), *ids)
    return table
