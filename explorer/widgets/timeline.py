"""The run from first step to last on one line, and its training on another; a mark where the person is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from attn_explore.explorer.widgets.drawn import Drawn

LEAST = 14
"""Cells that the moments of a training are shown in at least."""


class Track(Drawn):
    """A line with a dot for each place (`●` passed, `○` to come) or a plain bar when there are too many."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"timeline--past", "timeline--now", "timeline--future", "timeline--text"}

    count = reactive(1)
    position = reactive(0)
    pinned: reactive[int | None] = reactive(None)
    """Another place that is looked at, where there is one."""
    note = reactive("")
    """What stands at the right end: whether it plays, and how fast."""

    class Chosen(Message):
        """A place was clicked."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

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
        """Go to the place that is nearest to the mouse."""
        track = self._track_width()
        along = min(max(event.x - len(self._head()), 0), track - 1)
        self.post_message(self.Chosen(round(along * (self.count - 1) / max(track - 1, 1))))

    def _head(self) -> str:
        """What stands at the left end."""
        raise NotImplementedError

    def _track_width(self) -> int:
        return max(1, self.size.width - len(self._head()) - (cell_len(self.note) + 2 if self.note else 0))

    def _track(self, width: int) -> list[Segment]:
        """The dots are where the steps are; what is before the current place is drawn as passed."""
        count, last = self.count, max(self.count - 1, 1)
        here = [place for place in (self.position, self.pinned) if place is not None]
        now, *pinned = (round(place * (width - 1) / last) for place in here)
        dots = {round(place * (width - 1) / last) for place in range(count)} if count * 2 <= width else set()
        marks = {**dict.fromkeys(pinned, "◆"), now: "◉"}
        segments, start = [], 0
        for place in (*sorted(marks), width):
            name, dot, line = ("past", "●", "━") if start < now else ("future", "○", "─")
            stretch = "".join(dot if x in dots else line for x in range(start, place))
            mark = Segment(marks.get(place, ""), self.style_of("timeline--now"))
            segments += [Segment(stretch, self.style_of(f"timeline--{name}")), mark]
            start = place + 1
        return segments


class Timeline(Track):
    """The steps of the run, or the stops of a lesson."""

    unit = reactive("step")
    """What is counted."""

    class Chosen(Track.Chosen):
        """A step or stop was clicked."""

    def show(self, unit: str, position: int, count: int) -> None:
        """Show the place in the run, or in a lesson."""
        self.unit, self.position, self.count = unit, position, count

    def _head(self) -> str:
        return f"{self.unit} {self.position + 1:>{len(str(self.count))}} of {self.count}  "


class TrainingLine(Track):
    """The moments of a training, and how far the model had come at the one whose weights the run has."""

    said: reactive[Sequence[str]] = reactive(())
    """How far it had come, the most important first: what there is no room for is left out."""

    class Chosen(Track.Chosen):
        """A moment was clicked."""

    def show(self, said: Sequence[str], position: int, count: int, pinned: int | None = None) -> None:
        """Show the place in the training."""
        self.said, self.position, self.count, self.pinned = said, position, count, pinned

    def _head(self) -> str:
        said = list(self.said)
        while len(said) > 1 and self._room(said) < LEAST:
            said.pop()
        return f"{' · '.join(said)}  "

    def _room(self, said: Sequence[str]) -> int:
        return self.size.width - len(" · ".join(said)) - 2 - (cell_len(self.note) + 2 if self.note else 0)
