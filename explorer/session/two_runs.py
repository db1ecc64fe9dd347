"""Two runs: the same value in the other one, its numbers, and the first step at which the two part."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from attn_explore.explorer.session.matching import numbers_by_place, same_cell, same_numbers
from attn_explore.explorer.session.moments import takes_numbers
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.what_if import distances, farthest
from attn_explore.model.axes import Array
from attn_explore.model.cells import Cells, Made
from attn_explore.model.config import Rounding
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


def beside(session: Session, value: Value) -> Value | None:
    """The value of the same path and axes in the other run, where it has one, and both have its numbers."""
    found = session.other.place.find(value.path) if session.other else None
    if found is None or found.names != value.names or value.elsewhere is not None or found.elsewhere is not None:
        return None
    return found


def numbers_beside(session: Session, value: Value) -> Cells | None:
    """The other run's numbers at the cells of a value, where it has them all."""
    found = beside(session, value)
    return same_numbers(value, found) if found is not None else None


@dataclass(frozen=True, eq=False)
class Subtracted:
    """What is taken from the numbers of a value: the other run's at the same words, or else `by_place`."""

    numbers: Cells
    by_place: bool


def rounds(session: Session) -> bool:
    """Whether the parameters of this run or of the other are rounded, and those of one of them are not."""
    return len({run.scenario.model.weights.rounded is None for run in _runs(session)}) > 1


def rounded_and_exact(session: Session) -> tuple[Rounding, Trace, Trace]:
    """What the parameters of one of the two runs are rounded to, its trace, and that of the other."""
    one, other = sorted(_runs(session), key=lambda run: run.scenario.model.weights.rounded is None)
    storage = one.scenario.model.weights.rounded
    if storage is None:
        raise LookupError("no run is rounded")
    return storage, one.trace, other.trace


def _runs(session: Session) -> list[Run]:
    return [each.run for each in (session, session.other) if each is not None]


def difference(array: Array, other: Array) -> Array:
    """One number minus the other, cell by cell; two equal infinities have no difference."""
    with np.errstate(invalid="ignore"):
        return np.where(array == other, 0, array - other)


def differences(value: Value, other: Cells) -> Cells:
    """The numbers of a value minus others of its shape; of a large one, as they are asked for."""
    if not value.is_large:
        return difference(value.array, np.asarray(other[()]))
    return Made(value.shape, lambda index: difference(value[index], other[index]))


def subtracted(session: Session, value: Value) -> Subtracted | None:
    """The other run's numbers, to be subtracted from those of a value; None where the shapes do not allow it."""
    if (by_word := numbers_beside(session, value)) is not None:
        return Subtracted(by_word, by_place=False)
    found = beside(session, value)
    numbers = numbers_by_place(value, found) if found is not None else None
    return Subtracted(numbers, by_place=True) if numbers is not None else None


def cell_beside(session: Session, value: Value, index: Index) -> Index | None:
    """The cell of the other run with the same words, or else at the same place; None where there is none."""
    found = beside(session, value)
    if found is None:
        return None
    by_word = same_cell(value, index, found)
    is_by_place = numbers_beside(session, value) is None and value.shape == found.shape
    return index if is_by_place else by_word


def apart(value: Value, other: Cells) -> Iterator[tuple[int, Array]]:
    """By how much each number of a value differs from others: pieces along the first axis, each with its beginning."""
    for start, part in value.pieces():
        yield start, distances(part, np.asarray(other[slice(start, start + len(part)) if part.ndim else ()]))


def most_apart(session: Session, value: Value) -> Index | None:
    """The cell at which the two runs are farthest apart; None where they are the same there, or not to be compared."""
    other, most, index = subtracted(session, value), 0.0, None
    for start, found in apart(value, other.numbers) if other is not None else ():
        if found.size and found.max() > most:
            first, *rest = (*farthest(found), 0)
            most, index = float(found.max()), (start + first, *rest)[: found.ndim]
    return index


def parting(session: Session, counter: Callable[[Value], object] = lambda _: None) -> Value | None:
    """The first step at which the two runs part: other numbers, or cells that only this one has.

    `counter` hears of each step that is compared.
    """
    for step in session.run.trace.steps.values():
        counter(step)
        numbers = numbers_beside(session, step)
        if numbers is None or any(found.any() for _, found in apart(step, numbers)):
            return step
    return None


def let_go(session: Session) -> None:
    """Have no other run any more. Raises Problem where an edit takes numbers from it; undone ones are forgotten."""
    if takes_numbers(session.run.scenario):
        raise Problem("an edit takes numbers from the other run", hint="take it back first (Ctrl+Z)")
    for runs in (session.history.behind, session.history.ahead):
        runs[:] = [run for run in runs if not takes_numbers(run.scenario)]
    session.other, session.label = None, ""
