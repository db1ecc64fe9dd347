"""Two moments of one training: one of them stays as the other run, to compare with those that one goes on to."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.explorer.session.session import Session
from attn_explore.explorer.session.two_runs import let_go


def pin(session: Session) -> None:
    """Let the moment that is looked at stay beside those that one goes on to."""
    assert session.moments is not None and session.other is None  # noqa: S101, PT018 (whoever calls has looked)
    scenario = replace(session.run.scenario, lesson=())  # the lesson is told in one of the two
    label = session.moments.name(session.run.moment)
    pinned = Session(
        session.name,
        replace(session.run, scenario=scenario),
        path=session.path,
        moments=session.moments,
        label=label,
        other=session,
        is_pin=True,
        called=session.called,
    )
    pinned.first, session.other, session.label = session.first, pinned, label
    pinned.place.meet(session.place)


def unpin(session: Session) -> Session:
    """Give up the moment that stayed; gives the one run that is left. Raises Problem where an edit needs the other."""
    left = session.other if session.is_pin and session.other is not None else session
    let_go(left)
    left.place.meet(session.place)
    return left
