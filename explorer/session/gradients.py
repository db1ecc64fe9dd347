"""The gradients of a run: of which number, and from a number to its gradient and back."""

from __future__ import annotations

from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.model.ops import differentiated, is_gradient
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.problems import Problem
from attn_explore.model.scenario_gradients import record_output, with_gradients, with_output, without_gradients
from attn_explore.model.trace import Listener
from attn_explore.model.values import Value

Runs = tuple[Run, Run | None]
"""The run with gradients, and the one beside it where that has to have other ones, too."""


def differentiate(session: Session, of: str | None = None) -> None:
    """Add the gradients of a number that is named as in a scenario, or of the one that tells most, and no others.

    Raises Problem when there is no such number, and then nothing has changed.
    """
    take_gradients(session, runs_with_gradients(session, of))


def runs_with_gradients(session: Session, of: str | None, on_step: Listener | None = None) -> Runs:
    """The runs that `take_gradients` takes: for another thread to make. Raises Problem when there is no such number."""
    run = run_with_gradients(session.run, of, on_step)
    return run, _run_beside(session, run, on_step)


def run_with_gradients(run: Run, of: str | None = None, on_step: Listener | None = None) -> Run:
    """The run with the gradients of a number. Raises Problem when there is no such number."""
    from attn_explore.explorer.system.free_memory import free_memory  # asked only here

    if run.trace.nbytes * (1 if run.unedited is None else 2) > free_memory():
        raise Problem("the gradients would take more memory than there is", hint="choose a smaller model")
    trace = without_gradients(run.trace, on_step)
    record_output(trace, run.scenario, of)
    trace.on_step = None  # whoever listened is done
    scenario = with_output(run.scenario, trace)
    unedited = None if run.unedited is None else with_gradients(run.unedited, scenario, on_step)
    return Run(scenario, trace, unedited, run.moment)


def take_gradients(session: Session, runs: Runs) -> None:
    """Look at the same place in the runs with gradients."""
    run, beside = runs
    session.take(run)
    if session.other is not None and beside is not None:
        session.other.take(beside)


def match_gradients(session: Session) -> None:
    """Let the other run have the gradients of the same number, where it has that number."""
    take_gradients(session, (session.run, _run_beside(session, session.run)))


def _run_beside(session: Session, run: Run, on_step: Listener | None = None) -> Run | None:
    """The other run with the gradients of the same number; None where it has them, or has no such number."""
    wanted, other = run.scenario.gradients, session.other
    if other is None or wanted is None or other.run.scenario.gradients == wanted:
        return None
    try:
        return run_with_gradients(other.run, wanted.of, on_step)
    except Problem:
        return None


def flipped(session: Session) -> Value | None:
    """The gradient by the value that is looked at, or what a gradient is by; None where there is none."""
    value = session.place.value
    return differentiated(value) if is_gradient(value) else session.run.trace.steps.get(f"{PREFIX}{value.path}")


def flip(session: Session) -> bool:
    """Look at the same cell of the gradient by this value, or of what a gradient is by; False without one."""
    value = flipped(session)
    if value is not None:
        session.place.show(value, session.place.index)
    return value is not None
