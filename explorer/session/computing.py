"""Computing what a run left for later, for another thread: one value and what it is made of, or every step in order."""

from __future__ import annotations

from attn_explore.explorer.session.run import Run
from attn_explore.explorer.system.counter import Counter
from attn_explore.model.values import Value

FEW = 2**23
"""Bytes of stored numbers that are read while the screen waits."""

_READ_BY_ROWS = ("lookup", "rows")
"""Operations that read some rows of a table, which may have one for each word of a large vocabulary."""


def is_there(value: Value) -> bool:
    """Whether a value can be shown at once: it holds its numbers, and so does what it is made of."""
    return not any(each.is_away for each in _shown(value))


def is_soon_there(value: Value) -> bool:
    """Whether nothing is missing but a few numbers that are stored in a file: they are there before the next frame."""
    away = [each for each in _shown(value) if each.is_away]
    return all(each.is_leaf for each in away) and sum(each.nbytes for each in away) <= FEW


def bring(value: Value, counter: Counter) -> None:
    """Compute a value and what its arithmetic shows. Raises Problem where a file is not what it was."""
    for each in _shown(value):
        counter(each)
        _ = each.array


def fill(run: Run, counter: Counter) -> None:
    """Compute every step of a run in order, and look for numbers that are none."""
    for value in run.trace.steps.values():
        counter(value)
        run.look_at(value)


def _shown(value: Value) -> list[Value]:
    """What a value is made of, as far as it is read as a whole, and the value itself, which is wanted longest, last.

    What is too large to be held is made where it is looked at: in its place, what that is made of.
    """
    if not value.is_leaf and value.made_by.name in _READ_BY_ROWS:
        return [value]
    return [each for shown in (*(view.value for view in value.operands), value) for each in _held(shown)]


def _held(value: Value) -> list[Value]:
    if not value.is_large:
        return [value]
    return [each for view in value.operands for each in _held(view.value)]
