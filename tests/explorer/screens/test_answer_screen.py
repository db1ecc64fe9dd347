"""An answer on the screen: from cell to cell, into the run and back, as a curve, to files and to the clipboard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from attn_explore.explorer.drawing.answer_table import Spot
from attn_explore.explorer.screens.answer_screen import NOWHERE, ONE_RUN, AnswerScreen
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session.reopening import EDITED
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.answers import views
from attn_explore.explorer.telling.answers.answer import Answer, At, Cell, Row
from attn_explore.explorer.telling.answers.answered import Answered, Otherwise
from attn_explore.explorer.telling.headings import run_name
from attn_explore.explorer.widgets.answer_panel import AnswerPanel
from attn_explore.explorer.widgets.gallery_panel import CaptionPanel
from attn_explore.explorer.widgets.plot_panel import PlotPanel
from attn_explore.model.problems import Problem
from tests.explorer.conftest import Explore, settled
from tests.explorer.screens.test_plot_view import screen_text
from tests.standing import press_meanwhile, until

WEIGHTS = "encoder.layers.0.self_attention.weights"
ANSWER = Answer(
    "What is looked at?",
    ("Weights of one head.",),
    "query",
    "key",
    ("I", "love"),
    (
        Row("I", (Cell("0.5", 0.5, At(WEIGHTS, (0, 0, 0)), 0.5), Cell("0.25", 0.25, At(WEIGHTS, (0, 0, 1)), 0.25))),
        Row("love", (Cell(""), Cell("0.125", 0.125, None, 0.125))),
        Row("my", (Cell("", None), Cell("1", 1.0, None, 1.0)), At("encoder.embedding")),
    ),
    "weight",
)
ASKED = "attn-explore looked-at i-love-my-dog"


@pytest.fixture(autouse=True)
def _answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "VIEWS", {"looked-at": lambda *_: Answered(ANSWER, ASKED, {"weights": [0.5]})})


async def answer(pilot: Pilot[None]) -> AnswerScreen:
    """Ask, and give the screen that answers."""
    await pilot.app.screen.run_action("answer('looked-at')")
    return await shown(pilot)


async def shown(pilot: Pilot[None]) -> AnswerScreen:
    """The answer that stands on the screen."""
    await until(pilot, lambda: isinstance(pilot.app.screen, AnswerScreen))
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, AnswerScreen)
    return screen


def caption(screen: AnswerScreen) -> str:
    """The first line of what is said."""
    return screen.query_one(CaptionPanel).draw_lines()[0].text.strip()


def said(screen: AnswerScreen) -> list[str]:
    """All lines of what is said that are in sight."""
    return [line.text.strip() for line in screen.query_one(CaptionPanel).draw_lines()]


def table(screen: AnswerScreen) -> list[str]:
    """The table as text."""
    panel = screen.query_one(AnswerPanel)
    return [panel.draw_line(y).text.rstrip() for y in range(panel.size.height)]


async def test_it_stands_at_the_cell_that_was_looked_at_and_is_followed_and_comes_back(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 1), size=(80, 24)) as (pilot, session):
        screen = await answer(pilot)
        assert table(screen)[:3] == ["         key →", "query ↓    I   love", "I        0.5   0.25"]
        assert caption(screen) == f"I · love: 0.25   ⏎ {WEIGHTS}"
        await pilot.press("left", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        assert (session.place.value.path, session.place.index) == (WEIGHTS, (0, 0, 0))
        await pilot.press("u", "backspace")
        screen = await shown(pilot)
        assert caption(screen).startswith("I · I: 0.5")
        assert session.place.index == (0, 0, 1)
        await pilot.press("escape", "backspace")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_after_an_edit_it_is_answered_anew(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 1)) as (pilot, _):
        await answer(pilot)
        monkeypatch.setattr(
            views, "VIEWS", {"looked-at": lambda *at: asked.append(at[1]) or Answered(ANSWER, ASKED, {})}
        )
        await pilot.press("enter", "e", "1", "enter")
        await settled(pilot)
        await pilot.press("backspace")
        assert caption(await shown(pilot)).startswith("I · love")
        assert len(asked) == 1


async def test_e_changes_the_number_that_a_cell_is_of(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 1), size=(80, 24)) as (pilot, session):
        await answer(pilot)
        await pilot.press("e", "1", "enter")
        await settled(pilot)
        assert session.run.trace[WEIGHTS][0, 0, 1] == 1
        await pilot.press("backspace")
        assert caption(await shown(pilot)).startswith("I · love")
        await pilot.press("at")
        assert [note.message for note in pilot.app._notifications] == [f"On the clipboard: {ASKED}  ({EDITED})"]


async def test_s_asks_the_same_with_what_is_typed(explore: Explore, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(text: str, _: Counter) -> Answered:
        if text != "one":
            raise Problem("there is one way alone", hint="type one")
        return Answered(replace(ANSWER, rows=ANSWER.rows[:1]), ASKED, {})

    asked = Answered(ANSWER, ASKED, {}, otherwise=Otherwise("way", "In which way?", "tw", make))
    monkeypatch.setattr(views, "VIEWS", {"looked-at": lambda *_: asked})
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 1), size=(80, 24)) as (pilot, session):
        await answer(pilot)
        await pilot.press("down", "down", "s")
        await until(pilot, lambda: bool(pilot.app.screen.query("#text")))
        assert pilot.app.screen.query_one("#text", Input).value == "tw"  # what was asked stands there, to be changed
        await pilot.press("o", "enter")
        await until(pilot, lambda: "type one" in str(pilot.app.screen.query_one("#answer", Static).content))
        await pilot.press(*["backspace"] * 3, *"one", "enter")
        screen = await shown(pilot)
        assert table(screen)[1:] == ["query ↓    I  love", "I        0.5  0.25", ""]
        await pilot.press("s")
        assert screen.is_active
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        assert session.place.index == (0, 0, 0)


async def test_c_asks_the_same_of_the_other_run(explore: Explore) -> None:
    async with explore("single-head", "encoder.layers.0.self_attention.weights", size=(80, 24)) as (pilot, _):
        screen = await answer(pilot)
        await pilot.press("c")
        assert [note.message for note in pilot.app._notifications] == [ONE_RUN]
        assert pilot.app.screen is screen
    async with explore("where-gradients-flow", WEIGHTS, (0, 0, 1), size=(80, 24)) as (pilot, session):
        first = await answer(pilot)
        await pilot.press("right", "c")
        await until(pilot, lambda: pilot.app.screen is not first and isinstance(pilot.app.screen, AnswerScreen))
        screen = await shown(pilot)
        explorer = pilot.app.screen_stack[-2]
        assert isinstance(explorer, ExplorerScreen)
        assert explorer.state.session is session.other
        assert (first._run, screen._run, screen._spot) == (run_name(session), run_name(session.other), Spot(0, 1))


async def test_a_cell_of_no_step_leads_nowhere_and_one_of_a_row_to_its_step(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(80, 24)) as (pilot, session):
        screen = await answer(pilot)
        await pilot.press("j", "enter")
        assert pilot.app.screen is screen
        assert [note.message for note in pilot.app._notifications] == [NOWHERE]
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        assert session.place.value.path == "encoder.embedding"


async def test_a_row_and_a_column_are_curves_where_they_have_numbers(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(80, 24)) as (pilot, _):
        screen = await answer(pilot)
        panel = screen.query_one(PlotPanel)
        await pilot.press("right", "P")
        await settled(pilot)
        assert "What is looked at? · I" in panel.query_one("#above").render_line(0).text
        await pilot.press("P", "right")
        await settled(pilot)
        assert "What is looked at? · love" in panel.query_one("#above").render_line(0).text
        assert caption(screen) == "love · love: 0.125"
        await pilot.press("P")
        assert not panel.display
        await pilot.press("left", "P")
        assert not panel.display  # one number makes no curve


async def test_where_lines_are_free_the_curve_of_the_cursor_stands_under_the_table(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 1), size=(80, 24)) as (pilot, _):
        screen = await answer(pilot)
        curve, caption = screen.query_one("#answer-curve", PlotPanel), screen.query_one(CaptionPanel)
        assert not curve.display
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: curve.display)
        assert caption.size.height >= caption.lines_wanted
        assert curve.region.y >= caption.region.bottom
        assert "key = love:  weight = 0.25" in screen_text(pilot)
        await pilot.press("down", "down")
        await until(pilot, lambda: "query = my:  weight = 1" in screen_text(pilot))  # a row with one number is no curve
        await pilot.press("P")
        await until(pilot, lambda: not curve.display)
        await pilot.press("escape")
        await until(pilot, lambda: curve.display)


async def test_it_is_written_to_files_and_copied(explore: Explore, tmp_path: Path) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(80, 24)) as (pilot, _):
        screen = await answer(pilot)
        for ending in ("csv", "json", "txt", "svg"):
            await pilot.press("x")
            pilot.app.screen.query_one("#target", Input).value = str(tmp_path / f"a.{ending}")
            await pilot.press("enter")
            await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("at")
        assert pilot.app.clipboard == ASKED
        await pilot.press("y")
        assert pilot.app.clipboard == "0.5"
    assert json.loads((tmp_path / "a.json").read_text()) == {"weights": [0.5]}
    assert (tmp_path / "a.csv").read_text().startswith("query,")
    assert "What is looked at?" in (tmp_path / "a.txt").read_text()
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<")


async def test_a_click_puts_the_cursor_there_and_a_second_one_follows(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(80, 24)) as (pilot, session):
        screen = await answer(pilot)
        await pilot.click("#answer-table", offset=(18, 2))
        await settled(pilot)
        assert screen._spot == Spot(0, 1)
        await pilot.click("#answer-table", offset=(18, 2))
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        assert session.place.index == (0, 0, 1)


async def test_an_answer_that_is_not_whole_is_filled_in_while_it_stands_until_esc(
    explore: Explore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What there is by then is kept, and Esc once more leaves."""
    may_go_on = Event()
    cells = [["≈0.5", "≈0.2"], ["0.4", "≈0.2"], ["0.4", "0.1"]]

    def made(part: int) -> Answered:
        rows = (Row("input", tuple(Cell(text, None, None, 0.5) for text in cells[part])),)
        answer = Answer("Patched?", ("Some are estimates.",), "layer", "token", ("I", "love"), rows)

        def further(_: Counter) -> Answered:
            if part > 0:
                may_go_on.wait(60)
            return made(part + 1)

        return Answered(answer, ASKED, {}, further=further if part < 2 else None, progress=f"made {part} of 3 runs")

    monkeypatch.setattr(views, "VIEWS", {"looked-at": lambda *_: made(0)})
    async with explore("i-love-my-dog", WEIGHTS, size=(80, 24)) as (pilot, _):
        await pilot.app.screen.run_action("answer('looked-at')")
        await meanwhile(
            lambda: isinstance(pilot.app.screen, AnswerScreen) and bool(pilot.app.screen.query(CaptionPanel))
        )
        screen = pilot.app.screen
        assert isinstance(screen, AnswerScreen)
        await meanwhile(lambda: "made 1 of 3 runs · Esc stops" in said(screen))
        assert table(screen)[2].split() == ["input", "0.4", "≈0.2"]
        await press_meanwhile(pilot, "escape")
        assert said(screen)[1] == "Some are estimates."
        may_go_on.set()
        await settled(pilot)
        assert screen.is_current
        assert table(screen)[2].split() == ["input", "0.4", "≈0.2"]
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def meanwhile(condition: Callable[[], bool]) -> None:
    """Wait while a worker goes on working."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
