"""Two runs: the same value in the other one, its numbers, and the first step at which the two part."""

from __future__ import annotations

from attn_explore.explorer.session.matching import same_numbers
from attn_explore.explorer.session.moments import takes_numbers
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.what_if import distances
from attn_explore.model.axes import Array
from attn_explore.model.problems import Problem
from attn_explore.model.values import Value


def beside(session: Session, value: Value) -> Value | None:
    """The value of the same path and axes in the other run, where it has one."""
    found = session.other.place.find(value.path) if session.other else None
    return found if found is not None and found.names == value.names else None


def numbers_beside(session: Session, value: Value) -> Array | None:
    """The other run's numbers at the cells of a value, where it has them all."""
    found = beside(session, value)
    return same_numbers(value, found) if found is not None else None


def parting(session: Session) -> Value | None:
    """The first step at which the two runs part: other numbers, or cells that only this one has."""
    for step in session.run.trace.steps.values():
        numbers = numbers_beside(session, step)
        if numbers is None or distances(step.array, numbers).any():
            return step
    return None


def let_go(session: Session) -> None:
    """Have no other run any more. Raises Problem where an edit takes numbers from it; undone ones are forgotten."""
    if takes_numbers(session.run.scenario):
        raise Problem("an edit takes numbers from the other run", hint="take it back first (Ctrl+Z)")
    for runs in (session.history.behind, session.history.ahead):
        runs[:] = [run for run in runs if not takes_numbers(run.scenario)]
    session.other, session.label = None, ""
