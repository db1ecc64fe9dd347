"""The map of a run: its towers beside each other where there is room, else one below the other.

Equal layers are drawn once, as `× 12`; of layers that differ the present one is open, and the others are lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from rich.cells import cell_len

from attn_explore.explorer.drawing.maps.canvas import Canvas, Line
from attn_explore.explorer.drawing.maps.lanes import Pen
from attn_explore.explorer.drawing.maps.map_words import Tightness, Words, shape_words
from attn_explore.model.dataclass import dataclass
from attn_explore.model.diagram.boxes import Box, Diagram, Layer, Part, Tower

LEAST_WIDTH = 24
"""Cells that the shortest words need."""

NAMES = ("box", "present")
"""The ink of what stands in a box."""

_LANE = 3
"""The column of the value that flows through a tower."""
_BETWEEN = 5
"""Columns between two towers: the encoder's output goes up or down in them."""
_MOST_RUNS = 3
"""Lines for layers that differ; where there are more, those before and those after the present one are a line each."""


@dataclass(frozen=True)
class Spot:
    """Where a box is: in row `y`, from column `left` to the one before `right`."""

    path: str
    y: int
    left: int
    right: int


@dataclass(frozen=True)
class ModelMap:
    """The lines of a map."""

    lines: tuple[Line, ...]

    @cached_property
    def spots(self) -> tuple[Spot, ...]:
        """Where each box is, in reading order; a box that is drawn in several places has a spot for each."""
        return tuple(spot for y, line in enumerate(self.lines) for spot in _spots(line, y))

    def spot_of(self, path: str) -> Spot | None:
        """Where a box is, at its last place: there a sum is whole."""
        return next((spot for spot in reversed(self.spots) if spot.path == path), None)

    def path_at(self, x: int, y: int) -> str:
        """The path of the box at a cell, what is said beside it too; nothing where there is none."""
        end = 0
        for stroke in self.lines[y] if 0 <= y < len(self.lines) else ():
            end += cell_len(stroke.text)
            if x < end:
                return stroke.path
        return ""


@dataclass(frozen=True)
class _Look:
    """How towers are drawn: beside each other or not, and how tight their words are.

    The box at `lit` is the present one, and the layer that the box at `opened` is in stands open.
    """

    towers: Sequence[Tower]
    lit: str
    opened: str
    is_beside: bool = True
    tightness: Tightness = Tightness.long


_LEAST_SHARE = 18
"""Columns for a tower beside another, below which it is not worth trying."""

_TRIED = (
    (True, Tightness.roomy), (True, Tightness.long), (True, Tightness.short),
    (False, Tightness.long), (False, Tightness.short), (False, Tightness.tight),
)  # fmt: skip
"""Ways to draw towers: the first one is taken that there is room for."""


def draw_map(diagram: Diagram, present: str, width: int, at: str = "", height: int = 0) -> ModelMap:
    """The map of a run in `width` cells, with the box of the step at `present` lit; no lines where no model ran.

    Of equal layers and of passes that is drawn which the step at `at` is in, or else the present one.
    Boxes have frames where all of them have room in `height` lines. Towers stand beside each other in long words, or
    in short ones; else one below the other.
    """
    here, lit = diagram.box_of(at or present), diagram.box_of(present)
    towers = diagram.in_sight(here)
    look = _Look(towers, lit.path if lit else "", here.path if here else "")
    canvas = Canvas()
    for is_beside, tightness in _TRIED:
        share = (width - _BETWEEN * (len(towers) - 1)) // max(len(towers), 1) if is_beside else width
        if (is_beside and share < _LEAST_SHARE) or (tightness is Tightness.roomy and not height):
            continue
        drawn = [_draw(tower, replace(look, is_beside=is_beside, tightness=tightness), share) for tower in towers]
        canvas = _beside(towers, drawn) if is_beside else _below(drawn)
        if canvas.width <= width and (tightness is not Tightness.roomy or canvas.height <= height):
            break
    return ModelMap(canvas.lines(width))


def _spots(line: Line, y: int) -> Iterator[Spot]:
    """Where the boxes of a line are, without what is said beside them."""
    x = 0
    for stroke in line:
        end = x + cell_len(stroke.text)
        if stroke.path and stroke.ink in NAMES:
            yield Spot(stroke.path, y, x, end)
        x = end


# --- several towers


def _below(drawn: Sequence[Canvas]) -> Canvas:
    """Towers one below the other."""
    canvas = Canvas()
    for tower in drawn:
        canvas.put_canvas(tower, 0, canvas.height + 1 if canvas.cells else 0)
    return canvas


def _beside(towers: Sequence[Tower], drawn: Sequence[Canvas]) -> Canvas:
    """Towers beside each other, with an arrow from one to where another one reads it."""
    canvas = Canvas()
    starts = []
    for tower in drawn:
        starts.append(canvas.width + _BETWEEN if canvas.cells else 0)
        canvas.put_canvas(tower, starts[-1])
    for reader, start in zip(towers[1:], starts[1:], strict=True):
        source = _memory(towers, reader)
        names = ((y, x) for (y, x), stroke in canvas.cells.items() if stroke.path in source and stroke.ink in NAMES)
        rows = [y for y, x in names if x >= start]
        if rows:
            _carry(canvas, drawn[0].height - 1, min(rows), start, shape_words(towers[0].boxes[-1].shape))
    return canvas


def _memory(towers: Sequence[Tower], reader: Tower) -> dict[str, Tower]:
    """The boxes of a tower that read another one, with that."""
    return {
        box.path: other
        for box in reader.boxes
        for other in towers
        if other is not reader and any(path in other.paths for path in box.reads)
    }


def _carry(canvas: Canvas, start: int, end: int, column: int, shape: str) -> None:
    """Draw the arrow from the first tower's end, in row `start`, to the left of `column` in row `end`."""
    turn = column - _BETWEEN + 2
    canvas.across(start, _LANE, turn)
    canvas.put(_LANE, start, "╰")
    canvas.put(_LANE + 2, start, f" {shape} ", "shape")
    canvas.down(turn, min(start, end), max(start, end))
    canvas.put(turn, start, "╯" if end < start else "╮")
    canvas.put(turn, end, "╭─▶" if end < start else "╰─▶" if end > start else "──▶")


# --- one tower


def _draw(tower: Tower, look: _Look, width: int) -> Canvas:
    """A tower in at most `width` cells, unless its shortest words need more."""
    memory = {} if look.is_beside else _memory(look.towers, tower)
    words = Words(look.tightness, lambda box: (f"from {memory[box.path].stack}",) if box.path in memory else ())
    canvas = Canvas()
    pen = Pen(canvas, words, width, look.lit)
    canvas.put(_LANE - 1, 0, title(tower), "title")
    y, lanes = pen.parts(tower.before, _LANE, 1)
    ends = _last(tower.before)
    if tower.layers:
        y = _arrow(canvas, y, lanes, ends)
        y = _layers(pen, tower, look.opened, y)
        lanes, ends = [_LANE], _last(tower.layers[-1].parts)
        y = _arrow(canvas, y, lanes, ends) if tower.after else y
    if tower.after:
        y, lanes = pen.parts(tower.after, _LANE, y)
        ends = _last(tower.after)
    _arrow(canvas, y, lanes, ends, "▼")
    return canvas


def title(tower: Tower) -> str:
    """What a tower is called; of several passes, which this one is."""
    return tower.stack + (f" · pass {tower.number + 1} of {tower.passes}" if tower.passes > 1 else "")


def _arrow(canvas: Canvas, y: int, lanes: Sequence[int], ends: Sequence[Box], sign: str = "│") -> int:
    """A row in which a line goes on, with the shape of what flows along it."""
    for lane, box in zip(lanes, ends, strict=False):
        canvas.put(lane, y, sign)
        canvas.put(lane + 2, y, shape_words(box.shape), "shape")
    return y + 1


def _last(parts: Sequence[Part]) -> list[Box]:
    """The boxes that parts end in: one, or the last of each way where ways end without being joined."""
    if not parts:
        return []
    last = parts[-1]
    if isinstance(last, Box):
        return [last]
    return [last.join] if last.join is not None else [box for way in last.ways for box in _last(way)]


# --- layers


def _layers(pen: Pen, tower: Tower, opened: str, y: int) -> int:
    """The layers: one of them open, the others a line for those that look alike."""
    runs = list(tower.runs)
    chosen = next((place for place, run in enumerate(runs) if layer_with(run, opened)), 0)
    before, after = runs[:chosen], runs[chosen + 1 :]
    for run in before if len(runs) <= _MOST_RUNS else _together(before):
        y = _folded(pen, run, y)
    y = _open(pen, runs[chosen], layer_with(runs[chosen], opened) or runs[chosen][0], y)
    for run in after if len(runs) <= _MOST_RUNS else _together(after):
        y = _folded(pen, run, y)
    return y


def layer_with(run: Sequence[Layer], path: str) -> Layer | None:
    """The layer that the box at `path` is in, where it is one of these."""
    return next((layer for layer in run if any(box.path == path for box in layer.boxes)), None)


def _together(runs: Sequence[tuple[Layer, ...]]) -> Iterator[tuple[Layer, ...]]:
    """Several runs as one, unless there are none."""
    if runs:
        yield tuple(layer for run in runs for layer in run)


def _folded(pen: Pen, run: Sequence[Layer], y: int) -> int:
    """Layers in a line, which leads to the first of them."""
    first, last = run[0], run[-1]
    kinds = len({layer.look for layer in run})
    said = f"layers {first.number}–{last.number}" if len(run) > 1 else f"layer {first.number}"
    said += f", {kinds} kinds" if kinds > 1 else f" × {len(run)}" if len(run) > 1 else ""
    _, behind = pen.label(said, first.boxes[0].path, _LANE, y)
    return behind


def _open(pen: Pen, run: Sequence[Layer], layer: Layer, y: int) -> int:
    """A layer of a run in a frame that says how many are like it."""
    inside = Pen(pen.canvas, pen.words, pen.right - 2, pen.present)
    bottom, _ = inside.parts(layer.parts, _LANE, y + 1)
    name = f" layer {layer.number} "
    least = _LANE + 2 + len(name) + 3
    times = next((said for said in _times(run) if least + len(said) < pen.right), "")
    edge = pen.canvas.right_edge(y + 1, bottom)
    right = max(edge, min(edge + 1, pen.right - 1), least + len(times))
    canvas = pen.canvas
    canvas.across(y, 0, right)
    canvas.across(bottom, 0, right)
    for row, corners in ((y, "┌┴┐"), (bottom, "└┬┘")):
        for column, corner in zip((0, _LANE, right), corners, strict=True):
            canvas.put(column, row, corner)
    canvas.put(_LANE + 2, y, name, "title")
    canvas.put(right - 1 - len(times), y, times, "title")
    for row in range(y + 1, bottom):
        canvas.put(0, row, "│")
        canvas.put(right, row, "│")
    return bottom + 1


def _times(run: Sequence[Layer]) -> Iterator[str]:
    """How many layers are alike, and whether they share their weights, the longest way first."""
    if any(layer.shares for layer in run):
        yield f" × {len(run)}, one set of weights "
    if len(run) > 1:
        yield f" × {len(run)} "
