"""Bundled scenarios that were opened once, for all tests that look at what they compute and change nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.session.opening import Source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.scenario import Scenario, read_scenario
from attn_explore.model.trace import Trace


@dataclass(frozen=True, eq=False)
class Opened:
    """A scenario as it was read, and as it was run; `kept` is never handed out."""

    name: str
    scenario: Scenario
    kept: Session

    @property
    def trace(self) -> Trace:
        """What the run computed, which is read only."""
        return self.kept.run.trace

    def session(self) -> Session:
        """A session of one's own over the run, and over the one that it is compared with."""
        session = _again(self.kept)
        if self.kept.other is not None:
            session.other = _again(self.kept.other)
            session.other.other = session
        return session


def opened(name: str) -> Opened:
    """Open a bundled scenario."""
    path = bundled()[name]
    scenario = read_scenario(path)
    return Opened(name, scenario, start(Source(name, path, scenario), Limits(2**33)))


def _again(session: Session) -> Session:
    return Session(session.name, session.run, session.path, session.notes, session.moments, session.label)


NAMES = tuple(pytest.param(name, id=name, marks=pytest.mark.xdist_group(name)) for name in bundled())
"""The names of all bundled scenarios, as parameters: what takes long in a run is done in one process alone."""

EVERY = pytest.mark.parametrize("scenario", NAMES, indirect=True, scope="session")
"""A test of every bundled scenario; pytest takes the tests of one scenario together, so that each is run once."""

EVERY_BUT_WIDE = pytest.mark.parametrize(
    "scenario", [name for name in NAMES if name.id != "wide"], indirect=True, scope="session"
)
"""A test whose time goes with the number of cells."""
