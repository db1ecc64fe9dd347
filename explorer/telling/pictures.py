"""Pictures of the values of a session: by themselves, beside the other run's, or their difference."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

import numpy as np

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.model.explain import mask_of
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
        ends = [Picture(picture.array[..., 1:], picture.axes).end for picture in drawn]
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
    return [own] if found is None else [Picture(two_runs.difference(value.array, found.numbers), value.axes)]


def _own(session: Session, value: Value) -> Picture:
    effect, question = session.run.effect_on(value), session.question
    picture = picture_of(value, mask_of(value))
    if effect is not None:
        picture = replace(picture, changed=effect != 0)
    hidden = question.hides(value) if question is not None else None
    if hidden is not None:
        veiled = np.zeros(value.shape, bool)
        veiled[hidden] = True
        picture = replace(picture, array=np.where(veiled, 0, value.array), veiled=veiled)  # nor do the colours tell
    return picture


@lru_cache(maxsize=8)
def picture_of(value: Value, mask: Value | None) -> Picture:
    """The picture of a value; `mask` (query, key) is −∞ where its cells are masked.

    The last few are kept, since every number is looked at to make one.
    """
    picture = Picture(value.array, value.axes, None if mask is None else np.isneginf(mask.array))
    return replace(picture, scale=(picture.end, True)) if is_gradient(value) else picture  # the sign is what matters
