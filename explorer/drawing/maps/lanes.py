"""Boxes one below the other in a lane, and in lanes side by side where a value goes several ways.

│                      the value that flows on
├──╮                   goes two ways: past what follows, and through it
│  [self-attention]
⊕──╯ add               where both are added
[norm]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from attn_explore.explorer.drawing.maps.canvas import Canvas, Ink
from attn_explore.explorer.drawing.maps.map_words import SKIP, Tightness, Words, broken
from attn_explore.explorer.drawing.numbers import most_cells
from attn_explore.model.dataclass import dataclass
from attn_explore.model.diagram.boxes import Box, Fork, Part

_LEAST_BESIDE = 8
"""Cells that words are put into beside a box; with fewer they get a line of their own."""


_LIGHT = ("┌", "┴", "─", "┐", "│", "└", "┬", "┘")
_HEAVY = ("┏", "┻", "━", "┓", "┃", "┗", "┳", "┛")
"""A frame: its top with the way in, a line and its end; its side, and its bottom with the way out and its end."""

_GOING_ON = {"┬": "─", "┳": "━", "│": " "}
"""A line that goes on downward, and what stands there where none does."""


@dataclass(frozen=True)
class Pen:
    """Draws on a canvas, up to column `right`; the `present` box is lit."""

    canvas: Canvas
    words: Words
    right: int
    present: str

    def parts(self, parts: Sequence[Part], x: int, y: int, is_alone: bool = True) -> tuple[int, list[int]]:
        """Draw parts below each other from row `y` on, in the lane at column `x`.

        `is_alone`: there is no lane to the right. Returns the row behind, and the lanes that go on there.
        """
        lanes = [x]
        for part in parts:
            if isinstance(part, Box):
                y = self.box(part, x, y, is_alone)
            else:
                y, lanes = self._fork(part, x, y, is_alone)
        return y, lanes

    def box(self, box: Box, x: int, y: int, is_alone: bool = True) -> int:
        """Draw a box, and what is said of it beside it, or below where there is no room; returns the row behind."""
        end, behind = self.label(self.words.name(box), box.path, x, y, has_entry=bool(box.reads))
        notes, room = self.words.notes(box), self.right - end - 1
        if not is_alone or self._has_room_below(notes, x, room):
            return self._notes_below(box, notes, x, behind)
        lines, middle = broken(notes, room), (y + behind) // 2
        for place, line in enumerate(lines):
            self.canvas.put(end + 1, middle + place, line, "note", box.path)
        self.canvas.down(x, behind, middle + len(lines))
        return max(behind, middle + len(lines))

    def label(self, name: str, path: str, x: int, y: int, has_entry: bool = True) -> tuple[int, int]:
        """Draw what can be entered, in brackets or in a frame that a line comes into from above, where one does.

        Returns the column and the row behind it.
        """
        is_present = path == self.present
        if self.words.tightness is not Tightness.roomy:
            said = f"▐{name}▌" if is_present else f"[{name}]"
            return self.canvas.put(x - 1, y, said, "present" if is_present else "box", path), y + 1
        top, entry, bar, right, side, low, way, corner = _HEAVY if is_present else _LIGHT
        edge: Ink = "lit" if is_present else "edge"
        rest = bar * (len(name) + 1)
        self.canvas.put(x - 1, y, f"{top}{entry if has_entry else bar}{rest}{right}", edge, path)
        inner = self.canvas.put(x - 1, y + 1, f"{side} ", edge, path)
        inner = self.canvas.put(inner, y + 1, name, "present" if is_present else "box", path)
        end = self.canvas.put(inner, y + 1, f" {side}", edge, path)
        self.canvas.put(x - 1, y + 2, f"{low}{way}{rest}{corner}", edge, path)
        return end, y + 3

    def _has_room_below(self, notes: Sequence[str], x: int, room: int) -> bool:
        """Whether notes that have no `room` beside a box have it below, or there is next to none beside it."""
        longest = max(map(most_cells, notes), default=0)
        return longest > room and (longest <= self.right - x - SKIP + 1 or room < _LEAST_BESIDE)

    def _notes_below(self, box: Box, notes: Sequence[str], x: int, y: int) -> int:
        lines = broken(notes, self.right - x - SKIP + 1)
        for place, line in enumerate(lines):
            self.canvas.put(x, y + place, "│")
            self.canvas.put(x + 2, y + place, line, "note", box.path)
        return y + len(lines)

    # --- several ways

    def _fork(self, fork: Fork, x: int, y: int, is_alone: bool) -> tuple[int, list[int]]:
        first, *others = fork.ways
        if fork.join is not None and first and all(len(way) == 1 and isinstance(way[0], Box) for way in others):
            return self._with_sources(fork.join, fork.ways, x, y, is_alone), [x]
        bottom, lanes = self._ways(fork, x, y, is_alone)
        if fork.join is None:
            return bottom, lanes
        self._bar(bottom, lanes, "⊕┴╯")
        self._sum(fork.join, x, bottom)
        if lanes[-1] + 2 + len(fork.join.name) <= self.right:
            self.canvas.put(lanes[-1] + 2, bottom, fork.join.name, "note", fork.join.path)
        return bottom + 1, [x]

    def _ways(self, fork: Fork, x: int, y: int, is_alone: bool) -> tuple[int, list[int]]:
        """Where a value parts, and the ways side by side; all of them go on to the row that is returned."""
        starts = self._starts(fork, x)
        self._bar(y, starts, "├┬╮")
        ends = []
        for way, start, right in zip(fork.ways, starts, (*(lane - 1 for lane in starts[1:]), self.right), strict=True):
            inside = replace(self, right=right)
            ends.append(inside.parts(way, start, y + 1, is_alone and right == self.right))
        bottom = max(end for end, _ in ends)
        for end, lanes in ends:
            for lane in lanes:
                self.canvas.down(lane, end, bottom)
        return bottom, [lane for _, lanes in ends for lane in lanes]

    def _starts(self, fork: Fork, x: int) -> list[int]:
        """The lane of each way, as far to the right of the one before as that is wide."""
        starts = []
        for way in fork.ways:
            starts.append(x)
            x += self.words.width_of(way) + 1 if way else SKIP
        return starts

    def _with_sources(self, join: Box, ways: Sequence[Sequence[Part]], x: int, y: int, is_alone: bool) -> int:
        """What a value is added to that comes from nowhere else: its position, say. One below the other."""
        y, _ = self.parts(ways[0], x, y, is_alone)
        for (source,) in ways[1:]:
            below = self.parts([source], x + SKIP, y, is_alone)[0]
            middle = y + (self.words.tightness is Tightness.roomy)
            for row in (row for row in range(y, below) if row != middle):
                self.canvas.put(x, row, "│")
            self._close(x + SKIP, y, below)
            self.canvas.put(x + 1, middle, "─")
            self._sum(join, x, middle)
            y = below
        return y

    def _close(self, x: int, y: int, below: int) -> None:
        """Take away the line that goes on below a source: what it gives goes to the side."""
        for row in range(y + 1, below):
            stroke = self.canvas.cells.get((row, x))
            if stroke is not None and stroke.text in _GOING_ON:
                self.canvas.put(x, row, _GOING_ON[stroke.text], stroke.ink, stroke.path)

    def _sum(self, join: Box, x: int, y: int) -> None:
        if join.path == self.present:
            self.canvas.put(x - 1, y, "▐⊕▌", "present", join.path)
        else:
            self.canvas.put(x, y, "⊕", "box", join.path)

    def _bar(self, y: int, lanes: Sequence[int], corners: str) -> None:
        """A line across lanes: a corner at the first, one at each between, one at the last."""
        self.canvas.across(y, lanes[0], lanes[-1])
        for lane in lanes[1:-1]:
            self.canvas.put(lane, y, corners[1])
        self.canvas.put(lanes[0], y, corners[0])
        self.canvas.put(lanes[-1], y, corners[2])
