"""Cells by name: `encoder.layers.0.self_attention.scores[0,I,dog]`, with words or numbers as indices."""

from __future__ import annotations

import csv

from attn_explore.model.axes import Axis
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip
from attn_explore.model.values import Value

_LONGEST = 60
_DIGITS = 10


def place_along(axis: Axis, where: str | int) -> int | None:
    """Where a label stands first along an axis, or an index from 0; None where there is no such place."""
    if isinstance(where, int):
        return where if 0 <= where < axis.size else None
    labels = axis.all_labels or ()
    if where in labels:
        return labels.index(where)
    label, _, number = where.rpartition(" ")  # as the explorer writes a label that stands more than once: `dog 7`
    place = int(number) if number.isascii() and number.isdecimal() and len(number) < _DIGITS else axis.size
    return place if place < len(labels) and labels[place] == label and labels.count(label) > 1 else None


def choices_along(axis: Axis) -> str:
    """What may be given for a place along an axis."""
    if axis.all_labels is None:
        return f"give an index from 0 to {axis.size - 1}"
    labels = axis.all_labels
    told = (label if labels.count(label) == 1 else f"{label} {place}" for place, label in enumerate(labels[:8]))
    return f"there are {', '.join(clip(label, _LONGEST) for label in told)}"


def split_place(text: str) -> tuple[str, list[str] | None]:
    """A path, and what stands in brackets behind it; a word with a comma may stand in double quotes.

    >>> split_place('logits[dog,"1,000"]')
    ('logits', ['dog', '1,000'])
    >>> split_place("logits")
    ('logits', None)
    """
    path, bracket, rest = text.partition("[")
    if not bracket or not rest.endswith("]"):
        return text, None
    parts = next(csv.reader([" ".join(rest[:-1].split())], skipinitialspace=True), [])
    return path, [part.strip() for part in parts]


def index_of(value: Value, parts: list[str]) -> tuple[int, ...]:
    """The cell that is named by a word or a number for each axis; axes of size 1 may be left out.

    Raises Problem that says what may be given.
    """
    axes = value.axes
    if len(parts) < len(axes):
        axes = tuple(axis for axis in axes if axis.size > 1)
    if len(parts) != len(axes):
        what = f"{len(parts)} indices for {len(value.axes)} axes"
        raise Problem(what, path=value.path, hint=f"give one for each of {', '.join(value.names)}")
    found = {axis.name: _index_along(value, axis, part) for axis, part in zip(axes, parts, strict=True)}
    return tuple(found.get(axis.name, 0) for axis in value.axes)


def row_of(value: Value, parts: list[str]) -> tuple[int, ...]:
    """The first cell of a row, named by a word or a number for each axis but the last; or any cell, by all of them."""
    longer = tuple(axis for axis in value.axes if axis.size > 1)
    for axes in (value.axes, longer):
        if len(parts) == len(axes) - 1 and len(parts) not in (len(value.axes), len(longer)):
            named = zip(axes[:-1], parts, strict=True)
            found = {axis.name: _index_along(value, axis, part) for axis, part in named}
            return tuple(found.get(axis.name, 0) for axis in value.axes)
    return index_of(value, parts)


def _index_along(value: Value, axis: Axis, part: str) -> int:
    """A label counts before a number: a word may be one."""
    place = place_along(axis, part)
    if place is None and part.isascii() and part.isdecimal():
        place = place_along(axis, int(part[:_LONGEST]))
    if place is None:
        what = f"there is no {clip(part, _LONGEST)} along {axis.name}"
        raise Problem(what, path=value.path, hint=choices_along(axis))
    return place
