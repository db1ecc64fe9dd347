"""Axes with names: alignment, broadcasting and contraction of arrays by the names of their axes.

Nothing here knows positions: an axis is found by its name, so a transposition can't be forgotten.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import AxisLabels

Array = NDArray[Any]

MEANINGS = {
    "token": "the words of the text, in order",
    "query": "the words that ask",
    "key": "the words that are asked",
    "head": "attention heads, each with projections of its own",
    "d_model": "the width of a word's vector",
    "d_embedding": "the width of an embedding that is narrower than the model",
    "d_in": "the width of the vectors that a head reads",
    "d_k": "the width of a query and of a key",
    "d_v": "the width of a value",
    "head·d_k": "the queries or keys of all heads side by side",
    "head·d_v": "the values of all heads side by side",
    "d_ff": "the inner width of the feed-forward network",
    "d_score": "the hidden units of an additive score, or the other side of a bilinear one",
    "step": "steps of training",
    "moment": "moments of training whose weights were kept, by the steps before them",
    "batch": "texts that are computed together",
    "position": "places in a text, from the first on",
    "segment": "which of two texts that are read together",
    "bucket": "distances that share a bias",
    "vocabulary": "the words that the model knows",
    "class": "the labels that the model chooses from",
    "logit": "the scores that enter a softmax",
    "multiplier": "what the scores are multiplied by",
    "i": "the share that changes",
    "j": "the score that it changes with",
    "scaling": "scores as they are, and divided by √dₖ",
    "width": "how many numbers a query and a key have",
    "tally": "what is counted",
    "bin": "scores from this number up to the next",
    "method": "the ways to compute the same thing",
}
"""Every axis name there is, and what runs along it."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis of a tensor: its name, its size, and a label for each index where there is one.

    An axis that holds others side by side (`head·d_v`) keeps them in `parts`, outermost first. Tokens of a pass that
    reads only the end of a text are counted from the place `start` that the first of them has there.
    """

    name: str
    size: int
    labels: AxisLabels | None = None
    parts: tuple[Axis, ...] = ()
    start: int = field(default=0, repr=False)

    @property
    def places_in_text(self) -> range:
        """The place of each index, of an axis of tokens, in the text that they are of."""
        return range(self.start, self.start + self.size)

    def renamed(self, name: str) -> Axis:
        """The same axis under another name: queries and keys are tokens seen from two sides."""
        return replace(self, name=name)

    @property
    def all_labels(self) -> AxisLabels | None:
        """A label for each index, or None where an index is just a number (the columns of d_model)."""
        if self.labels is None and self.name == "head":
            return tuple(map(self.label, range(self.size)))
        return self.labels

    def label(self, index: int) -> str:
        """What stands at `index`: its label, the labels of its parts, or the number itself. Heads count from 0."""
        if self.labels is not None:
            return self.labels[index]
        if self.name == "head":
            return f"head {index}"
        if not self.parts:
            return str(index)
        return " · ".join(part.label(place) for part, place in zip(self.parts, self.places(index), strict=True))

    def short_label(self, index: int) -> str:
        """The label for where there is little room: an axis that holds others has numbers alone, `1·0`."""
        return "·".join(map(str, self.places(index))) if self.parts else self.label(index)

    def places(self, index: int) -> tuple[int, ...]:
        """Where `index` stands in each of the parts."""
        return tuple(int(place) for place in np.unravel_index(index, sizes(self.parts)))


Index = int | slice | tuple[int | slice, ...]
"""Places along the axes of an array from the first on: numbers, and slices of places one after the other."""

Where = Mapping[str, slice]
"""Places along some axes, by their names, each step after step."""


def merged(parts: Sequence[Axis]) -> Axis:
    """One axis that holds `parts` side by side, the last varying fastest."""
    return Axis("·".join(part.name for part in parts), math.prod(part.size for part in parts), parts=tuple(parts))


def names(axes: Iterable[Axis]) -> tuple[str, ...]:
    """The names of `axes`, in order."""
    return tuple(axis.name for axis in axes)


def sizes(axes: Iterable[Axis]) -> tuple[int, ...]:
    """The sizes of `axes`, in order: a shape."""
    return tuple(axis.size for axis in axes)


def ordered(stated: str, *groups: Sequence[Axis]) -> tuple[Axis, ...]:
    """The axes that `stated` names, in its order, looked up in `groups` and checked against each other.

    Raises ValueError when a name is unknown or when two groups disagree on its size.

    >>> ordered("query key", [Axis("key", 4), Axis("query", 3)])
    (Axis(name='query', size=3, labels=None, parts=()), Axis(name='key', size=4, labels=None, parts=()))
    """
    known: dict[str, Axis] = {}
    for axis in (axis for group in groups for axis in group):
        other = known.setdefault(axis.name, axis)
        if other.size != axis.size:
            raise ValueError(f"axis {axis.name} is {other.size} long in one operand and {axis.size} in another")
    missing = [name for name in stated.split() if name not in known]
    if missing:
        raise ValueError(f"no operand has the axis {missing[0]}: there are {', '.join(known) or 'none'}")
    return tuple(known[name] for name in stated.split())


def index_of(axes: tuple[Axis, ...], where: Where) -> tuple[slice, ...]:
    """Slices of places along some axes as the index of an array with these axes. Raises KeyError for another name.

    >>> index_of((Axis("token", 4), Axis("d_model", 6)), {"d_model": slice(2, 4)})
    (slice(0, 4, None), slice(2, 4, None))
    """
    if unknown := where.keys() - set(names(axes)):
        raise KeyError(*unknown)
    if any(part.step not in (None, 1) for part in where.values()):
        raise ValueError("a window has all places from one to another")
    bounds = (where.get(axis.name, slice(None)).indices(axis.size) for axis in axes)
    return tuple(slice(start, max(start, stop)) for start, stop, _ in bounds)


def as_slice(place: int | slice, size: int) -> slice:
    """A place along an axis of some size, or a slice of places, as a slice.

    >>> as_slice(-1, 5)
    slice(4, 5, None)
    """
    return place if isinstance(place, slice) else slice(place % size, place % size + 1)


def align(array: Array, own: Sequence[str], target: Sequence[str]) -> Array:
    """View `array` with its axes in the order of `target`, of length 1 where it lacks one, ready to broadcast."""
    if own == target:
        return array
    order = [own.index(name) for name in target if name in own]
    if len(order) != len(own):
        raise ValueError(f"axes {' '.join(own)} do not broadcast to {' '.join(target)}")
    sized = iter(array.shape[place] for place in order)
    return array.transpose(order).reshape([next(sized) if name in own else 1 for name in target])


def sum_to(array: Array, own: Sequence[str], target: Sequence[str]) -> Array:
    """Sum `array` over the axes that `target` lacks: the gradient of broadcasting."""
    if own == target:
        return array
    gone = tuple(place for place, name in enumerate(own) if name not in target)
    return align(array.sum(axis=gone), [name for name in own if name in target], target)


def contract(
    a: Array,
    a_names: Sequence[str],
    b: Array,
    b_names: Sequence[str],
    out: Sequence[str],
    multiply: Callable[[Array, Array], Array] = np.matmul,
) -> Array:
    """Multiply `a` and `b` and sum over the axes that they share and `out` lacks, as one matrix product.

    Axes in both and in `out` are batches. Lowered to `@`, which is several times faster than a plain einsum. `multiply`
    is how it is computed.
    """
    lowered = _lowered(tuple(a_names), a.shape, tuple(b_names), b.shape, tuple(out))
    left = a.transpose(lowered.a_order).reshape(lowered.a_shape)
    right = b.transpose(lowered.b_order).reshape(lowered.b_shape)
    return multiply(left, right).reshape(lowered.shape).transpose(lowered.order)


class _Lowered(NamedTuple):
    """A contraction as one matrix product: how each side is brought to (*batch, rows, columns), and the result back."""

    a_order: tuple[int, ...]
    a_shape: tuple[int, ...]
    b_order: tuple[int, ...]
    b_shape: tuple[int, ...]
    shape: tuple[int, ...]
    order: tuple[int, ...]


@lru_cache(maxsize=4096)  # a model makes the same few products again and again
def _lowered(
    a_names: tuple[str, ...],
    a_shape: tuple[int, ...],
    b_names: tuple[str, ...],
    b_shape: tuple[int, ...],
    out: tuple[str, ...],
) -> _Lowered:
    batch = [name for name in out if name in a_names and name in b_names]
    rows = [name for name in out if name in a_names and name not in b_names]
    columns = [name for name in out if name in b_names and name not in a_names]
    summed = [name for name in a_names if name in b_names and name not in out]
    a_length, b_length = dict(zip(a_names, a_shape, strict=True)), dict(zip(b_names, b_shape, strict=True))
    length = a_length | b_length
    if len(batch) + len(rows) + len(columns) != len(out) or {*a_names, *b_names} != {*out, *summed}:
        raise ValueError(f"{' '.join(a_names)} times {' '.join(b_names)} does not give {' '.join(out)}")
    if any(a_length[name] != b_length[name] for name in (*batch, *summed)):
        raise ValueError(f"{' '.join(a_names)} {a_shape} and {' '.join(b_names)} {b_shape} differ in size")

    def together(group: list[str]) -> int:
        return math.prod(length[name] for name in group)

    each, result = tuple(length[name] for name in batch), batch + rows + columns
    return _Lowered(
        tuple(a_names.index(name) for name in (*batch, *rows, *summed)),
        (*each, together(rows), together(summed)),
        tuple(b_names.index(name) for name in (*batch, *summed, *columns)),
        (*each, together(summed), together(columns)),
        tuple(length[name] for name in result),
        tuple(result.index(name) for name in out),
    )
