"""The same place with the weights of another moment of the training."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.explorer.session.moments import AT_ONCE, Moments
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.model.scenario import Scenario
from attn_explore.model.trace import Listener, Trace

Runs = tuple[Run, Run | None]
"""The run at a moment, and that of the other training which is compared, where it goes along."""


def go_to_moment(session: Session, moment: int) -> bool:
    """Look at the same cell with the weights of another moment; False where that is this one.

    Raises Problem where an edit does not fit the run of that moment, and then nothing has changed.
    """
    if session.moments is None or moment == session.run.moment:
        return False
    take_runs(session, runs_at(session, moment))
    return True


def runs_at(session: Session, moment: int, on_step: Listener | None = None) -> Runs:
    """The runs that `take_runs` takes: for another thread to make. Raises Problem where an edit does not fit.

    Another training that is compared goes along, as far as it has that moment.
    """
    run, other = session.run, session.other
    beside = None
    if other is not None and session.moments is not None and session.moments.goes_along(other.moments, moment):
        beside = run_at(other, moment, other.run.scenario, session.run.trace, on_step)
    second = beside.trace if beside else other.run.trace if other else None
    return run_at(session, moment, run.scenario, second, on_step), beside


def take_runs(session: Session, runs: Runs) -> None:
    """Look at the same place in the runs of another moment."""
    run, beside = runs
    if session.other is not None and beside is not None:
        _take(session.other, beside)
    _take(session, run)


def _take(session: Session, run: Run) -> None:
    second = session.other.run.trace if session.other else None
    _moments_of(session).keep(session.run.scenario, session.run.moment, session.run.trace, second)
    session.take(run)


def run_at(
    session: Session, moment: int, scenario: Scenario, second: Trace | None, on_step: Listener | None = None
) -> Run:
    """The run of a scenario at a moment, known from then on. Raises Problem where an edit does not fit.

    `second` is the run from which an edit may take numbers.
    """
    known, before = _moments_of(session), session.run.unedited or session.run.trace
    clean = replace(scenario, edits=(), input=session.first.input)
    unedited = known.trace(clean, moment, before, on_step=on_step) if clean != scenario else None
    trace = known.trace(scenario, moment, unedited or session.run.trace, second, on_step)
    return Run(scenario, trace, unedited, moment)


def is_at_hand(session: Session, moment: int) -> bool:
    """Whether the run at a moment is there before the next frame."""
    if session.moments is None or moment == session.run.moment or session.moments.seconds < AT_ONCE:
        return True
    second = session.other.run.trace if session.other else None
    return session.moments.known(session.run.scenario, moment, second) is not None


def _moments_of(session: Session) -> Moments:
    assert session.moments is not None  # noqa: S101 (nothing else goes to a moment)
    return session.moments
