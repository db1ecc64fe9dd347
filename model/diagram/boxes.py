"""What a diagram is made of: boxes, forks where one value goes several ways, layers, towers."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import groupby

from attn_explore.model.dataclass import dataclass
from attn_explore.model.passes import LENS


@dataclass(frozen=True)
class Box:
    """Some steps that are one thing: an attention, a norm, a sum.

    path        where one goes: the step that the box is about
    name        in the field's words; `short` where there is little room
    notes       what else is to be seen of it: its heads, its masks
    steps       the paths of all its steps, in the order of the run; none for the words that a tower reads
    parameters  what it reads of the model's own
    shape       of what goes out of it
    reads       the paths of the boxes that it is made from, in the order of its operands
    is_sum      whether it does no more than add what it reads
    """

    path: str
    name: str
    short: str
    shape: tuple[int, ...]
    notes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    is_sum: bool = False

    @property
    def look(self) -> object:
        """What is the same of boxes that look alike."""
        return (self.name, self.notes, self.shape, self.is_sum)


@dataclass(frozen=True)
class Fork:
    """A value that goes several ways, which `join` adds. A way without parts is the residual connection.

    Without `join` the ways end in what the fork around this one joins, or nowhere.
    """

    ways: tuple[tuple[Part, ...], ...]
    join: Box | None

    @property
    def look(self) -> object:
        """What is the same of forks that look alike."""
        ways = tuple(tuple(part.look for part in way) for way in self.ways)
        return (ways, self.join and self.join.look)


Part = Box | Fork


def boxes_in(parts: tuple[Part, ...]) -> Iterator[Box]:
    """Every box of some parts, in the order of the arrows."""
    for part in parts:
        if isinstance(part, Box):
            yield part
            continue
        for way in part.ways:
            yield from boxes_in(way)
        if part.join is not None:
            yield part.join


def without_notes(parts: tuple[Part, ...], paths: Container[str]) -> tuple[Part, ...]:
    """The same parts, but for what is to be seen of the boxes at some paths."""
    return tuple(_without_notes(part, paths) for part in parts)


def _without_notes(part: Part, paths: Container[str]) -> Part:
    if isinstance(part, Box):
        return replace(part, notes=("?",)) if part.path in paths else part
    return Fork(tuple(without_notes(way, paths) for way in part.ways), part.join)


@dataclass(frozen=True)
class Layer:
    """One layer of a stack. `shares`: it has no parameters of its own."""

    number: int
    parts: tuple[Part, ...]
    shares: bool = False

    @property
    def look(self) -> object:
        """What is the same of layers that look alike."""
        return tuple(part.look for part in self.parts)

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Every box of the layer."""
        return tuple(boxes_in(self.parts))


@dataclass(frozen=True)
class Tower:
    """A stack in one pass: what comes before its layers, the layers, and what comes after them, its head too.

    `number` counts the passes of a generation from 0, of which there are `passes`.
    """

    stack: str
    number: int
    before: tuple[Part, ...]
    layers: tuple[Layer, ...]
    after: tuple[Part, ...]
    passes: int = 1

    @property
    def chapter(self) -> str:
        """How its paths begin: nothing in the first pass."""
        return f"generated.{self.number}." if self.number else ""

    @cached_property
    def boxes(self) -> tuple[Box, ...]:
        """Every box of the tower, in the order of the arrows."""
        inner = (box for layer in self.layers for box in layer.boxes)
        return (*boxes_in(self.before), *inner, *boxes_in(self.after))

    @cached_property
    def runs(self) -> tuple[tuple[Layer, ...], ...]:
        """The layers, those that follow each other and look alike together."""
        return tuple(tuple(run) for _, run in groupby(self.layers, lambda layer: layer.look))

    @cached_property
    def paths(self) -> frozenset[str]:
        """The paths of its boxes."""
        return frozenset(box.path for box in self.boxes)


@dataclass(frozen=True, eq=False)
class Diagram:
    """The towers of a run in its order, a decoder's once for each pass; and the steps that stand outside, by kind."""

    towers: tuple[Tower, ...]
    outside: Mapping[str, tuple[str, ...]]

    def without_words(self, paths: Container[str]) -> Diagram:
        """The same diagram, which does not say what the boxes of words at some paths are."""
        towers = (replace(tower, before=without_notes(tower.before, paths)) for tower in self.towers)
        return Diagram(tuple(towers), self.outside)

    @cached_property
    def boxes(self) -> Mapping[str, Box]:
        """Every box by its path, in the order of the arrows."""
        return {box.path: box for tower in self.towers for box in tower.boxes}

    @cached_property
    def _towers(self) -> Mapping[str, Tower]:
        return {box.path: tower for tower in self.towers for box in tower.boxes}

    def tower_of(self, path: str) -> Tower:
        """The tower that the box at a path stands in."""
        return self._towers[path]

    def layer_of(self, path: str) -> Layer | None:
        """The layer that the box at a path stands in; None for one outside of layers."""
        layers = self.tower_of(path).layers
        return next((layer for layer in layers if any(box.path == path for box in layer.boxes)), None)

    def in_layer_beside(self, path: str, count: int) -> str | None:
        """The path of the same box so many layers further on; of its first box, where that layer has no such box."""
        layer, layers = self.layer_of(path), self.tower_of(path).layers
        if layer is None or not 0 <= (place := layers.index(layer) + count) < len(layers):
            return None
        there = layers[place]
        same = path.replace(f".layers.{layer.number}.", f".layers.{there.number}.")
        return same if same in self.boxes else there.boxes[0].path

    def in_pass_beside(self, path: str, count: int) -> str | None:
        """The path of the same box so many passes further on; of its first box, where that one has none such."""
        here = self.tower_of(path)
        passes = {tower.number: tower for tower in self.towers if tower.stack == here.stack}
        there = passes.get(here.number + count)
        if there is None:
            return None
        same = f"{there.chapter}{path.removeprefix(here.chapter)}"
        return same if same in self.boxes else there.boxes[0].path

    def readers_of(self, path: str) -> list[Box]:
        """The boxes that are made from the box at a path."""
        return [box for box in self.boxes.values() if path in box.reads]

    @cached_property
    def _by_path(self) -> Mapping[str, Box]:
        """The box of each step; of each parameter the first one that reads it."""
        boxes = list(self.boxes.values())
        learned = {name: box for box in reversed(boxes) for name in box.parameters}
        return learned | {path: box for box in boxes for path in (box.path, *box.steps)}

    def box_of(self, path: str) -> Box | None:
        """The box that a step belongs to; a finer step, a gradient and a step of the lens to that of what it is of."""
        path = path.removeprefix("grad.").removeprefix(LENS)
        return self._by_path.get(path) or self._by_path.get(path.rpartition(".")[0])

    def in_sight(self, present: Box | None) -> tuple[Tower, ...]:
        """The towers that are drawn: of the passes of a generation the one of the present box, or else the first."""
        chosen = {tower.stack: tower for tower in reversed(self.towers)}
        if present is not None:
            here = self.tower_of(present.path)
            chosen[here.stack] = here
        return tuple(chosen[stack] for stack in dict.fromkeys(tower.stack for tower in self.towers))
