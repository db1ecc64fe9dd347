"""An explorer over a scenario, driven by a pilot."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.session.opening import Source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario
from tests.standing import still

Explore = Callable[..., AbstractAsyncContextManager[tuple[Pilot[None], Session]]]


def session_of(wanted: str, step: str = "", index: tuple[int, ...] | None = None) -> Session:
    """A session over a bundled scenario, a file, or the text of a scenario, at some step and cell."""
    known = bundled() | ({wanted: Path(wanted)} if wanted.endswith(".yaml") else {})
    scenario: Scenario = read_scenario(known[wanted]) if wanted in known else parse_scenario(wanted)
    source = Source(wanted if wanted in bundled() else "test", known.get(wanted, Path("test.yaml")), scenario)
    session = start(source, Limits(2**33))
    if step:
        session.place.show(session.run.trace[step], index)
    return session


def app_of(session: Session) -> ExplorerApp:
    """The application that shows a session."""
    return ExplorerApp(lambda _: session, session.name)


async def settled(pilot: Pilot[None]) -> None:
    """Wait until the explorer stands."""
    await still(pilot.app)


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """What whoever runs the tests says of colours is left out."""
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def explore() -> Explore:
    """`async with explore("i-love-my-dog", step, size=(120, 40)) as (pilot, session)`."""

    @asynccontextmanager
    async def opened(
        wanted: str, step: str = "", index: tuple[int, ...] | None = None, size: tuple[int, int] = (120, 40)
    ) -> AsyncIterator[tuple[Pilot[None], Session]]:
        session = session_of(wanted, step, index)
        async with app_of(session).run_test(size=size) as pilot:
            await settled(pilot)
            yield pilot, session

    return opened
