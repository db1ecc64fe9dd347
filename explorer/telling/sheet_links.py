"""Which cells on a sheet make the cell under the cursor, step by step, and which it makes.

What a cell reads of each operand is asked of two cells of a step, the first and the last: along an axis its own place,
a certain one, all of them, or places that only the cell itself can tell. So a sheet of any size costs the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum

import numpy as np

from attn_explore.explorer.drawing.sheet_lines import Cell, Lit, Marks
from attn_explore.explorer.telling.operands_read import Read, operands_read
from attn_explore.explorer.telling.planes import Outline, Plane
from attn_explore.model.axes import Axis, sizes
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index, lacking
from attn_explore.model.values import Value, View

Along = frozenset[int] | None
"""Places along an axis; None: all of them."""

Box = tuple[Along, ...]
"""Cells of a value: those at some places along each of its axes."""


class Kind(Enum):
    """Which places a cell reads along an axis of an operand."""

    own = "its own"
    all = "all"
    certain = "the same for all cells"
    told = "those that its arithmetic tells"


@dataclass(frozen=True, eq=False)
class Reading:
    """What a cell reads along one axis of an operand. `axis`: which one of the step's it is, and `part` of that."""

    kind: Kind
    axis: int = 0
    part: int | None = None
    places: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Edge:
    """How the cells of a step read one operand."""

    step: Value
    number: int
    view: View
    along: tuple[Reading, ...]

    def read_by(self, box: Box) -> Box:
        """The cells of the operand that some cells of the step read."""
        return _of_value(self.view, tuple(self._read(name, each, box)
                                          for name, each in zip(self.view.names, self.along, strict=True)))  # fmt: skip

    def _read(self, name: str, reading: Reading, box: Box) -> Along:
        own = box[reading.axis] if box else None
        match reading.kind:
            case Kind.own:
                return own if reading.part is None else _parts_of(self.step.axes[reading.axis], own)[reading.part]
            case Kind.certain:
                return reading.places
            case Kind.told if own is not None:
                return frozenset().union(*(self._told(name, reading.axis, place) for place in own))
            case _:
                return None

    def _told(self, name: str, axis: int, place: int) -> frozenset[int]:
        index = tuple(place if number == axis else 0 for number in range(len(self.step.axes)))
        found = (read for read in operands_read(self.step, index) if read.number == self.number)
        return frozenset(cell[name] for read in found for cell in read.cells if name in cell)

    def reading(self, box: Box) -> Box | None:
        """The cells of the step that read some cells of the operand; None where no cell does."""
        found: list[Along] = [None] * len(self.step.axes)
        for name, each, there in zip(self.view.names, self.along, _in_view(self.view, box), strict=True):
            if there is None or each.kind is Kind.all:
                continue
            if each.kind is Kind.certain:
                if not each.places & there:
                    return None
                continue
            size = self.step.axes[each.axis].size
            if each.kind is Kind.told:
                own = frozenset(place for place in range(size) if self._told(name, each.axis, place) & there)
            elif each.part is None:
                own = there
            else:
                own = frozenset(place for place in range(size)
                                if self.step.axes[each.axis].places(place)[each.part] in there)  # fmt: skip
            before = found[each.axis]
            found[each.axis] = own if before is None else own & before
        return tuple(found)


def lit(outline: Outline, edges: Sequence[Edge], value: Value, index: Index) -> Lit:
    """What makes a cell and what it makes, as far as these stand on the sheet."""
    start: Box = tuple(frozenset((place,)) for place in index)
    made_of: dict[str, list[Box]] = {value.path: [start]}
    for edge in reversed(edges):
        for box in made_of.get(edge.step.path, ()):
            _add(made_of.setdefault(edge.view.path, []), edge.read_by(box))
    makes: dict[str, list[Box]] = {value.path: [start]}
    for edge in edges:
        for box in makes.get(edge.view.path, ()):
            if (found := edge.reading(box)) is not None:
                _add(makes.setdefault(edge.step.path, []), found)
    row, column = outline.planes[value.path].cell_of(index)
    cursor: Cell = (value.path, row, column)
    return Lit(cursor, _marks(outline, made_of, value), _marks(outline, makes, value))


def edges_of(outline: Outline) -> list[Edge]:
    """How the steps of a block read each other and what enters it, in the order in which they are made."""
    known = {*outline.planes, *(step.path for step in outline.steps)}
    found = []
    for step in outline.steps:
        if step.size and lacking(step) is None and any(view.path in known for view in step.operands):
            found += [edge for edge in _edges(step) if edge.view.path in known]
    return found


def _edges(step: Value) -> Iterator[Edge]:
    first = tuple(0 for _ in step.axes)
    last = tuple(size - 1 for size in step.shape)
    others = {read.number: read for read in operands_read(step, last)}
    for read in operands_read(step, first):
        if read.view.size:
            along = tuple(_reading(step, read, others.get(read.number, read), name) for name in read.view.names)
            yield Edge(step, read.number, read.view, along)


def _reading(step: Value, first: Read, last: Read, name: str) -> Reading:
    """What the cells of a step read along an axis, as the first and the last of them do."""
    axis, part = _counterpart(step, first, name)
    places, later = _places(first, name), _places(last, name)
    if axis is None:
        return Reading(Kind.certain, places=places) if places is not None and places == later else Reading(Kind.all)
    own = step.names[axis]
    if own in first.apart and own in last.apart:
        return Reading(Kind.own, axis, part)
    if first.picks:
        return Reading(Kind.told, axis)
    end = step.axes[axis].size - 1
    wanted = (0, end) if part is None else (0, step.axes[axis].places(end)[part])
    if (places, later) == tuple(frozenset((place,)) for place in wanted):
        return Reading(Kind.own, axis, part)
    return Reading(Kind.all)


def _counterpart(step: Value, read: Read, name: str) -> tuple[int | None, int | None]:
    """Which axis of a step an axis of an operand is, and which part of it where it holds several side by side."""
    for number, axis in enumerate(step.axes):
        called = read.own.get(axis.name, ())
        if name in called:
            return number, called.index(name) if len(called) > 1 else None
        parts = [part.name for part in axis.parts]
        if name in parts and name not in step.names:
            return number, parts.index(name)
    return None, None


def _places(read: Read, name: str) -> frozenset[int] | None:
    """The places that a cell names along an axis; None where it names none, and reads all."""
    if not read.cells or any(name not in cell for cell in read.cells):
        return None
    return frozenset(cell[name] for cell in read.cells)


def _parts_of(axis: Axis, places: Along) -> tuple[Along, ...]:
    """The places along each part of an axis that holds several side by side."""
    if places is None or not axis.parts:
        return (None,) * max(1, len(axis.parts))
    return tuple(map(frozenset, zip(*map(axis.places, places), strict=True)))


def _groups(view: View) -> Iterator[tuple[Axis, tuple[int, ...]]]:
    """Each axis of a value with the axes of the view that it is read as."""
    is_split, first = len(view.axes) > len(view.value.axes), 0
    for axis in view.value.axes:
        count = len(axis.parts) if is_split and axis.parts else 1
        yield axis, tuple(range(first, first + count))
        first += count


def _of_value(view: View, box: Box) -> Box:
    """Cells of a view as those of the value that it reads."""
    if view.is_plain:
        return box
    found: list[Along] = []
    for _, group in _groups(view):
        repeats = [view.repeats[number] if view.repeats else 1 for number in group]
        alongs = [box[number] for number in group]
        if all(along is None for along in alongs):
            found.append(None)
            continue
        once = [view.axes[number].size // times for number, times in zip(group, repeats, strict=True)]
        places = [sorted({place // times for place in along}) if along is not None else range(size)
                  for along, times, size in zip(alongs, repeats, once, strict=True)]  # fmt: skip
        flat = np.ravel_multi_index(np.ix_(*places), once)
        found.append(frozenset(map(int, flat.ravel())))
    return tuple(found)


def _in_view(view: View, box: Box) -> Box:
    """Cells of a value as those of a view of it."""
    if view.is_plain:
        return box
    found: list[Along] = []
    for along, (_, group) in zip(box, _groups(view), strict=True):
        axes = [view.axes[number] for number in group]
        if along is None:
            found += [None] * len(axes)
        elif len(axes) > 1:
            found += [frozenset(map(int, part)) for part in np.unravel_index(sorted(along), sizes(axes))]
        else:
            times = view.repeats[group[0]] if view.repeats else 1
            found.append(frozenset(place * times + more for place in along for more in range(times)))
    return tuple(found)


def _add(boxes: list[Box], box: Box) -> None:
    """Add cells to others, unless all of them are among these."""
    if not any(_is_within(box, other) for other in boxes):
        boxes.append(box)


def _is_within(box: Box, other: Box) -> bool:
    pairs = zip(box, other, strict=True)
    return all(wide is None or (narrow is not None and narrow <= wide) for narrow, wide in pairs)


def _marks(outline: Outline, boxes: dict[str, list[Box]], start: Value) -> Marks:
    """Those cells as rows and columns of the matrices on the sheet; the one that is looked at is none of them."""
    found = {}
    for path, each in boxes.items():
        plane = outline.planes.get(path)
        if plane is not None and plane.value is not start:
            found[path] = tuple(cells for box in each if (cells := _on_plane(plane, box)) is not None)
    return found


def _on_plane(plane: Plane, box: Box) -> tuple[Along, Along] | None:
    """The rows and the columns of a matrix that have some cells of its value; None where it has none of them."""
    along: list[Along] = [None, None]
    for place, there, axis in zip(plane.where, box, plane.value.axes, strict=True):
        if not isinstance(place, slice):
            if there is not None and place not in there:
                return None
            continue
        start, stop, _ = place.indices(axis.size)
        along.append(None if there is None else frozenset(each - start for each in there if start <= each < stop))
    return along[-2], along[-1]
