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

from attn_explore.explorer.drawing.wrapping import Section, markdown, so_many_more, wrapped
from attn_explore.explorer.widgets.drawn import DrawnAgain, more_lines


class WordsPanel(DrawnAgain, ScrollView, can_focus=False, inherit_bindings=False):
    """Shows sections, wrapped to its width and drawn by the line: nothing is markup of the terminal's or Rich's."""

    # Textual takes default styles from the first base class only: without these, nothing would ever scroll.
    DEFAULT_CSS = "WordsPanel { overflow: hidden scroll; scrollbar-size: 0 0; }"

    HAS_FAINT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {"words--heading", "words--text", "words--more"}

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sections: Sequence[Section] = ()
        self._wrapped: list[tuple[str, str | Text]] = []

    def show(self, sections: Sequence[Section]) -> None:
        """Show `sections` from the top."""
        self._sections = sections
        self._wrap()
        if self.scroll_offset.y:
            self.scroll_home(animate=False)

    def fit(self) -> None:
        """Wrap to the new width."""
        self._wrap()

    def draw_lines(self) -> list[Strip]:
        """The wrapped lines that are in sight."""
        first, height = self.scroll_offset.y, self.size.height
        drawn = [self._line(name, text) for name, text in self._wrapped[first : first + height]]
        for y in (0, height - 1) if drawn and not self._has_title else ():
            if note := more_lines(y, first, height, len(self._wrapped)):
                drawn[y] = self.line([Segment(note, self.style_of("words--more"))])
        return drawn + [self.line([])] * (height - len(drawn))

    def _line(self, name: str, text: str | Text) -> Strip:
        own = self.style_of(f"words--{name}")
        if isinstance(text, str):
            return self.line([Segment(text, own)])
        segments = text.render(self.app.console)
        return self.line(Segment(said, own + (style or Style())) for said, style, _ in segments if said)

    def _wrap(self) -> None:
        width = self.size_to_fit().width
        self._wrapped = list(self._lines(max(1, width)))[:-1]  # no blank line at the end
        size = Size(width, len(self._wrapped))
        self.set_reactive(WordsPanel.virtual_size, size)  # without scroll bars nothing has to be laid out for it
        self._keep_to_lines()
        self._show_title()
        self.refresh_changed()

    def _keep_to_lines(self) -> None:
        """Where the style sheet says how many lines it has at most, take no more than there is to say."""
        most, now = self.styles.base.max_height, self.styles.inline.max_height
        if most is None:
            self.styles.inline.clear_rule("max_height")
            return
        wanted = min(most.value, len(self._wrapped) + self.gutter.height)
        if now is None or now.value != wanted:
            self.styles.max_height = wanted

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The title says how much is above and below."""
        super().watch_scroll_y(old_value, new_value)
        self._show_title()

    @property
    def _has_title(self) -> bool:
        """Whether there is a border above for a title: then all lines are left to the words."""
        return self.styles.border_top[0] != ""

    def _show_title(self) -> None:
        if not self._has_title or not self._sections:
            self.put_title(None)
            return
        above = round(self.scroll_offset.y)
        below = len(self._wrapped) - above - self.scrollable_content_region.height
        self.put_title(Content(" · ".join(filter(None, (self._sections[0].heading, lines_beyond(above, below))))))

    def _lines(self, width: int) -> Iterator[tuple[str, str | Text]]:
        for place, (heading, text, is_narration) in enumerate(self._sections):
            if place or not self._has_title:
                yield from (("heading", line) for line in wrapped(heading, width))
            lines = markdown(text, width) if is_narration else wrapped(text, width)
            yield from (("text", line) for line in lines)
            yield "text", ""


def lines_beyond(above: int, below: int) -> str:
    """What the border of a panel says of the lines that are not in sight.

    >>> lines_beyond(2, 5), lines_beyond(0, -1)
    ('▲ 2 more lines: K · ▼ 5 more lines: J', '')
    """
    marks = (f"▲ {so_many_more(above)}: K" if above > 0 else "", f"▼ {so_many_more(below)}: J" if below > 0 else "")
    return " · ".join(filter(None, marks))
