"""What takes longer than a frame is made behind the screen: it goes on, says how far it is, and Esc stops it."""

import asyncio
from collections.abc import Callable
from functools import partial
from threading import Event

import pytest
from textual.pilot import Pilot

from attn_explore.explorer.screens import working
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.working import Work
from attn_explore.explorer.session import edits, gradients
from attn_explore.explorer.session.run import Run
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.timeline import Timeline
from attn_explore.model.ops import is_gradient
from attn_explore.model.problems import Problem
from tests.explorer.conftest import Explore, settled
from tests.standing import press_meanwhile

WEIGHTS = "encoder.layers.0.self_attention.weights"


def screen(pilot: Pilot[None]) -> ExplorerScreen:
    assert isinstance(pilot.app.screen, ExplorerScreen)
    return pilot.app.screen


def bottom(pilot: Pilot[None]) -> str:
    """The timeline and the keys."""
    return "\n".join(pilot.app.screen.query_one(widget).render_line(0).text for widget in (Timeline, KeyBar))


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is taken to be long, and so made by the worker."""
    monkeypatch.setattr(working, "AT_ONCE", 0)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch, long: None) -> Event:
    """Nothing is made before this event."""
    found = Event()

    def waiting(kind: str, nbytes: int, make: Callable[[object], object]) -> Callable[[object], object]:
        def wait_and_make(on_step: object) -> object:
            assert found.wait(60)
            return make(on_step)

        return wait_and_make

    monkeypatch.setattr(working.Working, "measured", lambda _, *told: waiting(*told))
    return found


async def test_while_an_edit_is_made_the_screen_goes_on(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        before = session.run
        await press_meanwhile(pilot, "e", *"0.9", "enter", "right", "left", "h", "l")
        assert (session.run, session.place.index) == (before, (0, 1, 3))
        assert "running again … 0 of 11 · Esc stops" in bottom(pilot)
        assert "Esc stop" in bottom(pilot)
        gate.set()
        await settled(pilot)
        assert session.place.value.array[0, 1, 3] == 0.9
        assert "is set to 0.9000" in bottom(pilot)
        assert "Esc" not in bottom(pilot)


async def test_escape_stops_an_edit_and_what_was_there_stays(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        before = session.run
        await press_meanwhile(pilot, "e", *"0.9", "enter", "escape")
        assert "stopped" in bottom(pilot)
        gate.set()
        await settled(pilot)
        assert session.run is before
        assert not screen(pilot).work.is_busy
        await pilot.press("ctrl+z")
        assert session.run is before


async def test_what_is_stopped_ends_with_the_next_value(explore: Explore, long: None) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        work, told, reached, gate = screen(pilot).work, [], Event(), Event()

        def make(on_step: Callable[[object], None]) -> None:
            told.append("begun")
            reached.set()
            assert gate.wait(60)
            on_step(None)
            told.append("went on")

        work.do(working.Work("making", make, told.append, told.append, 1.0))  # type: ignore[arg-type]
        assert await asyncio.to_thread(reached.wait, 60)
        assert work.stop()
        gate.set()
        await settled(pilot)
        assert told == ["begun"]


async def test_other_work_takes_the_place_of_what_is_made(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        await press_meanwhile(pilot, "e", *"0.9", "enter", "e", *"0.8", "enter")
        gate.set()
        await settled(pilot)
        assert session.place.value.array[0, 1, 3] == 0.8
        assert len(session.run.scenario.edits) == 1


async def test_an_edit_that_does_not_fit_is_told_in_its_line(
    explore: Explore, long: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Run:
        raise Problem("it does not fit", hint="try another")

    monkeypatch.setattr(edits, "run_with", refuse)
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("e", *"0.9", "enter")
        await settled(pilot)
        assert "it does not fit: try another" in "\n".join(pilot.app.screen.query_one(ArithmeticPanel).text())
        assert not edits.is_edited(session)


async def test_edits_are_dropped_and_made_again_by_the_worker(explore: Explore, long: None) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        for keys, is_edited in (
            (("e", *"0.9", "enter"), True), (("ctrl+z",), False), (("ctrl+y",), True), (("ctrl+x",), False)
        ):  # fmt: skip
            await pilot.press(*keys)
            await settled(pilot)
            assert edits.is_edited(session) is is_edited


async def test_gradients_are_stopped(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await press_meanwhile(pilot, "v")
        assert "walking backwards … · Esc stops" in bottom(pilot)
        await press_meanwhile(pilot, "escape")
        gate.set()
        await settled(pilot)
        assert session.run.output is None
        assert not is_gradient(session.place.value)


async def test_uses_are_looked_for_by_the_worker(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        await press_meanwhile(pilot, "u")
        assert panel.text() == ["looking where it goes …"]
        gate.set()
        await settled(pilot)
        assert panel.text()[0].startswith("Goes into ")


async def test_escape_while_uses_are_looked_for_shows_the_arithmetic_again(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        before = panel.text()
        await press_meanwhile(pilot, "u", "escape")
        gate.set()
        await settled(pilot)
        assert panel.text() == before


async def test_uses_wait_for_what_is_being_made(explore: Explore, gate: Event) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await press_meanwhile(pilot, "e", *"0.9", "enter", "u", "l", "h")
        gate.set()
        await settled(pilot)
        assert edits.is_edited(session)
        assert pilot.app.screen.query_one(ArithmeticPanel).text()[0].startswith("Goes into ")


async def test_what_is_made_is_not_worded_with_all_that_it_is_about(explore: Explore) -> None:
    class Large:
        def __repr__(self) -> str:
            pytest.fail("a large model was worded")

    made: list[Large] = []
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, _):
        make, seconds = partial(lambda large, _: large, Large()), 2 * working.AT_ONCE
        working.Working(screen(pilot), str).do(Work("looking", make, made.append, str, seconds))
        await settled(pilot)
    assert len(made) == 1


async def test_what_was_measured_decides_what_is_made_at_once() -> None:
    work = working.Working(None, lambda _: None)  # type: ignore[arg-type]
    assert work.seconds("edit", 2**10) < working.AT_ONCE < work.seconds("edit", 2**30)
    work.measured("edit", 1, lambda _: gradients)(Counter())
    assert work.seconds("gradients", 2**10) < working.AT_ONCE


async def test_a_session_in_the_background_gets_the_edit_that_was_made_for_it(explore: Explore, gate: Event) -> None:
    async with explore("softmax-vs-relu", WEIGHTS, (0, 0, 0)) as (pilot, session):
        await press_meanwhile(pilot, "e", *"0.9", "enter", "c")
        gate.set()
        await settled(pilot)
        assert isinstance(session, Session)
        assert session.place.value.array[0, 0, 0] == 0.9
        assert session.other is not None
        assert not edits.is_edited(session.other)
