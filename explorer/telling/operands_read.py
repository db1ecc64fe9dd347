"""What the arithmetic of one cell reads of each operand of its step, and which of their axes are the step's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import arithmetic
from attn_explore.model.ops import differentiated, is_gradient, readers_of
from attn_explore.model.ops.common import OPERANDS
from attn_explore.model.ops.gradients import Reader
from attn_explore.model.values import Value, View

At = Mapping[str, int]
Names = tuple[str, ...]

_PICKS = frozenset({"lookup", "rows", "rotate"})
"""Operations that make a cell of a few single ones: which these are, its arithmetic says."""


@dataclass(frozen=True, eq=False)
class Read:
    """An operand as a cell of a step reads it; the first one has the `number` 0.

    own     the names of the step's axes that it has -> how they are called there: the parts of one that is split
    apart   those of them along which a cell reads no place but its own
    cells   what is read: along axes that a cell names one place, along others all
    place   where the step's cell stands along the axes that are the operand's own
    picks   whether the cells may be anywhere along the step's axes
    """

    number: int
    view: View
    own: Mapping[str, Names]
    apart: frozenset[str]
    cells: tuple[At, ...]
    place: At
    picks: bool = False


def operands_read(value: Value, index: tuple[int, ...]) -> list[Read]:
    """Each operand from which a cell of a step may be made, in the order of its formula."""
    cells: dict[int, list[At]] = {}
    for cell in arithmetic(value, index).cells:
        cells.setdefault(cell.operand, []).append(cell.at)
    return list((_of_gradient if is_gradient(value) else _of_step)(value, index, cells))


def _of_step(value: Value, index: tuple[int, ...], cells: Mapping[int, list[At]]) -> Iterator[Read]:
    """What says only where to look, such as the ids of words, is not read: there the place of the cell is meant."""
    place = dict(zip(value.names, index, strict=True))
    apart, picks = value.made_by.each(value), value.made_by.name in _PICKS
    for number, view in enumerate(value.operands):
        own = {name: (name,) for name in value.names if name in view.names}
        read = tuple(cells.get(number, [place] if picks else []))
        if apart or read:
            yield Read(number, view, own, frozenset(apart), read, place, picks)


def _of_gradient(value: Value, index: tuple[int, ...], cells: Mapping[int, list[At]]) -> Iterator[Read]:
    """Through each reader its own gradient, and what else its derivative reads of it and of its operands."""
    for reader in readers_of(value):
        side = _only_side(value, reader)
        called = {} if side is None else _called(value, side)
        place = {} if side is None else dict(zip(side.names, side.places_of(index)[0], strict=True))
        for number in range(reader.first, reader.first + OPERANDS + len(reader.step.operands)) if called else ():
            view, read = value.operands[number], tuple(cells.get(number, ()))
            own = {name: there for name, there in called.items() if set(there) <= set(view.names)}
            apart = frozenset(name for name, there in own.items() if _are_at(place, there, read))
            if read or number == reader.first:
                yield Read(number, view, own, apart, read, place)


def _only_side(value: Value, reader: Reader) -> View | None:
    """How a reader reads what a gradient is by; None where it does so in two ways."""
    first, *others = (view for _, view in reader.sides(differentiated(value).path))
    return first if all(view.axes == first.axes for view in others) else None


def _called(value: Value, side: View) -> dict[str, Names]:
    """How the axes of a gradient are called in a view of what it is by; those that are repeated there are left out."""
    is_split = len(side.axes) > len(value.axes)
    left = list(zip(side.names, side.repeats or (1,) * len(side.axes), strict=True))
    called = {}
    for axis in value.axes:
        count = len(axis.parts) if is_split and axis.parts else 1
        parts, left = left[:count], left[count:]
        if all(times == 1 for _, times in parts):
            called[axis.name] = tuple(name for name, _ in parts)
    return called


def _are_at(place: At, names: Names, cells: Iterable[At]) -> bool:
    """Whether each cell names the same place along some axes."""
    return all(cell.get(name) == place[name] for cell in cells for name in names)
