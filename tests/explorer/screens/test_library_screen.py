"""The library: the course and a person's own scenarios, opened from a list."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library import entries
from attn_explore.explorer.library.bookmarks import NAME, Bookmarks
from attn_explore.explorer.library.entries import Library, telling
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.library.kept import OnDisk, data_file
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.library import LibraryScreen
from attn_explore.explorer.session import opening, stepping
from attn_explore.explorer.session.course import bundled, own
from attn_explore.explorer.session.opening import Source
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.scenario import read_scenario
from attn_explore.model.text import cells
from tests.explorer.conftest import session_of, settled
from tests.standing import press_meanwhile, until

BOOKMARKS = Bookmarks(OnDisk())


@asynccontextmanager
async def library(folder: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    app = ExplorerApp(lambda _: Library(at_home(folder, Limits(2**33))), "the library")
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


def screen(pilot: Pilot[None]) -> LibraryScreen:
    assert isinstance(pilot.app.screen, LibraryScreen)
    return pilot.app.screen


def said(pilot: Pilot[None], id: str) -> str:
    return str(pilot.app.screen.query_one(id, Static).content)


def lines(pilot: Pilot[None]) -> list[str]:
    return [str(option.prompt) for option in screen(pilot).query_one(OptionList).options]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_course_is_listed_and_the_marked_scenario_previewed(tmp_path: Path, size: tuple[int, int]) -> None:
    async with library(tmp_path, size) as pilot:
        grid = screen(pilot).query_one("#preview", TensorGrid)
        await until(pilot, lambda: grid.display)
        assert [line for line in lines(pilot) if line[0] in "○"] == [
            f"○ {session.title}" for session in (entry.scenario for entry in screen(pilot).library.entries) if session
        ]
        assert "attn-explore run i-love-my-dog" in said(pilot, "#facts")
        assert grid._value is not None
        assert grid._value.name == "weights"


async def test_enter_opens_and_q_comes_back_to_the_same_place(tmp_path: Path) -> None:
    async with library(tmp_path) as pilot:
        await pilot.press("down", "enter")
        await settled(pilot)
        explorer = pilot.app.screen
        assert isinstance(explorer, ExplorerScreen)
        assert explorer.state.session.name == "single-head"
        assert explorer.state.session.lesson.is_guided
        await pilot.press("right", "q")
        await settled(pilot)
        assert "◐ One head, in whole numbers  2/" in "\n".join(lines(pilot))
        assert "left at stop 2" in said(pilot, "#facts")
        room = screen(pilot).query_one("#shelf").scrollable_content_region.width
        assert cells(lines(pilot)[0]) == room  # the bar of the course is as wide as the list
        bar = screen(pilot).query_one(KeyBar)
        assert "r forget the place" in bar.render_line(0).text
        await pilot.press("r")
        await pilot.pause()
        assert "r forget" not in bar.render_line(0).text
        assert "◐" not in "".join(lines(pilot))
        assert BOOKMARKS.all() == {}


async def test_the_lesson_that_was_left_is_marked_and_not_the_one_that_led_to_it(tmp_path: Path) -> None:
    async with library(tmp_path) as pilot:
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("C")
        await settled(pilot)
        await pilot.press("C")
        await settled(pilot)
        await pilot.press("q")
        await settled(pilot)
        assert "attn-explore run wo-xihuan-wode-gou" in said(pilot, "#facts")
        await pilot.press("up", "question_mark", "escape")
        await settled(pilot)
        assert "attn-explore run single-head" in said(pilot, "#facts")


async def test_what_was_followed_to_its_end_is_marked_and_the_next_one_proposed(tmp_path: Path) -> None:
    session = session_of("i-love-my-dog")
    stepping.follow_lesson(session)
    while not session.lesson.is_done:
        stepping.step_by(session, 1)
    BOOKMARKS.keep(session)
    async with library(tmp_path) as pilot:
        assert "● I love my dog  ––––" in lines(pilot)
        assert "○ One head, in whole numbers  next" in lines(pilot)
        assert lines(pilot)[0].startswith(f"Course 1 of {len(bundled())} ▰▱")
        assert "attn-explore run single-head" in said(pilot, "#facts")


async def test_how_well_each_question_was_answered_is_seen_however_long_the_title_is(tmp_path: Path) -> None:
    stops = enumerate(read_scenario(bundled()["word-order"]).lesson)
    first, second = (str(place) for place, stop in stops if stop.answer)
    kept = {"stop": 2, "of": 9, "done": True, "answers": {first: "right", second: "later", "99": "shown"}}
    data_file(NAME).parent.mkdir(parents=True, exist_ok=True)
    data_file(NAME).write_text(json.dumps({"word-order": kept, "i-love-my-dog": {"stop": 1, "of": 9}}))
    async with library(tmp_path, (80, 24)) as pilot:
        await until(pilot, lambda: any("…" in line for line in lines(pilot)))
        (line,) = [line for line in lines(pilot) if line.startswith("● The same words")]
        assert line.endswith("…  3/9  ✓h")
        assert cells(line) <= screen(pilot).query_one("#shelf").scrollable_content_region.width
        assert "◐ I love my dog  2/9  next" in lines(pilot)
        await pilot.press(*["down"] * 5)
        assert "✓h  2 questions: 1 right at once, 1 with a hint\n" in said(pilot, "#facts")


async def test_own_scenarios_stand_beside_and_faults_are_told(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("title: '[b]Mine[/b]'\ninput: {text: a b}", "utf-8")
    (tmp_path / "wrong.yml").write_text("input: {txt: a b}", "utf-8")
    async with library(tmp_path) as pilot:
        assert lines(pilot)[-2:] == ["○ [b]Mine[/b]", "✗ wrong.yml"]
        await pilot.press("end")
        assert "unknown key `input.txt`" in said(pilot, "#facts")
        await pilot.press("enter")
        await settled(pilot)
        assert "unknown key" in said(pilot, "#what")
        await pilot.press("up", "enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_an_empty_folder_says_where_it_is(tmp_path: Path) -> None:
    async with library(tmp_path / "none") as pilot:
        assert lines(pilot)[-1] == f"none yet in {tmp_path / 'none'}"


async def test_a_scenario_is_found_as_it_is_typed(tmp_path: Path) -> None:
    async with library(tmp_path) as pilot:
        await pilot.press("slash", *"rotary")
        assert [line for line in lines(pilot) if line.startswith("○")] == ["○ Rotary positions"]
        everything = len(screen(pilot).library.entries)
        assert lines(pilot)[0] == f"1 of {everything}"
        await pilot.press(*["backspace"] * 6, *"word write")
        assert "write-word-by-word" in screen(pilot)._shown
        await pilot.press(*["backspace"] * 10, *"wwbw")
        assert list(screen(pilot)._shown) == ["write-word-by-word"]
        await pilot.press("x")
        assert lines(pilot)[0] == f"0 of {everything}: Esc shows all again"
        await pilot.press("enter", "escape")
        assert len(lines(pilot)) > len(bundled())


async def test_what_is_large_is_not_run_for_a_glance(tmp_path: Path) -> None:
    (tmp_path / "large.yaml").write_text("model: {d_model: 4096}\ninput: {text: a b}", "utf-8")
    async with library(tmp_path) as pilot:
        await pilot.press("end")
        await until(pilot, lambda: said(pilot, "#what") == "Too large for a preview.")


async def test_the_keys_of_the_library_are_listed(tmp_path: Path) -> None:
    async with library(tmp_path) as pilot:
        await pilot.press("question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert {line.group for line in pilot.app.screen.shown} == {"Now", "In the library"}


def test_a_folder_that_is_not_there_has_no_scenarios(tmp_path: Path) -> None:
    assert own(tmp_path / "none") == []
    assert own(Path("/dev/null")) == []


def test_the_preview_is_the_last_attention_map_or_the_last_step() -> None:
    assert telling(session_of("encoder-layer")).path == "encoder.layers.0.self_attention.weights"
    assert telling(session_of("translate")).path.endswith("cross_attention.weights")


async def test_a_second_enter_while_a_scenario_opens_does_no_harm(tmp_path: Path) -> None:
    async with library(tmp_path) as pilot:
        await pilot.press("enter", "enter", "down", "enter")
        await settled(pilot)
        assert sum(isinstance(each, ExplorerScreen) for each in pilot.app.screen_stack) == 1
        await pilot.press("q")
        await settled(pilot)
        assert isinstance(pilot.app.screen, LibraryScreen)


async def test_a_filter_is_still_in_force_after_a_visit(tmp_path: Path) -> None:
    async with library(tmp_path) as pilot:
        await pilot.press("slash", *"rotary", "enter", "enter")
        await settled(pilot)
        await pilot.press("q")
        await settled(pilot)
        assert len([line for line in lines(pilot) if line[0] in "○◐●"]) == 1


# --- opening takes long


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Nothing is opened before this event, and nothing is run for a glance."""
    found = Event()
    monkeypatch.setattr(entries, "PREVIEWED", 0)

    def waiting(source: Source, limits: Limits, counter: Counter | None = None, *, grows: bool = False) -> Session:
        assert found.wait(60)
        return opening.start(source, limits, counter, grows=grows)

    monkeypatch.setattr(entries, "start", waiting)
    return found


async def test_escape_stops_what_is_being_opened(tmp_path: Path, gate: Event) -> None:
    async with library(tmp_path) as pilot:
        await press_meanwhile(pilot, "enter")
        assert "running the model … · Esc stops" in said(pilot, "#what")
        await press_meanwhile(pilot, "escape")
        assert "running" not in said(pilot, "#what")
        gate.set()
        await settled(pilot)
        assert isinstance(pilot.app.screen, LibraryScreen)
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_keys_meanwhile_choose_and_what_was_chosen_first_opens(tmp_path: Path, gate: Event) -> None:
    async with library(tmp_path) as pilot:
        await press_meanwhile(pilot, "enter", "down", "down")
        assert "attn-explore run wo-xihuan-wode-gou" in said(pilot, "#facts")
        gate.set()
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert pilot.app.screen.state.session.name == "i-love-my-dog"


async def test_what_was_opened_behind_a_dialog_shows_when_the_library_is_back(tmp_path: Path, gate: Event) -> None:
    async with library(tmp_path) as pilot:
        await press_meanwhile(pilot, "enter", "question_mark")
        gate.set()
        await settled(pilot)
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)
