"""Pictures of the values of a session: by themselves, beside the other run's, or their difference."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.what_if import distances
from attn_explore.model.cells import Cells, InBlocks, Made, cells_of, is_by_columns, places_hidden, sample
from attn_explore.model.explain import Index, mask_of
from attn_explore.model.ops import is_gradient
from attn_explore.model.values import Value


class Side(StrEnum):
    """How two runs are looked at."""

    one = "one run"
    beside = "side by side"
    difference = "difference"

    @property
    def following(self) -> Side:
        """What `d` shows next."""
        sides = list(Side)
        return sides[(sides.index(self) + 1) % len(sides)]


def may_leave_first(value: Value) -> bool:
    """Whether a value says how much each word takes from others, of which the first may drown the rest."""
    return value.names[-1:] == ("key",) and value.shape[-1] > 1 and "query" in value.names


def pictures(session: Session, side: Side, leaves_first: bool = False) -> list[Picture]:
    """What is drawn of the value that is looked at: one picture, or two on one scale of colours.

    Where the other run has no such step, or not all of its cells, the value stands alone. `leaves_first`: the colours
    of attention end where they would without the first token.
    """
    drawn = _pictures(session, side)
    if leaves_first and may_leave_first(session.place.value):
        ends = [_without_first(session.place.value, picture).end for picture in drawn]
        drawn = [replace(picture, scale=(max(ends), picture.is_signed)) for picture in drawn]
    return drawn


def _pictures(session: Session, side: Side) -> list[Picture]:
    value = session.place.value
    own = _own(session, value)
    if session.question is not None:
        return [own]  # the other run would tell the answer
    if side is Side.beside and session.other is not None:
        other = two_runs.beside(session, value)
        return [own] if other is None else list(own.together(_own(session.other, other)))
    found = two_runs.subtracted(session, value) if side is Side.difference else None
    return [own] if found is None else [_drawn(value, two_runs.differences(value, found.numbers))]


def _own(session: Session, value: Value) -> Picture:
    picture, question = picture_of(value, mask_of(value)), session.question
    if (changed := _changed(session, value)) is not None:
        picture = replace(picture, changed=changed)
    hidden = question.hides(value) if question is not None else None
    if hidden is not None:
        veiled = places_hidden(value.shape, hidden)
        numbers = Made(value.shape, lambda index: np.where(veiled[index], 0, value[index]))
        picture = replace(_drawn(value, numbers), hidden=picture.hidden, veiled=veiled)  # nor do the colours tell
    return picture


def _changed(session: Session, value: Value) -> Cells | None:
    """Which numbers of a value the edits changed; None where none of them did, as far as that is known."""
    if not value.is_large:
        effect = session.run.effect_on(value)
        return None if effect is None else effect != 0
    before = session.run.before(value)
    return None if before is None else Made(value.shape, lambda index: distances(value[index], before[index]) != 0)


def _drawn(value: Value, numbers: Cells) -> Picture:
    """The picture of a value, or of other numbers of its shape."""
    if not value.is_large:
        return Picture(np.asarray(numbers[()]), value.axes)
    by_columns = is_by_columns(value)
    return Picture(InBlocks(numbers, by_columns), value.axes, sample=sample(value, numbers), is_by_columns=by_columns)


def _without_first(value: Value, picture: Picture) -> Picture:
    """The picture without the first token, whose scale is wanted."""
    if picture.sample is not None:
        return replace(picture, sample=sample(value, picture.array, leave=1))
    return Picture(np.asarray(picture.array[()])[..., 1:], picture.axes)


def look_at(value: Value, index: Index) -> None:
    """Make what is drawn first of a value that is too large to be held: a sample, and the rows around a cell."""
    numbers, here = picture_of(value, mask_of(value)).array, [slice(place, place + 1) for place in index[-2:]]
    _ = numbers[(*index[:-2], *here)]


@lru_cache(maxsize=8)
def picture_of(value: Value, mask: Value | None) -> Picture:
    """The picture of a value; `mask` (query, key) is −∞ where its cells are masked.

    The last few are kept, since every number is looked at to make one.
    """
    picture = _drawn(value, cells_of(value))
    if mask is not None:
        picture = replace(picture, hidden=np.isneginf(mask.array))
    return replace(picture, scale=(picture.end, True)) if is_gradient(value) else picture  # the sign is what matters
