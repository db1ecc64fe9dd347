"""A value: a tensor that knows its axes and how it was made.

A value's record (path, axes, operation, operands, options) stays for ever. Its array can be forgotten, and asking
for it again computes it again from its operands: the same operation on the same arrays, so the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from itertools import product
from typing import Any, Protocol

import numpy as np

from attn_explore.model import axes as ax
from attn_explore.model.axes import Array, Axis, Index, Where, as_slice, index_of
from attn_explore.model.changes import Change, are_alike, changed
from attn_explore.model.dataclass import dataclass
from attn_explore.model.expressions import Expression
from attn_explore.model.notation import Notation
from attn_explore.model.sources import Elsewhere, Source, part_of, runs


@dataclass(frozen=True)
class Operation:
    """One row of the table of operations: functions of a value that the operation made.

    compute     value -> its array
    derivative  value, gradient of the value -> gradient of each operand, in the operand's axes
    cell        value, index by axis name -> the arithmetic of one cell
    formula     value, the notation of each operand -> the notation of the right-hand side of its formula
    back        value, which operand, index by axis name -> the arithmetic of one cell of that operand's gradient, over
                the cells of the value's own gradient (0), the value (1) and its operands (2, 3, …); None for leaves
    towards     value, gradient of the value, which operand -> the gradient of that operand alone; None where all cost
                no more than one
    each        value -> the names of axes along which its cells do not know each other: what stands at some places of
                these is made, by the same operation, of what stands at the same places of the operands that have them.
                None where the operation itself asks for a part of an operand
    """

    name: str
    compute: Callable[[Value], Array]
    derivative: Callable[[Value, Array], tuple[Array, ...]]
    cell: Callable[[Value, Mapping[str, int]], Expression]
    formula: Callable[[Value, tuple[Notation, ...]], Notation]
    back: Callable[[Value, int, Mapping[str, int]], Expression] | None = None
    each: Callable[[Value], tuple[str, ...]] = lambda _: ()
    towards: Callable[[Value, Array, int], Array] | None = None


class Keeper(Protocol):
    """Decides which values of a run hold their arrays; the others are brought back when they are asked for."""

    def array_of(self, value: Value) -> Array:
        """The numbers of a value, computed or read again if they were forgotten."""
        ...

    def is_large(self, value: Value) -> bool:
        """Whether a value is too large to be held, so that parts of it are made when they are looked at."""
        ...

    def window(self, value: Value, where: Where) -> Array:
        """The numbers of a value at a slice of places along some axes."""
        ...

    def forget(self, value: Value) -> None:
        """Let the array of a value go."""
        ...

    def room(self, value: Value) -> Array:
        """Memory for the numbers of a value, perhaps of one that was forgotten."""
        ...


class WithAxes:
    """Anything with named axes: a value, or a view of one."""

    axes: tuple[Axis, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the axes, in order."""
        return ax.names(self.axes)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes, in order."""
        return ax.sizes(self.axes)

    @cached_property
    def size(self) -> int:
        """How many cells there are, as an exact integer."""
        return math.prod(self.shape)

    def axis(self, name: str) -> Axis:
        """The axis called `name`. Raises KeyError when there is none."""
        for axis in self.axes:
            if axis.name == name:
                return axis
        raise KeyError(name)


@dataclass(eq=False, repr=False)
class Value(WithAxes):
    """One tensor of a trace: a step, a parameter, or something given such as the token ids.

    Parameters and given values have no operation: their array is all there is, or it is read from their `source`. So it
    is of a step that a trace leaves out: its source says why there are no numbers.
    `changes` are what-if edits, made after the operation or the reading. A `keeper`, where there is one, decides how
    long the array is held; a copy of the value has none.
    """

    path: str
    axes: tuple[Axis, ...]
    dtype: np.dtype[Any]
    operation: Operation | None = None
    operands: tuple[View, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    held: Array | None = field(default=None, repr=False)
    changes: tuple[Change, ...] = ()
    source: Source | None = None
    keeper: Keeper | None = field(default=None, init=False)

    def __repr__(self) -> str:
        """Show no operands: each of them would show its own, all the way back."""
        return f"Value({self.path}: {', '.join(self.names)} {self.shape})"

    @cached_property
    def name(self) -> str:
        """The last part of the path: `weights`."""
        return self.path.rpartition(".")[2]

    @property
    def is_leaf(self) -> bool:
        """Whether the value was not computed: a parameter, or something given."""
        return self.operation is None

    @property
    def made_by(self) -> Operation:
        """The operation that computed the value. Raises LookupError for a leaf."""
        if self.operation is None:
            raise LookupError(f"{self.path} was not computed")
        return self.operation

    def is_made_like(self, other: Value) -> bool:
        """Whether another value comes about in the same way: by the same operation on the very same values."""
        return (
            self.operation is other.operation
            and (self.dtype, self.axes, self.options) == (other.dtype, other.axes, other.options)
            and len(self.operands) == len(other.operands)
            and all(one.is_like(view) for one, view in zip(self.operands, other.operands, strict=True))
            and are_alike(self.changes, other.changes)
        )

    @property
    def nbytes(self) -> int:
        """Bytes of the array, as an exact integer, whether it is held or not."""
        return self.size * self.dtype.itemsize

    @property
    def array(self) -> Array:
        """The numbers, in the order of `axes`; computed or read again if they were forgotten."""
        if self.keeper is not None:
            return self.keeper.array_of(self)
        return self._computed() if self.held is None else self.held

    def compute_again(self) -> None:
        """Compute the numbers from those that the operands hold now."""
        self.held = self.made()

    def _computed(self) -> Array:
        for value in forgotten_before(self, _operands_of):
            value.held = value.made()
        self.held = self.made()
        return self.held

    def made(self) -> Array:
        """The numbers as they are computed or read now, edits and all; they are held by nobody."""
        with np.errstate(all="ignore"):  # what overflows is shown as ∞ or NaN where it appears
            return read_only(changed(self._made(), self.changes))

    def _made(self) -> Array:
        """The numbers before any edit."""
        if self.source is not None:
            return np.asarray(self.source.read(self.room()), self.dtype)
        if self.operation is not None:
            return self.operation.compute(self)
        raise LookupError(f"{self.path} has no numbers: it was planned, not run")

    def room(self) -> Array | None:
        """Memory in which the numbers may be put, row by row; None: it is as well to take fresh memory."""
        return None if self.keeper is None else self.keeper.room(self)

    @property
    def unchanged(self) -> Value:
        """The value as its operation computes it, without the edits made after that."""
        return replace(self, changes=(), held=None) if self.changes else self

    def is_changed_at(self, index: tuple[int, ...]) -> bool:
        """Whether an edit was made to a cell."""
        if not self.changes:
            return False
        touched = np.zeros(self.shape, bool)
        for change in self.changes:
            touched[change.index] = True
        return bool(touched[index])

    def carried_to_operands(self, gradient: Array) -> tuple[Array, ...]:
        """The gradient of each operand, in the axes of its view, from that of the value."""
        with np.errstate(all="ignore"):
            return self.made_by.derivative(self.unchanged, self._before_changes(gradient))

    def carried_to_computed(self, gradient: Array) -> list[tuple[View, Array]]:
        """The same for the operands that were computed alone: the gradient of a parameter may take as long again."""
        places = [place for place, view in enumerate(self.operands) if not view.value.is_leaf]
        towards = self.made_by.towards
        if towards is None:
            parts = self.carried_to_operands(gradient) if places else ()
            return [(self.operands[place], parts[place]) for place in places]
        with np.errstate(all="ignore"):
            gradient = self._before_changes(gradient)
            return [(self.operands[place], towards(self.unchanged, gradient, place)) for place in places]

    def _before_changes(self, gradient: Array) -> Array:
        """The gradient by what the operation computed, from that by what edits made of it."""
        if self.changes:
            gradient = gradient.copy()
            for change in reversed(self.changes):
                change.pull(gradient)
        return gradient

    @property
    def is_away(self) -> bool:
        """Whether the numbers are not there now, but come when somebody asks, which may take a while."""
        return self.keeper is not None and self.held is None

    @property
    def elsewhere(self) -> Elsewhere | None:
        """Why the numbers cannot be had, of a value in a trace that does not hold them; of any other, None."""
        return self.source if self.held is None and isinstance(self.source, Elsewhere) else None

    @property
    def is_planned(self) -> bool:
        """Whether there are no numbers and no way to compute them. A trace is planned as a whole: any leaf tells."""
        value = self
        while value.held is None and value.operands:
            value = value.operands[0].value
        return value.held is None and value.is_leaf and value.source is None

    def forget(self) -> None:
        """Let the array go; the record stays and can bring it back. A leaf that is stored nowhere is not forgotten."""
        if self.keeper is not None:
            self.keeper.forget(self)
        elif not self.is_leaf or self.source is not None:
            self.held = None

    @property
    def is_large(self) -> bool:
        """Whether it is too large to be held as a whole: `window`, an index and `pieces` make what they give."""
        return self.held is None and self.keeper is not None and self.keeper.is_large(self)

    def __getitem__(self, index: Index) -> Array:
        """The numbers at an index, as of an array: places and slices of places along the axes from the first on."""
        if not self.is_large:
            found: Array = self.array[index]
            return found
        places = index if isinstance(index, tuple) else (index,)
        pairs = zip(self.axes, places, strict=False)
        window = self.window(**{axis.name: as_slice(place, axis.size) for axis, place in pairs})
        return window[tuple(slice(None) if isinstance(place, slice) else 0 for place in places)]

    def pieces(self) -> Iterator[tuple[int, Array]]:
        """The numbers piece by piece along the first axis, each with where it begins; in one where they can be held."""
        if not self.is_large:
            yield 0, self.array
            return
        first = self.axes[0]
        many = max(1, first.size * PIECE // self.nbytes)
        for start in range(0, first.size, many):
            yield start, self.window(**{first.name: slice(start, start + many)})

    def window(self, **where: slice) -> Array:
        """The numbers at a slice of places along some axes; of a value too large to be held, these alone are made."""
        if self.held is None and self.keeper is not None:
            return self.keeper.window(self, where)
        return self.array[index_of(self.axes, where)]

    def read_window(self, window: tuple[slice, ...]) -> Array:
        """The numbers of a stored value at a slice of places along each axis, edits and all; nobody holds them."""
        if self.source is None:
            raise LookupError(f"{self.path} is not stored")
        inner = (change.within(window, self.shape) for change in self.changes)
        array = np.asarray(part_of(self.source, window), self.dtype)
        return read_only(changed(array, [change for change in inner if change is not None]))

    def rows(self, places: Array | slice) -> Array:
        """What stands at some places of the first axis; of a stored table that is not held, these alone are read."""
        if self.held is not None or self.source is None:
            return self.array[places]
        others = (slice(None),) * (len(self.axes) - 1)
        if isinstance(places, slice):
            return self.read_window((places, *others))
        rows, back = np.unique(places, return_inverse=True)
        read = [self.read_window((slice(first, last + 1), *others)) for first, last in runs(rows)]
        return np.concatenate(read)[back.reshape(places.shape)]

    def view(self) -> View:
        """The value as an operand."""
        return View(self, self.axes)

    def renamed(self, **new_names: str) -> View:
        """A view with axes under other names, `renamed(token="key")`: costs nothing."""
        return self.view().renamed(**new_names)

    def split(self, name: str) -> View:
        """A view in which the axis `name` is split into its parts: costs nothing."""
        return self.view().split(name)

    def repeated(self, name: str, times: int) -> View:
        """A view in which each index along `name`, an axis without labels, stands `times` times in a row."""
        return self.view().repeated(name, times)


@dataclass(frozen=True, eq=False, repr=False)
class View(WithAxes):
    """A value read under other axes: renamed, split into its parts, or with indices repeated. The same numbers.

    `repeats` says how often each index of an axis stands in a row, axis by axis; it is empty where none is repeated.
    """

    value: Value
    axes: tuple[Axis, ...]
    repeats: tuple[int, ...] = ()

    def __repr__(self) -> str:
        return f"View({self.value!r} as {', '.join(self.names)} {self.shape})"

    @property
    def path(self) -> str:
        """The path of the value that is read."""
        return self.value.path

    @property
    def array(self) -> Array:
        """The value's numbers, in the shape of this view."""
        if not self.repeats:
            return self.value.array.reshape(self.shape)
        array = self.value.array.reshape(self._shape_once)
        for place, times in enumerate(self.repeats):
            array = np.repeat(array, times, axis=place) if times > 1 else array
        return array

    def __getitem__(self, index: Index) -> Array:
        """The numbers at an index of this view: see `Value`."""
        found: Array = self.value[index] if self.is_plain else self.array[index]
        return found

    def rows(self, places: Array | slice) -> Array:
        """See `Value.rows`; `places` are those of this view."""
        return self.value.rows(places) if self.is_plain else self.array[places]

    def window(self, **where: slice) -> Array:
        """See `Value.window`."""
        if not self.is_plain:
            return self.array[index_of(self.axes, where)]
        names = dict(zip(self.names, self.value.names, strict=True))
        return self.value.window(**{names[name]: part for name, part in where.items()})

    @property
    def is_plain(self) -> bool:
        """Whether each axis is one of the value's, perhaps under another name."""
        return self.shape == self.value.shape and not self.repeats

    @property
    def _shape_once(self) -> tuple[int, ...]:
        """The shape without repetitions."""
        return tuple(size // times for size, times in zip(self.shape, self.repeats or self._once, strict=True))

    @property
    def _once(self) -> tuple[int, ...]:
        return (1,) * len(self.axes)

    def is_like(self, other: View) -> bool:
        """Whether another view reads the very same value in the same way."""
        return self.value is other.value and (self.axes, self.repeats) == (other.axes, other.repeats)

    def renamed(self, **new_names: str) -> View:
        """See `Value.renamed`."""
        for old in new_names:
            self.axis(old)
        axes = tuple(axis.renamed(new_names.get(axis.name, axis.name)) for axis in self.axes)
        return View(self.value, axes, self.repeats)

    def repeated(self, name: str, times: int) -> View:
        """See `Value.repeated`."""
        if self.repeats:
            raise ValueError("a view is repeated once")
        longer = tuple(replace(axis, size=axis.size * times) if axis.name == name else axis for axis in self.axes)
        return View(self.value, longer, tuple(times if axis.name == name else 1 for axis in self.axes))

    def split(self, name: str) -> View:
        """See `Value.split`."""
        whole = self.axis(name)
        if not whole.parts or self.repeats:
            raise ValueError(f"axis {name} has no parts, or is repeated")
        parts = ((axis,) if axis is not whole else whole.parts for axis in self.axes)
        return View(self.value, tuple(axis for group in parts for axis in group))

    def source_index(self, index: tuple[int, ...]) -> tuple[int, ...]:
        """Where the cell at `index` of this view stands in the value itself."""
        if not self.repeats and self.shape == self.value.shape:
            return tuple(map(int, index))
        once = [place // times for place, times in zip(index, self.repeats or self._once, strict=True)]
        flat = np.ravel_multi_index(once, self._shape_once)
        return tuple(int(place) for place in np.unravel_index(flat, self.value.shape))

    def places_of(self, index: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Where the cell at `index` of the value itself stands in this view: more than once where it is repeated."""
        flat = np.ravel_multi_index(index, self.value.shape)
        once = np.unravel_index(flat, self._shape_once)
        ranges = (
            range(int(place) * times, (int(place) + 1) * times)
            for place, times in zip(once, self.repeats or self._once, strict=True)
        )
        return list(product(*ranges))

    def carried_back(self, gradient: Array) -> Array:
        """A gradient in the axes of this view, in those of the value: what was repeated is summed."""
        if not self.repeats:
            return gradient.reshape(self.value.shape)
        pairs = zip(self._shape_once, self.repeats or self._once, strict=True)
        split = gradient.reshape([size for pair in pairs for size in pair])
        summed: Array = split.sum(axis=tuple(range(1, split.ndim, 2)))
        return summed.reshape(self.value.shape)


def forgotten_before(value: Value, needs: Callable[[Value], list[Value]]) -> Iterator[Value]:
    """Every forgotten step that a value needs, each after what it needs itself. A loop: a model may be deep.

    `needs` gives the values that one is made of. A stored one is read by whoever needs it, perhaps in part.
    """

    def forgotten(value: Value) -> list[Value]:
        computed = [need for need in needs(value) if not need.is_leaf and need.source is None]
        return [need for need in computed if need.held is None and need not in found]

    found = set[Value]()
    waiting = forgotten(value)
    while waiting:
        if waiting[-1] not in found and (more := forgotten(waiting[-1])):
            waiting += more
        elif (each := waiting.pop()) not in found:
            found.add(each)
            yield each


def _operands_of(value: Value) -> list[Value]:
    return [view.value for view in value.operands]


def read_only(array: Array) -> Array:
    """A view that cannot be written to: steps may share their memory."""
    kept = np.asarray(array).view()
    kept.flags.writeable = False
    return kept


PIECE = 2**25
"""Bytes of a piece of a value that is too large to be held."""

Tensor = Value | View


def as_view(tensor: Tensor) -> View:
    """A value as a view of itself; a view as it is."""
    return tensor.view() if isinstance(tensor, Value) else tensor
