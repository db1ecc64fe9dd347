"""The words about what is looked at: why the step exists, what it was made from, what its axes are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from explorer.widgets.drawn import Drawn


class WordsPanel(Drawn, ScrollView, can_focus=False, inherit_bindings=False):
    """Shows sections (a heading and its text), wrapped to its width and drawn by the line: nothing is markup."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"words--heading", "words--text"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections: Sequence[tuple[str, str]] = ()
        self._wrapped: list[tuple[str, str]] = []

    def show(self, sections: Sequence[tuple[str, str]]) -> None:
        """Show `sections` from the top."""
        self._sections = sections
        self._wrap()
        self.scroll_home(animate=False)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()

    def render_line(self, y: int) -> Strip:
        """One wrapped line."""
        row = y + self.scroll_offset.y
        if row >= len(self._wrapped):
            return self.line([])
        style, text = self._wrapped[row]
        return self.line([Segment(text, self.style_of(f"words--{style}"))])

    def _wrap(self) -> None:
        self._wrapped = list(self._lines(max(1, self.scrollable_content_region.width)))
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._wrapped))
        self.refresh()

    def _lines(self, width: int) -> Iterator[tuple[str, str]]:
        for heading, text in self._sections:
            yield "heading", heading
            for line in Text(text).wrap(self.app.console, width):
                yield "text", line.plain.rstrip()
            yield "text", ""
