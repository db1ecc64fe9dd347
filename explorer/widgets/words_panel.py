"""The words about what is looked at: why the step exists, what it was made from, and what the cursor is on."""

from __future__ import annotations

from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static


class Section(NamedTuple):
    """A heading (or none) and a paragraph under it."""

    heading: str
    text: str


class WordsPanel(VerticalScroll, can_focus=False):
    """Shows sections of plain text; nothing in them is markup."""

    def compose(self) -> ComposeResult:
        """One text, so that a change is laid out once."""
        yield Static(markup=False)

    def show(self, sections: list[Section]) -> None:
        """Show `sections` from the top."""
        parts: list[Content] = []
        for section in sections:
            if section.heading:
                parts.append(Content.styled(section.heading, "bold $text-primary"))
            parts += [Content(section.text), Content("")]
        self.query_one(Static).update(Content("\n").join(parts))
        self.scroll_home(animate=False)
