"""A stop of a lesson at the moment of training that it is about."""

from __future__ import annotations

from attn_explore.explorer.session import change_moment
from attn_explore.explorer.session.session import Session
from attn_explore.model.lesson import Stop


def stop_then(session: Session, stop: Stop) -> Stop:
    """The stop in the run of that moment; where the session is at that moment, the stop itself."""
    moment = session.lesson.moment_of(stop)
    if session.moments is None or moment == session.run.moment:
        return stop
    return stop.in_run(change_moment.run_at(session, moment, session.run.scenario, None).trace)
