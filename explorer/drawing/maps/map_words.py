"""What is written in a box and beside it, in the room that there is: words are shorter, or on lines of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto

from attn_explore.explorer.drawing.numbers import most_cells, shortened
from attn_explore.model.dataclass import dataclass
from attn_explore.model.diagram.boxes import Box, Fork, Part
from attn_explore.model.text import figure, visible

GAP = " · "
"""Between what is said beside a box."""


class Tightness(Enum):
    """How boxes are written.

    roomy   in frames, in long words
    long    in brackets, in long words
    short   in short words
    tight   in short words, with notes that may be shortened too
    """

    roomy = auto()
    long = auto()
    short = auto()
    tight = auto()


@dataclass(frozen=True)
class Words:
    """How boxes are written; `more` is what is said of one beside its notes."""

    tightness: Tightness
    more: Callable[[Box], Sequence[str]]

    def name(self, box: Box) -> str:
        """What stands in a box."""
        return box.name if self.tightness in (Tightness.roomy, Tightness.long) else box.short

    def notes(self, box: Box) -> tuple[str, ...]:
        """What stands beside it."""
        return (*map(visible, box.notes), *self.more(box))

    def width(self, box: Box) -> int:
        """Cells of a box with its brackets or its frame."""
        return len(self.name(box)) + (4 if self.tightness is Tightness.roomy else 2)

    def width_of(self, parts: Sequence[Part]) -> int:
        """Cells of some parts below each other, with notes in lines of their own."""
        return max((self._width(part) for part in parts), default=0)

    def _width(self, part: Part) -> int:
        if isinstance(part, Fork):
            return sum(self.width_of(way) + 1 if way else SKIP for way in part.ways)
        notes = () if self.tightness is Tightness.tight else self.notes(part)
        return max((self.width(part), *(most_cells(note) + SKIP for note in notes)))


SKIP = 3
"""Columns from a lane to the one beside it."""


def broken(notes: Sequence[str], room: int) -> list[str]:
    """Notes in lines of `room` cells; what is longer than a line is shortened, with a sign.

    >>> broken(["4 heads", "causal", "rotary"], 16)
    ['4 heads · causal', 'rotary']
    """
    lines: list[str] = []
    for note in notes:
        longer = f"{lines[-1]}{GAP}{note}" if lines else ""
        if lines and most_cells(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(shortened(note, room))
    return lines


def shape_words(shape: tuple[int, ...]) -> str:
    """A shape on an arrow: `4×6`; that of a single number has no words."""
    return "×".join(map(figure, shape)) or "one number"
