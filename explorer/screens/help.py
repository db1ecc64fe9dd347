"""The keys, made from the bindings themselves, so that the two can't disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.keys import key_to_character
from textual.widgets import Static

from attn_explore.explorer.screens.leaving import Dialog

_NAMES = {
    "right": "→", "left": "←", "up": "↑", "down": "↓", "home": "Home", "end": "End", "pageup": "PgUp",
    "pagedown": "PgDn", "space": "Space", "enter": "Enter", "backspace": "Backspace", "tab": "Tab", "escape": "Esc",
    "f1": "F1", "plus": "+", "minus": "-", "slash": "/",
}  # fmt: skip
"""Keys that Textual does not know by a character; the others are shown as that."""


def key_names(keys: str) -> str:
    """Keys as people call them: `→ . PgDn`."""
    return " ".join(_key_name(key.strip()) for key in keys.split(","))


def _key_name(key: str) -> str:
    *modifiers, last = key.split("+") if key != "plus" else [key]
    name = _NAMES.get(last) or key_to_character(last) or last
    return "+".join((*(modifier.capitalize() for modifier in modifiers), name))


class Line(NamedTuple):
    """One line of the list: the keys, what they do, and the id by which they can be remapped."""

    keys: str
    what: str
    id: str


Groups = dict[str, list[Line]]


def grouped(bindings: Iterable[Binding], keymap: Mapping[str, str]) -> Groups:
    """The lines by group, with the keys that the person has put in place of ours."""
    found: Groups = {}
    for binding in bindings:
        group = binding.group.description if binding.group else "Other"
        id = binding.id or ""
        found.setdefault(group, []).append(Line(key_names(keymap.get(id, binding.key)), binding.description, id))
    return found


_GROUP = Binding.Group("In this list")


class HelpScreen(Dialog[None]):
    """Lists every key of the explorer by group."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape,q,question_mark,f1,enter", "dismiss", "Back", id="help.close", group=Binding.Group("In this list")
        ),
        Binding("down,j,pagedown", "scroll(1)", "Down", id="help.down", group=Binding.Group("In this list")),
        Binding("up,k,pageup", "scroll(-1)", "Up", id="help.up", group=Binding.Group("In this list")),
    ]

    def __init__(self, groups: Groups) -> None:
        super().__init__()
        self.groups = groups

    def compose(self) -> ComposeResult:
        """One table a group."""
        with VerticalScroll(id="help", can_focus=False) as box:
            box.border_title = "Keys"
            box.border_subtitle = "Esc goes back · ↑ ↓ scroll · at the right: names for keys.toml"
            for group, keys in self.groups.items():
                yield Static(group, classes="group", markup=False)
                yield Static(self._table(keys))

    def action_scroll(self, pages: int) -> None:
        """Scroll by a few lines."""
        self.query_one("#help").scroll_relative(y=5 * pages, animate=False)

    @staticmethod
    def _table(lines: list[Line]) -> Table:
        table = Table.grid(padding=(0, 2), expand=True)
        table.add_column(width=14, justify="right")
        table.add_column(ratio=1)
        table.add_column(justify="right")
        for keys, what, id in lines:
            table.add_row(Text(keys, style="bold"), Text(what), Text(id, style="dim"))
        return table
