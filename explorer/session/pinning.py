"""Two moments of one training: one of them stays as the other run, to compare with those that one goes on to."""

from __future__ import annotations

from dataclasses import replace

from attn_explore.explorer.session.session import Session


def pin(session: Session) -> None:
    """Let the moment that is looked at stay beside those that one goes on to."""
    assert session.moments is not None and session.other is None  # noqa: S101, PT018 (whoever calls has looked)
    scenario = replace(session.scenario, lesson=())  # the lesson is told in one of the two
    pinned = Session(
        session.name,
        scenario,
        session.trace,
        path=session.path,
        unedited=session.unedited,
        moments=session.moments,
        moment=session.moment,
        is_pin=True,
    )
    pinned.first, pinned.other, session.other = session.first, session, pinned
    pinned.label = session.label = session.moments.name(session.moment)
    pinned.meet(session)


def unpin(session: Session) -> Session:
    """Give up the moment that stayed; gives the one run that is left. Raises Problem where an edit needs the other."""
    left = session.other if session.is_pin and session.other is not None else session
    left.let_go()
    left.meet(session)
    return left
