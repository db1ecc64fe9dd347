"""The first frame stands before the model runs: it says how far it is, can be left, and fails in words."""

import asyncio
from threading import Event

import pytest
from textual.app import App
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Static
from textual.worker import WorkerFailed

from attn_explore.explorer.app import READING, RUNNING, TYPED_AHEAD, ExplorerApp
from attn_explore.explorer.screens import working
from attn_explore.explorer.screens.ask_dialog import AskScreen
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.leaving import Palette
from attn_explore.explorer.session.course import locate
from attn_explore.explorer.session.opening import find_source, start
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.system.key_file import keymap_path
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.problems import Problem
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from tests.explorer.conftest import app_of, session_of
from tests.standing import press_meanwhile, still

NAMES = ("i-love-my-dog", "translate", "with-and-without-mask", "write-word-by-word", "where-gradients-flow")


def waiting(name: str, title: str = "a title", doing: str = RUNNING) -> tuple[ExplorerApp, Event]:
    """A program that loads a bundled scenario when the gate is opened."""
    gate = Event()

    def load(counter: Counter) -> Session:
        assert gate.wait(60)
        return start(find_source(name), Limits(), counter)

    return ExplorerApp(load, title, doing=doing), gate


async def test_escape_leaves_before_anything_is_shown() -> None:
    app, gate = waiting("i-love-my-dog")
    async with app.run_test() as pilot:
        await press_meanwhile(pilot, "x", "escape")
        gate.set()
    assert (app.return_code, app.failure) == (0, None)


async def test_what_is_typed_meanwhile_waits_for_the_screen() -> None:
    app, gate = waiting("encoder-layer")
    async with app.run_test() as pilot:
        await press_meanwhile(pilot, "colon", *"lens")
        gate.set()
        await still(pilot.app)
        assert isinstance(app.screen, AskScreen)
        assert app.screen.query_one(Input).value == "lens"
        await pilot.press("escape")
        assert isinstance(app.screen, ExplorerScreen)


@pytest.mark.parametrize("key", ["escape", "q", "ctrl+q"])
async def test_who_leaves_before_anything_is_begun_leaves(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ExplorerApp, "_start_loading", lambda _: None)
    app = app_of(session_of("i-love-my-dog"))
    async with app.run_test() as pilot:
        await press_meanwhile(pilot, "x", key)
    assert (app.return_code, app.failure) == (0, None)


async def test_nothing_comes_up_over_what_is_loaded_and_the_palette_waits_for_it() -> None:
    app = app_of(session_of("i-love-my-dog"))
    async with app.run_test() as pilot:
        app.post_message(Key("ctrl+p", None))  # before the first frame, after which loading begins
        await still(pilot.app)
        assert [type(screen) for screen in app.screen_stack[1:]] == [ExplorerScreen, Palette]


async def test_what_a_held_key_repeats_meanwhile_is_no_more_than_somebody_types() -> None:
    app, gate = waiting("wide")
    async with app.run_test() as pilot:
        await press_meanwhile(pilot, *["l"] * (TYPED_AHEAD + 20))
        gate.set()
        await still(pilot.app)
        assert isinstance(app.screen, ExplorerScreen)
        assert app.screen.state.index[-1] == TYPED_AHEAD


async def test_what_stands_there_meanwhile_has_the_theme_of_the_person_and_says_what_is_done() -> None:
    keymap_path().parent.mkdir(parents=True, exist_ok=True)
    keymap_path().write_text('theme = "textual-light"', "utf-8")
    app, gate = waiting("i-love-my-dog", "the library", READING)
    async with app.run_test() as pilot:
        await still(app, workers=False)
        assert app.theme == "textual-light"
        assert "reading the scenarios … · Esc stops" in str(app.query_one("#loading", Static).content)
        gate.set()
        await still(pilot.app)


async def test_the_first_frame_says_how_far_the_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "TELL_EVERY", 0)
    first, gate = Event(), Event()

    class Slow(Counter):
        def __call__(self, value: object) -> None:
            super().__call__(value)  # type: ignore[arg-type]
            first.set()
            assert gate.wait(60)

    def load(counter: Counter) -> Session:
        return start(find_source("i-love-my-dog"), Limits(), Slow(tell=counter._tell))

    app = ExplorerApp(load, "a title")
    async with app.run_test() as pilot:
        assert await asyncio.to_thread(first.wait, 60)
        await still(app, workers=False)
        assert "running the model … 1 of 11 · Esc stops" in str(app.query_one("#loading", Static).content)
        gate.set()
        await still(pilot.app)


def test_a_value_that_takes_long_says_itself_how_far_it_is() -> None:
    said: list[str] = []
    counter = Counter(tell=lambda counter: said.append(str(counter)))
    run(parse_scenario("experiment: {kind: dot_product_variance, widths: [1, 4], pairs: 200, row: 20}"), counter)
    assert said[:3] == ["100% of dₖ = 1", "100% of dₖ = 4", "1"]
    assert said[-1] == str(counter.count) == "26"


@pytest.mark.parametrize("failure", [Problem("there is none"), KeyError("a bug"), MemoryError()])
async def test_what_goes_wrong_is_told_by_whoever_started_it(failure: Exception) -> None:
    def load(_: Counter) -> Session:
        raise failure

    app = ExplorerApp(load, "a title")
    if isinstance(failure, Problem):
        async with app.run_test() as pilot:
            await still(pilot.app)
    else:
        with pytest.raises(WorkerFailed):
            async with app.run_test() as pilot:
                await still(pilot.app)
    assert app.failure is failure


@pytest.mark.parametrize("name", NAMES)
def test_as_many_values_are_expected_as_are_computed(name: str) -> None:
    counter = Counter()
    start(find_source(str(locate(name))), Limits(), counter)
    assert counter.count <= counter.steps * 2
    assert counter.steps <= counter.count * 2


@pytest.mark.parametrize(("width", "shown"), [(80, set()), (120, {"words"}), (160, {"tree", "words"})])
async def test_the_first_frames_show_the_panels_that_there_is_room_for(
    width: int, shown: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, lay_out = [], ExplorerScreen._refresh_layout

    def look(screen: ExplorerScreen, *arguments: object, **options: object) -> None:
        lay_out(screen, *arguments, **options)  # type: ignore[arg-type]
        seen.append({name for name in ("tree", "words") if screen.query_one(f"#{name}").region})

    monkeypatch.setattr(ExplorerScreen, "_refresh_layout", look)
    async with app_of(session_of("i-love-my-dog")).run_test(size=(width, 24)) as pilot:
        await still(pilot.app)
    assert [each for each in seen if each != shown] == []


async def test_a_screen_has_its_sheet_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tasks begin at once, as from Python 3.12 on, its panels stand before Textual takes on its sheet."""
    known = []
    get_screen = App._get_screen

    def look(app: App[None], screen: Screen[None]) -> object:
        known.append((type(screen), app.stylesheet.has_source("", "explorer.tcss")))
        return get_screen(app, screen)

    monkeypatch.setattr(App, "_get_screen", look)
    async with app_of(session_of("i-love-my-dog")).run_test() as pilot:
        await still(pilot.app)
    assert known[-1] == (ExplorerScreen, True)
