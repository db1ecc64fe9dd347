"""The same cells in two runs: by their words where both have words there, and so across other orders and padding.

Where the words are not the same ones, cells at the same place can be compared still, if it is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attn_explore.model.axes import Axis
from attn_explore.model.cells import Cells, along_axes, cells_of
from attn_explore.model.explain import Index
from attn_explore.model.labels import as_labels
from attn_explore.model.values import Value


def same_numbers(value: Value, other: Value) -> Cells | None:
    """The numbers of `other` at the cells of `value`; None where some of them are not there."""
    if value.names != other.names:
        return None
    places = [_places(axis, against) for axis, against in zip(value.axes, other.axes, strict=True)]
    if all(axis == against for axis, against in zip(value.axes, other.axes, strict=True)):
        return cells_of(other)
    found = tuple(np.asarray(place, np.intp) for place in places if place is not None)
    if len(found) < len(places):
        return None
    return along_axes(other, found) if other.is_large else other.array[np.ix_(*found)]


def same_cell(value: Value, index: Index, other: Value) -> Index | None:
    """The cell of `other` with the words that `index` has in `value`; None where there is none."""
    if value.names != other.names:
        return None
    places = [_place(axis, at, against) for axis, at, against in zip(value.axes, index, other.axes, strict=True)]
    found = tuple(place for place in places if place is not None)
    return found if len(found) == len(places) else None


def numbers_by_place(value: Value, other: Value) -> Cells | None:
    """The numbers of `other` at the same places, whatever words stand there; None where the shapes are not the same."""
    return cells_of(other) if value.names == other.names and value.shape == other.shape else None


def _places(axis: Axis, other: Axis) -> Sequence[int] | None:
    """Where each place of an axis is along another."""
    if axis == other:
        return range(axis.size)
    found = [_place_elsewhere(axis, at, other) for at in range(axis.size)]
    known = [place for place in found if place is not None]
    return known if len(known) == axis.size and (axis.labels is not None or axis.size == other.size) else None


def _place(axis: Axis, at: int, other: Axis) -> int | None:
    return at if axis == other else _place_elsewhere(axis, at, other)


def _place_elsewhere(axis: Axis, at: int, other: Axis) -> int | None:
    if axis.labels is None or other.labels is None:
        return at if axis.size == other.size else None
    if not isinstance(axis.labels, tuple) or not isinstance(other.labels, tuple):
        return as_labels(other.labels).first(axis.labels[at])
    label = axis.labels[at]
    occurrence = axis.labels[:at].count(label)
    places = [place for place, each in enumerate(other.labels) if each == label]
    return places[occurrence] if occurrence < len(places) else None
