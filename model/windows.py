"""Parts of values, computed alone: so a value that is too large to be held is never whole.

An operation says along which axes the cells of its result do not know each other (`Operation.each`). A part along these
is the same operation on parts of the operands. It has the numbers that the whole has, but for the last bit of a product
of matrices: how that is rounded depends on its size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array, Axis, Where, index_of
from attn_explore.model.dataclass import dataclass
from attn_explore.model.values import Value, View, read_only


@dataclass(frozen=True)
class Parts:
    """Computes values part by part where they, or what they are made of, have more than `most` bytes.

    `always_whole` are the names of steps that are held whatever their size.
    """

    most: int
    always_whole: frozenset[str] = frozenset()

    def is_large(self, value: Value) -> bool:
        """Whether a value is too large to be held unless somebody asks for all of it.

        One of which no part can be made without the others is held whatever its size: it would be whole each time.
        """
        is_in_parts = value.is_leaf or bool(value.made_by.each(value))
        return value.nbytes > self.most and is_in_parts and value.name not in self.always_whole

    def needs(self, value: Value) -> list[Value]:
        """The values whose arrays a value is made of: in the place of a large operand, what that is made of."""
        found: list[Value] = []
        for operand in dict.fromkeys(view.value for view in value.operands):
            is_in_parts = operand.held is None and not operand.is_leaf and self.is_large(operand)
            found += self.needs(operand) if is_in_parts else [operand]
        return found

    def made(self, value: Value) -> Array:
        """The numbers of a value, in parts where an operand is large."""
        along = self._along(value)
        if along is None:
            return value.made()
        room = value.room()
        array = np.empty(value.shape, value.dtype) if room is None else room
        for part in self._pieces(value, along):
            array[index_of(value.axes, {along: part})] = self.made(cut(value, {along: part}))
        return read_only(array)

    def window(self, value: Value, where: Where) -> Array:
        """The numbers of a value that was computed at a slice of places along some axes."""
        apart = {name: part for name, part in where.items() if name in value.made_by.each(value)}
        small = cut(value, apart)
        return self.made(small)[index_of(small.axes, {name: where[name] for name in where if name not in apart})]

    def _along(self, value: Value) -> str | None:
        """The axis along which a value is computed in parts; None where it is computed in one piece.

        A part must need no more than a part of what is large: else all of that is computed again for each.
        """
        large = [view for view in value.operands if self._is_in_the_way(view.value)]
        names = value.made_by.each(value) if large else ()
        return next((name for name in names if all(_can_be_cut(view, name) for view in large)), None)

    def _is_in_the_way(self, operand: Value) -> bool:
        """A parameter is read as a whole, as the next part needs it again, unless it is nearly all that can be held."""
        if operand.is_leaf:
            return operand.source is not None and operand.nbytes > 3 * self.most
        return self.is_large(operand)

    def _pieces(self, value: Value, along: str) -> Iterator[slice]:
        """Places along an axis that take a quarter of what a value may have, in the largest operand."""
        size = value.axis(along).size
        largest = max(view.value.nbytes for view in value.operands if along in view.names)
        many = max(1, size * (self.most // 4) // largest)
        yield from (slice(start, min(start + many, size)) for start in range(0, size, many))


def _can_be_cut(view: View, name: str) -> bool:
    """Whether places along an axis of a view can be computed, or read, without the others."""
    if name not in view.names or not view.is_plain:
        return False
    own = view.value.names[view.names.index(name)]
    return view.value.is_leaf or own in view.value.made_by.each(view.value)


def at_places(value: Value, at: Mapping[str, int]) -> Value:
    """What stands at a place along some axes of a value, without these axes. It is in no trace."""
    index = tuple(at.get(name, slice(None)) for name in value.names)
    axes = tuple(axis for axis in value.axes if axis.name not in at)
    return replace(value, axes=axes, held=read_only(np.asarray(value[index])))


def cut(value: Value, where: Where) -> Value:
    """A value with some places of axes along which its cells do not know each other, of those places of its operands.

    It is not computed yet, and is in no trace.
    """
    if not where:
        return replace(value)
    window = index_of(value.axes, where)
    changes = tuple(inner for change in value.changes if (inner := change.within(window, value.shape)) is not None)
    operands = tuple(_cut_view(view, where) for view in value.operands)
    return replace(value, axes=_cut_axes(value.axes, where), operands=operands, changes=changes, held=None)


def _cut_view(view: View, where: Where) -> View:
    own = {name: where[name] for name in view.names if name in where}
    if not own:
        return view
    array = view.window(**own)
    return Value(view.path, _cut_axes(view.axes, own), array.dtype, held=array).view()


def _cut_axes(axes: tuple[Axis, ...], where: Where) -> tuple[Axis, ...]:
    def inner(axis: Axis) -> Axis:
        part = where.get(axis.name)
        return axis if part is None else Axis(axis.name, part.stop - part.start)

    return tuple(map(inner, axes))
