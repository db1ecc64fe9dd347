"""The run from first step to last on one line, with a mark where the person is."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from explorer.widgets.drawn import Drawn


class Timeline(Drawn):
    """A line with a dot for each step (`●` seen, `○` to come) or a plain bar when there are too many."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"timeline--past", "timeline--now", "timeline--future", "timeline--text"}

    unit = reactive("step")
    """What is counted."""
    count = reactive(1)
    position = reactive(0)
    note = reactive("")
    """What stands at the right end: whether it plays, and how fast."""

    class Chosen(Message):
        """A place of the timeline was clicked."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def show(self, unit: str, position: int, count: int) -> None:
        """Show the place in the run, or in a lesson."""
        self.unit, self.position, self.count = unit, position, count

    def render_line(self, y: int) -> Strip:
        """`step 8 of 27 ●━●━◉─○─○`."""
        if y:
            return self.line([])
        head, tail = self._head(), f"  {self.note}" if self.note else ""
        track = max(1, self.size.width - len(head) - cell_len(tail))
        text = self.style_of("timeline--text")
        segments = [Segment(head, text), *self._track(track), Segment(tail, text)]
        return self.line(segments)

    def on_click(self, event: events.Click) -> None:
        """Go to the step that is nearest to the mouse."""
        track = self._track_width()
        along = min(max(event.x - len(self._head()), 0), track - 1)
        self.post_message(self.Chosen(round(along * (self.count - 1) / max(track - 1, 1))))

    def _head(self) -> str:
        return f"{self.unit} {self.position + 1:>{len(str(self.count))}} of {self.count}  "

    def _track_width(self) -> int:
        return max(1, self.size.width - len(self._head()) - (cell_len(self.note) + 2 if self.note else 0))

    def _track(self, width: int) -> list[Segment]:
        """The dots are where the steps are; the segments before the current place are drawn as passed."""
        has_dots = self.count * 2 <= width
        places = {round(step * (width - 1) / max(self.count - 1, 1)): step for step in range(self.count)}
        now = round(self.position * (width - 1) / max(self.count - 1, 1))
        styles = {name: self.style_of(f"timeline--{name}") for name in ("past", "now", "future")}
        return [self._cell(x, now, has_dots and x in places, styles) for x in range(width)]

    @staticmethod
    def _cell(x: int, now: int, is_dot: bool, styles: dict[str, Style]) -> Segment:
        if x == now:
            return Segment("◉", styles["now"])
        if x < now:
            return Segment("●" if is_dot else "━", styles["past"])
        return Segment("○" if is_dot else "─", styles["future"])
