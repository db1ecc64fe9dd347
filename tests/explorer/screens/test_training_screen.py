"""The training in the explorer: the line of its moments, the keys, and two moments side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.moments import Moments
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline, TrainingLine
from attn_explore.model.trace import Trace
from tests.explorer.conftest import Explore, app_of, session_of, settled
from tests.standing import press_meanwhile, until
from tests.trained import record, trained

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"

LESSON = f"""
lesson:
  - {{at: {WEIGHTS}, moment: 0, say: At the beginning.}}
  - {{at: {WEIGHTS}, say: At the end.}}
"""


@asynccontextmanager
async def exploring(
    folder: Path, step: str = WEIGHTS, more: str = "", size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[Pilot[None], Session]]:
    """The explorer on the trained scenario."""
    session = session_of(str(trained(folder, more)), step)
    async with app_of(session).run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot, session


def line(pilot: Pilot[None], widget: type[TrainingLine | Timeline | Heading] = TrainingLine) -> str:
    """What a widget shows on its first line."""
    return pilot.app.screen.query_one(widget).render_line(0).text


def screen(pilot: Pilot[None]) -> ExplorerScreen:
    assert isinstance(pilot.app.screen, ExplorerScreen)
    return pilot.app.screen


# --- the line


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_line_tells_how_far_the_training_had_come(tmp_path: Path, size: tuple[int, int]) -> None:
    async with exploring(tmp_path, size=size) as (pilot, _):
        assert "trained 300 of 300 steps · loss 6.3e-6 · held out 100%" in line(pilot)
        assert line(pilot).count("●") == 6
        await pilot.press(*"<<<<")
        assert "trained 100 of 300 steps · loss 0.1002 · held out 79%" in line(pilot)
        assert (line(pilot).count("●"), line(pilot).count("○")) == (2, 4)


async def test_in_the_smallest_terminal_the_line_tells_less(tmp_path: Path) -> None:
    async with exploring(tmp_path, size=(60, 16)) as (pilot, _):
        assert "loss 6.3e-6" in line(pilot)
        assert "held out" not in line(pilot)


async def test_without_a_training_there_is_no_such_line(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        assert not screen(pilot).query_one(TrainingLine).display
        path = session.place.value.path
        await pilot.press(*"<>()rM")
        assert session.place.value.path == path
        assert session.other is None


async def test_a_terminal_that_is_too_small_does_not_show_it(tmp_path: Path) -> None:
    async with exploring(tmp_path, size=(50, 12)) as (pilot, _):
        assert not screen(pilot).query_one(TrainingLine).display


# --- keys


async def test_the_keys_go_along_the_training_and_the_grid_follows(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        grid = screen(pilot).query_one("#grid", TensorGrid)
        await pilot.press(*"<<")
        assert session.run.moment == 4
        assert grid._picture is not None
        np.testing.assert_array_equal(grid._picture.array, session.run.trace[WEIGHTS].array)
        await pilot.press(">")
        assert session.run.moment == 5
        await pilot.press("(")
        assert session.run.moment == 0
        await pilot.press("<")
        assert session.run.moment == 0
        await pilot.press(")")
        assert session.run.moment == 6
        assert session.place.value.path == WEIGHTS


async def test_a_parameter_follows_the_moment(tmp_path: Path) -> None:
    async with exploring(tmp_path, "head.w") as (pilot, session):
        await pilot.press(*"<<<")
        np.testing.assert_array_equal(session.place.value.array, record().moments["head.w"][3])
        assert "after 150 steps of training" in screen(pilot).query_one("#heading", Heading).render_line(1).text


async def test_a_click_goes_to_a_moment(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        width = screen(pilot).query_one(TrainingLine).size.width
        await pilot.click(TrainingLine, offset=(line(pilot).index("●") + 1, 0))
        assert session.run.moment == 0
        await pilot.click(TrainingLine, offset=(width, 0))
        assert session.run.moment == 6
        assert session.place.value.path == WEIGHTS


async def test_a_click_on_the_other_line_still_goes_to_a_step(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.click(Timeline, offset=(line(pilot, Timeline).index("●") + 1, 0))
        assert session.place.position == 0
        assert session.run.moment == 6


async def test_r_plays_the_training_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press(*"--r")
        assert session.run.moment == 0
        await pilot.press(*"+++++")
        assert "▶ 8 moments/s" in line(pilot, Timeline)
        await until(pilot, lambda: session.run.moment == 6 and not screen(pilot).groups.player.is_playing)
        assert "▶" not in line(pilot, Timeline)
        assert session.place.value.path == WEIGHTS


async def test_playing_the_training_pauses(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press(*"(+++r")
        await until(pilot, lambda: session.run.moment >= 2)
        await pilot.press("space")
        here = session.run.moment
        assert "‖" in line(pilot, Timeline)
        await pilot.pause(0.3)
        assert session.run.moment == here


async def test_enter_on_a_curve_goes_to_the_moment_under_the_cursor(tmp_path: Path) -> None:
    async with exploring(tmp_path, "experiment.held_out_right") as (pilot, session):
        await pilot.press("P", "h", "h", "h", "enter")
        assert session.run.moment == 3
        assert session.place.value.path == "experiment.held_out_right"


async def test_enter_on_a_step_of_the_loss_goes_to_the_nearest_moment(tmp_path: Path) -> None:
    async with exploring(tmp_path, "experiment.loss") as (pilot, session):
        session.place.move_to((110,))
        await pilot.press("enter")
        assert (session.run.moment, session.place.index) == (2, (99,))


async def test_the_tree_tells_of_the_run_at_the_moment(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press("e", *"zero", "enter", "<")
        moves = session.run.effect_on(session.run.trace["logits"])
        assert moves is not None
        tree = screen(pilot).query_one(StepTree)
        assert f"Δ{moves.max():.2g}" in str(tree._by_path["logits"].label)


# --- two moments


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_pinned_moment_stands_beside_the_others(tmp_path: Path, size: tuple[int, int]) -> None:
    async with exploring(tmp_path, size=size) as (pilot, session):
        await pilot.press("M", *"<<<<", "d")
        titles = [heading.render_line(0).text for heading in screen(pilot).query(Heading)]
        for title, step in zip(titles, ("step 100", "step 300"), strict=True):
            assert title.startswith((f"Attention weights · {step} ", f" Attention weights · {step} "))
        grids = [grid._picture for grid in screen(pilot).query(TensorGrid) if grid.display]
        for picture, moment in zip(grids, (2, 6), strict=True):
            assert picture is not None
            np.testing.assert_array_equal(picture.array, session.moments.trace(  # type: ignore[union-attr]
                session.run.scenario, moment, session.run.trace)[WEIGHTS].array)  # fmt: skip
        assert "◆" in line(pilot)
        await pilot.press("d")
        assert "step 100 − step 300" in line(pilot, Heading)


async def test_c_shows_the_pinned_moment_which_can_be_left_too(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press("M", "(", "c")
        other = screen(pilot).state.session
        assert other is session.other
        await pilot.press("<")
        assert (other.run.moment, session.run.moment) == (5, 0)
        await pilot.press("c")
        assert screen(pilot).state.session is session


async def test_pressed_again_it_is_given_up(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press("M", "<", "d", "c", "M")
        assert screen(pilot).state.session is session
        assert session.other is None
        assert screen(pilot).state.side is Side.one
        assert "◆" not in line(pilot)
        assert "step" not in line(pilot, Heading)


async def test_where_two_runs_are_compared_no_moment_is_pinned(tmp_path: Path) -> None:
    async with exploring(tmp_path, more=f"compare: {{edits: [{{at: {WEIGHTS}, zero: true}}]}}") as (pilot, session):
        other = session.other
        await pilot.press("M", "<")
        assert session.other is other
        assert other is not None
        assert other.run.moment == 5


async def test_numbers_that_an_edit_takes_keep_the_pin(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press("M", "(", "e", *"swap", "enter", "M")
        assert session.other is not None
        await pilot.press("ctrl+z", "M")
        assert session.other is None


# --- lessons, and runs that take long


async def test_a_lesson_goes_to_the_moments_of_its_stops(tmp_path: Path) -> None:
    async with exploring(tmp_path, more=LESSON) as (pilot, session):
        await pilot.press("L")
        assert "trained   0 of 300" in line(pilot)
        await pilot.press("right")
        assert (session.lesson.place, session.run.moment) == (1, 6)
        await pilot.press("left", ">")
        assert (session.lesson.place, session.run.moment) == (0, 1)
        assert session.stop is session.lesson.stop


def slow(session: Session, monkeypatch: pytest.MonkeyPatch) -> Event:
    """Let every run of a moment take until an event, and be known to take long."""
    assert session.moments is not None
    session.moments.seconds, gate, moments, make = 1.0, Event(), session.moments, session.moments.trace

    def waiting(*arguments: Any, **options: Any) -> Trace:
        assert gate.wait(60)
        found = make(*arguments, **options)
        moments.seconds = 1.0
        return found

    monkeypatch.setattr(moments, "trace", waiting)
    return gate


async def test_a_run_that_takes_long_is_made_by_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with exploring(tmp_path) as (pilot, session):
        gate = slow(session, monkeypatch)
        await press_meanwhile(pilot, "<", "<")  # the second goes on from where the first has set out for
        assert session.run.moment == 6
        assert "running step 200 … 0 of " in line(pilot, Timeline)
        assert line(pilot, Timeline).rstrip().endswith(" · Esc stops")
        gate.set()
        await settled(pilot)
        assert session.run.moment == 4
        assert "running" not in line(pilot, Timeline)


async def test_a_stop_whose_run_takes_long_is_gone_to_when_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with exploring(tmp_path, more=LESSON) as (pilot, session):
        stepping.follow_lesson(session, 0)
        session.moments = Moments(record())  # of which nothing is known
        gate = slow(session, monkeypatch)
        await press_meanwhile(pilot, "right")
        assert (session.lesson.place, session.run.moment) == (0, 0)
        gate.set()
        await settled(pilot)
        assert (session.lesson.place, session.run.moment) == (1, 6)


async def test_an_edit_that_does_not_fit_a_moment_is_told_and_nothing_changes(tmp_path: Path) -> None:
    async with exploring(tmp_path) as (pilot, session):
        await pilot.press("M", "(", "e", *"swap", "enter")
        assert session.other is not None
        session.other.run.trace.steps.pop(WEIGHTS)  # as after a generation that ended earlier
        before = session.run.trace
        await pilot.press(">")
        assert session.run.trace is before
        assert session.run.moment == 0
