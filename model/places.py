"""Cells by name: `encoder.layers.0.self_attention.scores[head 0, I, dog]`, a step and a place along each of its axes.

How a place is written is said in `naming`. Axes of size 1 may be left out, the heads first.
"""

from __future__ import annotations

from attn_explore.model.axes import Axis
from attn_explore.model.naming import name_along, place_named, split_names
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip
from attn_explore.model.values import Value

_LONGEST = 60
_CHOICES = 8


def choices_along(axis: Axis) -> str:
    """What may be given for a place along an axis."""
    if axis.all_labels is None:
        return f"give an index from 0 to {axis.size - 1}"
    told = (clip(name_along(axis, place), _LONGEST) for place in range(min(axis.size, _CHOICES)))
    return f"there are {', '.join(told)}"


def split_place(text: str) -> tuple[str, list[str] | None]:
    """A path, and the names of places that stand in brackets behind it; None where there are no brackets.

    >>> split_place('logits[dog,"1,000"]')
    ('logits', ['dog', '"1,000"'])
    >>> split_place("logits")
    ('logits', None)
    """
    path, bracket, rest = text.partition("[")
    if not bracket or not rest.endswith("]"):
        return text, None
    return path, split_names(rest[:-1])


def index_of(value: Value, names: list[str]) -> tuple[int, ...]:
    """The cell that is named by a place for each axis; axes of size 1 may be left out.

    Raises Problem that says what may be given.
    """
    axes = _named_axes(value.axes, len(names))
    if len(axes) != len(names):
        what = f"{len(names)} indices for {len(value.axes)} axes"
        raise Problem(what, path=value.path, hint=f"give one for each of {', '.join(value.names)}")
    return _index(value, axes, names)


def row_of(value: Value, names: list[str]) -> tuple[int, ...]:
    """The first cell of a row, named by a place along each axis but the last; or any cell, by all of them."""
    longer = tuple(axis for axis in value.axes if axis.size > 1)
    for axes in (value.axes, longer):
        if len(names) == len(axes) - 1 and len(names) not in (len(value.axes), len(longer)):
            return _index(value, axes[:-1], names)
    return index_of(value, names)


def _index(value: Value, axes: tuple[Axis, ...], names: list[str]) -> tuple[int, ...]:
    """The cell at the places that are named along some axes, and at the first along the others."""
    found = {axis.name: _place(value, axis, name) for axis, name in zip(axes, names, strict=True)}
    return tuple(found.get(axis.name, 0) for axis in value.axes)


def _named_axes(axes: tuple[Axis, ...], count: int) -> tuple[Axis, ...]:
    """The axes that so many names are for: those of size 1 are left out until they are as many, the heads first."""
    single = sorted((axis for axis in axes if axis.size == 1), key=lambda axis: axis.name != "head")
    left_out = single[: max(0, len(axes) - count)]
    return tuple(axis for axis in axes if axis not in left_out)


def _place(value: Value, axis: Axis, name: str) -> int:
    place = place_named(axis, name)
    if place is None:
        what = f"there is no {clip(name, _LONGEST)} along {axis.name}"
        raise Problem(what, path=value.path, hint=choices_along(axis))
    return place
