"""Puts the frames of a screen together as Textual does (it is pinned), but leaves out work that changes no frame."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from textual._compositor import ChopsUpdate, Compositor, ReflowResult
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.console import Console


class Frames(Compositor):
    """Knows where each widget stands, and puts their lines together."""

    def reflow(self, parent: Widget, size: Size) -> ReflowResult:
        """Place all widgets. They are known then: Textual would place them again for one that was hidden before."""
        placed = super().reflow(parent, size)
        self._full_map_invalidated = False
        return placed

    def render_partial_update(self) -> ChopsUpdate | None:
        """What has changed."""
        changed = super().render_partial_update()
        return None if changed is None else _Written(changed.chops, changed.spans, changed.chop_ends)

    def _render_chops(self, crop: Region, is_rendered_line: Callable[[int], bool]) -> Sequence[Mapping[int, Strip]]:
        """The pieces of each line by where they begin; those of the widgets in front come first."""
        cuts = self.cuts
        pieces: list[dict[int, Strip | None]] = [dict.fromkeys(line[:-1]) for line in cuts]
        for region, clip, strips in self._get_renders(crop):
            shown = region.intersection(clip)
            left, right = shown.column_span
            for y, strip in zip(shown.line_range, strips, strict=False):
                if is_rendered_line(y):
                    _put(strip, left, right, pieces[y], cuts[y])
        return cast(Sequence[Mapping[int, Strip]], pieces)  # as Textual does: what is not drawn is None


def _put(strip: Strip, left: int, right: int, line: dict[int, Strip | None], cuts: list[int]) -> None:
    """Put a widget's part of a line where nothing stands yet; if that is nowhere, it need not be cut."""
    first, last = bisect_left(cuts, left), bisect_left(cuts, right)
    places = [place for place in cuts[first:last] if line[place] is None]
    if len(places) == last - first == 1 and strip.cell_length == right - left:
        line[left] = strip
    elif places:
        ends = [end - left for end in cuts[first + 1 : last + 1]]
        for place, piece in zip(cuts[first:last], strip.divide(ends), strict=False):
            if line[place] is None:
                line[place] = piece


class _Written(ChopsUpdate):
    """A change as it is written, each piece behind where the cursor goes for it; Rich makes an object of each move."""

    def render_segments(self, console: Console) -> str:
        """What the terminal is sent."""
        written = []
        for y, left, right in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=True):
                if strip is not None and x < right and end > left:
                    shown = strip if x >= left and end <= right else strip.crop(0, min(end, right) - x)
                    written.append(f"\x1b[{y + 1};{x + 1}H{shown.render(console)}")
        return "".join(written)
