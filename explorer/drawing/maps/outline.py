"""The map as plain sentences, a box to a line: for pipes, and for people to whom a picture is read aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attn_explore.explorer.drawing.maps.map_words import shape_words
from attn_explore.explorer.drawing.maps.towers import layer_with, title
from attn_explore.model.diagram.boxes import Box, Diagram, Layer, Part, boxes_in
from attn_explore.model.text import visible

NO_MAP = "There is no map of this run: it is an experiment of its own, and no model ran."


def outline(diagram: Diagram, present: str) -> Iterator[str]:
    """The towers that a map shows, each box with what it is made from and the shape of what it gives."""
    box = diagram.box_of(present)
    for tower in diagram.in_sight(box):
        yield title(tower)
        yield from _boxes(diagram, tower.before, box, 1)
        for run in tower.runs:
            yield from _layers(diagram, run, box)
        yield from _boxes(diagram, tower.after, box, 1)


def _layers(diagram: Diagram, run: Sequence[Layer], present: Box | None) -> Iterator[str]:
    layer = layer_with(run, present.path if present else "") or run[0]
    others = f", one of {len(run)} that are alike" if len(run) > 1 else ""
    yield f"  layer {layer.number}{others}{', with one set of weights' * any(each.shares for each in run)}"
    yield from _boxes(diagram, layer.parts, present, 2)


def _boxes(diagram: Diagram, parts: Sequence[Part], present: Box | None, depth: int) -> Iterator[str]:
    for box in boxes_in(tuple(parts)):
        named = ", ".join((box.name, *map(visible, box.notes)))
        read = " and ".join(_read(diagram, path, box) for path in box.reads)
        here = " (here)" if box == present else ""
        yield f"{'  ' * depth}{named}{f', of {read}' if read else ''}: {shape_words(box.shape)}{here}"


def _read(diagram: Diagram, path: str, reader: Box) -> str:
    """What a box is called that another one reads; with its tower, where that is another one."""
    read, tower = diagram.boxes[path], diagram.tower_of(path)
    return read.name if tower is diagram.tower_of(reader.path) else f"{read.name} of the {tower.stack}"
