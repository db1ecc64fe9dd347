"""A tensor of a run as a notebook has it: an array whose axes have names, and words along them."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from attn_explore.model import values
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import as_labels
from attn_explore.model.places import axes_meant, index_of, place_on
from attn_explore.model.problems import Problem
from attn_explore.model.text import visible
from attn_explore.model.values import read_only

Place = str | SupportsIndex | slice | EllipsisType
"""Along an axis: a word, a place counted from 0, or a slice of places; `...` stands for all axes that are not named."""

_Along = str | SupportsIndex | slice

PRINTED = 12
"""Rows, columns and heads that are printed of a tensor."""


@dataclass(frozen=True, eq=False, repr=False)
class Value:
    """A tensor of a run: NumPy numbers, a name for each axis, and words along those that have some.

    >>> import attn_explore
    >>> weights = attn_explore.run("i-love-my-dog")["weights"]
    >>> weights
    Value(encoder.layers.0.self_attention.weights: 1 head × query 4 × key 4)
    >>> weights.axes, weights.shape, weights.labels("key")
    (('head', 'query', 'key'), (1, 4, 4), ('I', 'love', 'my', 'dog'))

    Its numbers are a read-only array, which is made when somebody asks for it: of a large model not before.

    >>> weights.array.sum(axis=-1).round(9).tolist()
    [[1.0, 1.0, 1.0, 1.0]]
    >>> import numpy as np
    >>> np.allclose(np.asarray(weights), weights.array)
    True
    """

    _tensor: values.Value
    _title: str = ""
    _whole: values.Value | None = None

    # --- what it is

    @property
    def path(self) -> str:
        """Where it stands in the model: `encoder.layers.0.self_attention.weights`."""
        return self._tensor.path

    @property
    def title(self) -> str:
        """What it is called: `Attention weights`."""
        from attn_explore.explorer.telling.headings import title_alone

        return self._title or title_alone(self._origin)

    @property
    def formula(self) -> str:
        """The equation that it was computed by, in plain Unicode; nothing for what was not computed."""
        from attn_explore.model.formulas import formula

        return "" if self._origin.is_leaf else formula(self._origin)

    @property
    def explanation(self) -> str:
        """Why the step is there, in a paragraph; nothing for what was not computed."""
        from attn_explore.model.explain import explanation

        return "" if self._origin.is_leaf else explanation(self._origin)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The paths of the tensors that it was computed from."""
        return tuple(view.path for view in self._origin.operands)

    @property
    def _origin(self) -> values.Value:
        """The tensor of the run that this is, or is a part of."""
        return self._tensor if self._whole is None else self._whole

    # --- axes

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the axes, in order."""
        return self._tensor.names

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes, in order."""
        return self._tensor.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        return self._tensor.dtype

    def labels(self, axis: str) -> Sequence[str]:
        """The words along an axis, or what else stands there: `head 0`; the number of each place where nothing does.

        Raises Problem for an axis that is not there.

        >>> import attn_explore
        >>> q = attn_explore.run("i-love-my-dog")["q"]
        >>> q.labels("head"), q.labels("token"), q.labels("d_k")
        (('head 0',), ('I', 'love', 'my', 'dog'), ('0', '1', '2', '3', '4'))
        """
        found = next((each for each in self._tensor.axes if each.name == axis), None)
        if found is None:
            hint = f"it has {', '.join(self.axes)}" if self.axes else "it is one number"
            raise Problem(f"there is no axis {axis}", path=self.path, hint=hint)
        labels = found.all_labels
        return tuple(map(found.label, range(found.size))) if labels is None else labels

    # --- numbers

    @property
    def array(self) -> NDArray[Any]:
        """The numbers, in the order of `axes`. They are read only: copy what you want to change."""
        return self._tensor.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.array, dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.array)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("one number has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index: Place | tuple[Place, ...]) -> Any:
        """The number at a place along each axis, or what stands at places along the first ones: a smaller tensor.

        A place is a word or a number, as in `attn-explore show weights[love,dog]`, or a slice. Heads may be left out
        where a word comes first: then all are meant, and the only one is no axis of what is given. Raises Problem that
        says what may be given.

        >>> import attn_explore
        >>> weights = attn_explore.run("i-love-my-dog")["weights"]
        >>> weights["love", "dog"] == weights[0, 1, -1] == weights.array[0, 1, 3].item()
        True
        >>> weights["love"]
        Value(encoder.layers.0.self_attention.weights: key 4)
        >>> weights["cat"]
        Traceback (most recent call last):
        ...
        attn_explore.model.problems.Problem: error: encoder.layers.0.self_attention.weights: there is no cat along query
        hint: there are I, love, my, dog
        """
        places = _places(self._tensor, index if isinstance(index, tuple) else (index,))
        cells = tuple(places.get(name, slice(None)) for name in self.axes)
        array = np.asarray(self._tensor[cells])
        axes = tuple(_cut(axis, place) for axis, place in zip(self._tensor.axes, cells, strict=True))
        kept = tuple(axis for axis in axes if axis is not None)
        if not kept:
            return array.item()
        part = values.Value(self.path, kept, self.dtype, held=read_only(array))
        return Value(part, self._title, self._origin)

    # --- how it is shown

    def __repr__(self) -> str:
        from attn_explore.explorer.telling.headings import shape

        return f"Value({self.path}: {shape(self._tensor)})"

    def __str__(self) -> str:
        """The numbers as a table, with the words along the axes; of a large tensor the first ones."""
        from attn_explore.explorer.telling.plain import table

        return "\n".join(table(self._tensor, PRINTED))

    def _repr_html_(self) -> str:
        from attn_explore.explorer.notebook.tensor_html import tensor_html
        from attn_explore.model.explain import mask_of

        is_whole = self.axes[-2:] == self._origin.names[-2:] and self.shape[-2:] == self._origin.shape[-2:]
        mask = mask_of(self._origin) if is_whole else None
        return tensor_html(self._tensor, self.title, self.formula, mask)


def named(title: str, axes: Sequence[Axis], numbers: Any) -> Value:
    """What a view found, as a tensor with named axes: it is called by its title, and is no step of the run.

    What is counted stays whole numbers, and all else is in double precision.
    """
    found = np.asarray(numbers)
    array = read_only(found if found.dtype.kind == "i" else found.astype(np.float64))
    return Value(values.Value(title, tuple(axes), array.dtype, held=array), title)


def _places(tensor: values.Value, index: tuple[Place, ...]) -> dict[str, int | slice]:
    """The places that are meant, by axis."""
    named = _without_ellipsis(tensor, index)
    typed = list(map(_typed, named))
    axes = axes_meant(tensor, typed)
    if len(named) > len(axes):
        index_of(tensor, typed)  # raises Problem that says what may be given
    is_only_head = axes is not tensor.axes and tensor.axes[0].size == 1
    found: dict[str, int | slice] = {"head": 0} if is_only_head else {}
    return found | {axis.name: _place(axis, each, tensor.path) for axis, each in zip(axes, named, strict=False)}


def _place(axis: Axis, place: _Along, path: str) -> int | slice:
    """A place along an axis as a number; those before 0 are counted from the end, as in NumPy.

    A text is a word, and only where there is no such word what it would be on a command line: `head 1`, `la 6`.
    """
    if isinstance(place, slice):
        return place
    if isinstance(place, str):
        word = None if axis.all_labels is None else as_labels(axis.all_labels).place(visible(place))
        return place_on(axis, place, path) if word is None else word
    number = operator.index(place)
    return place_on(axis, str(number + axis.size if number < 0 else number), path)


def _without_ellipsis(tensor: values.Value, index: tuple[Place, ...]) -> list[_Along]:
    """Whole axes in the stead of `...`, where it stands."""
    named = [each for each in index if not isinstance(each, EllipsisType)]
    if len(named) == len(index):
        return named
    at, whole = index.index(Ellipsis), [slice(None)] * (len(tensor.axes) - len(named))
    return [*named[:at], *whole, *named[at:]]


def _typed(place: _Along) -> str:
    """A place as it is typed on a command line; in the stead of a slice the first place of all."""
    if isinstance(place, str):
        return place
    return "0" if isinstance(place, slice) else str(operator.index(place))


def _cut(axis: Axis, place: int | slice) -> Axis | None:
    """What is left of an axis at some places; None of a single one."""
    if not isinstance(place, slice):
        return None
    places = range(axis.size)[place]
    if places == range(axis.size):
        return axis
    return Axis(axis.name, len(places), tuple(map(axis.label, places)))
