"""Pictures of the values of a session: by themselves, beside the other run's, or their difference."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from explorer.grid import Picture
from explorer.session import Session
from model.explain import mask_of
from model.values import Value


class Side(StrEnum):
    """How two runs are looked at."""

    one = "one run"
    beside = "side by side"
    difference = "difference"


def pictures(session: Session, side: Side) -> list[Picture]:
    """What is drawn of the value that is looked at: one picture, or two on one scale of colours.

    Where the other run has no such step of this shape, the value stands alone.
    """
    value = session.value
    own = _own(session, value)
    other = session.counterpart(value)
    if other is None or session.other is None or side is Side.one:
        return [own]
    if side is Side.beside:
        return list(own.together(_own(session.other, other)))
    with np.errstate(invalid="ignore"):
        difference = np.where(value.array == other.array, 0, value.array - other.array)
    return [Picture(difference, value.axes)]


def _own(session: Session, value: Value) -> Picture:
    moved = session.moved(value)
    picture = picture_of(value, mask_of(value))
    return picture if moved is None else replace(picture, moved=moved != 0)


@lru_cache(maxsize=8)
def picture_of(value: Value, mask: Value | None) -> Picture:
    """The picture of a value; `mask` (query, key) is −∞ where its cells are masked.

    The last few are kept, since every number is looked at to make one.
    """
    return Picture(value.array, value.axes, None if mask is None else np.isneginf(mask.array))
