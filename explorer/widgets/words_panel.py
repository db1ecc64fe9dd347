"""The words about what is looked at: why the step exists, what it was made from, what its axes are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from attn_explore.explorer.drawing.wrapping import Section, markdown, wrapped
from attn_explore.explorer.widgets.drawn import Drawn


class WordsPanel(Drawn, ScrollView, can_focus=False, inherit_bindings=False):
    """Shows sections, wrapped to its width and drawn by the line: nothing is markup of the terminal's or Rich's."""

    # Textual takes default styles from the first base class only: without these, nothing would ever scroll.
    DEFAULT_CSS = "WordsPanel { overflow: hidden scroll; scrollbar-size: 0 0; }"

    COMPONENT_CLASSES: ClassVar[set[str]] = {"words--heading", "words--text"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections: Sequence[Section] = ()
        self._wrapped: list[tuple[str, Text]] = []

    def show(self, sections: Sequence[Section]) -> None:
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
        name, text = self._wrapped[row]
        own = self.style_of(f"words--{name}")
        segments = text.render(self.app.console)
        return self.line(Segment(said, own + (style or Style())) for said, style, _ in segments if said)

    def _wrap(self) -> None:
        self._wrapped = list(self._lines(max(1, self.scrollable_content_region.width)))
        size = Size(self.scrollable_content_region.width, len(self._wrapped))
        self.set_reactive(WordsPanel.virtual_size, size)  # without scroll bars nothing has to be laid out for it
        self.refresh()

    def _lines(self, width: int) -> Iterator[tuple[str, Text]]:
        has_title = self.styles.border_top[0] != ""
        self.border_title = Content(self._sections[0].heading) if has_title and self._sections else None
        for place, (heading, text, is_narration) in enumerate(self._sections):
            if place or not has_title:
                yield "heading", Text(heading)
            lines = markdown(text, width) if is_narration else map(Text, wrapped(text, width))
            yield from (("text", line) for line in lines)
            yield "text", Text()
