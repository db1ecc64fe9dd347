"""What arrives while a screen comes or goes does nothing, or what it says: a key, a signal, a file that was written."""

from pathlib import Path
from threading import Event

import pytest
from rich.style import Style
from textual.app import ComposeResult
from textual.command import CommandPalette
from textual.events import Click, Key
from textual.screen import Screen
from textual.widgets import OptionList

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import Library
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.screens.copy_dialog import CopyScreen
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.file_dialog import ExportScreen
from attn_explore.explorer.screens.leaving import Palette
from attn_explore.explorer.screens.library import LibraryScreen
from attn_explore.explorer.session import saving
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.limits import Limits
from attn_explore.model.explain import Index
from attn_explore.model.values import Value
from tests.explorer.conftest import Explore, session_of, settled
from tests.standing import press_meanwhile, until


@pytest.mark.parametrize("screen", [ExplorerScreen, LibraryScreen])
async def test_the_program_may_end_while_a_screen_comes_up(
    screen: type[Screen[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    compose = screen.compose

    def end(self: Screen[None]) -> ComposeResult:
        yield from compose(self)
        self.app.exit(return_code=143)

    monkeypatch.setattr(screen, "compose", end)
    library = Library(at_home(Path("x"), Limits()))
    shown: Session | Library = session_of("i-love-my-dog") if screen is ExplorerScreen else library
    app = ExplorerApp(lambda _: shown, "a title")
    await app.run_async(headless=True, size=(80, 24))
    assert (app.failure, app.return_code) == (None, 143)


@pytest.mark.parametrize("key", ["slash", "P"])
async def test_keys_after_the_one_that_leaves_do_no_harm(explore: Explore, key: str) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        place = session.place.value
        for each in ("q", key, "right"):
            pilot.app.post_message(Key(each, None))
        await pilot._wait_for_screen()
        assert isinstance(pilot.app, ExplorerApp)
        assert (pilot.app.return_code, pilot.app.failure) == (0, None)
        assert session.place.value is place


@pytest.mark.parametrize("pressed", ["up", "right"])
async def test_a_key_from_the_screen_before_waits_for_the_panels_of_the_next_one(
    explore: Explore, pressed: str
) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        other = session_of("single-head")
        first = other.place.value
        key = Key(pressed, None)
        key._set_forwarded()

        async def come() -> None:
            pilot.app.push_screen(ExplorerScreen(other))
            await pilot.app.on_event(key)

        pilot.app.call_later(come)
        await settled(pilot)
        assert pilot.app._exception is None
        assert (other.place.value is not first) == (pressed == "right")


class Early(CopyScreen):
    """A dialog with a list, and a key for it from before it was drawn."""

    def __init__(self, value: Value, index: Index, key: str) -> None:
        super().__init__(value, index, "")
        self.key = key

    def on_mount(self) -> None:
        self.query_one(OptionList).post_message(Key(self.key, None))


@pytest.mark.parametrize("key", ["pagedown", "pageup", "end", "down", "enter"])
async def test_keys_for_a_list_that_was_not_drawn_yet_do_no_harm(explore: Explore, key: str) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        pilot.app.push_screen(Early(pilot.app.screen.state.value, (0, 0), key))  # type: ignore[attr-defined]
        await settled(pilot)
        assert pilot.app._exception is None


@pytest.mark.parametrize("is_palette", [False, True])
async def test_a_click_on_an_option_that_is_gone_since_it_was_drawn_does_no_harm(
    explore: Explore, is_palette: bool
) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        screen = Palette() if is_palette else Early(pilot.app.screen.state.value, (0, 0), "down")  # type: ignore[attr-defined]
        pilot.app.push_screen(screen)
        await settled(pilot)
        options = screen.query_one(OptionList)
        drawn = Style(meta={"option": 3})
        options.clear_options()
        click = Click(options, 1, 1, 0, 0, 1, False, False, False, style=drawn)
        options.post_message(click)
        await settled(pilot)
        assert pilot.app.is_running


async def test_a_dialog_that_is_left_twice_leaves_the_explorer_where_it_is(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("x")
        dialog = pilot.app.screen
        assert isinstance(dialog, ExportScreen)
        dialog.dismiss(None)
        dialog.dismiss(None)
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_a_dialog_that_is_done_behind_the_palette_leaves_the_palette(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("x")
        dialog = pilot.app.screen
        await pilot.press("ctrl+p")
        assert isinstance(pilot.app.screen, Palette)
        dialog.dismiss("done")
        await settled(pilot)
        assert isinstance(pilot.app.screen, Palette)
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_the_palette_opens_again_before_the_last_one_is_gone(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        pilot.app.action_command_palette()
        await settled(pilot)
        last = pilot.app.screen
        assert isinstance(last, Palette)
        last.dismiss()
        pilot.app.action_command_palette()
        await settled(pilot)
        assert pilot.app._exception is None
        assert isinstance(pilot.app.screen, Palette)
        assert pilot.app.screen is not last


async def test_the_list_of_themes_that_is_left_twice_leaves_the_explorer_where_it_is(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        pilot.app.action_change_theme()
        await settled(pilot)
        themes = pilot.app.screen
        assert isinstance(themes, CommandPalette)
        themes.dismiss()
        themes.dismiss()
        await settled(pilot)
        assert pilot.app._exception is None
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_q_twice_is_back_in_the_library_and_then_out(tmp_path: Path) -> None:
    app = ExplorerApp(lambda _: Library(at_home(tmp_path, Limits())), "the library")
    async with app.run_test() as pilot:
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        explorer = app.screen
        assert isinstance(explorer, ExplorerScreen)
        explorer.action_quit()
        explorer.action_quit()
        await settled(pilot)
        assert isinstance(app.screen, LibraryScreen)


# --- writing takes long


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Nothing is written before this event."""
    found, chunks = Event(), saving.chunks

    def waiting(*arguments: object) -> object:
        first, *rest = chunks(*arguments)  # type: ignore[arg-type]
        yield first
        assert found.wait(60)
        yield from rest

    monkeypatch.setattr(saving, "chunks", waiting)
    return found


async def test_escape_stops_an_export_and_leaves_no_file(
    explore: Explore, gate: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, _):
        await press_meanwhile(pilot, "x", "enter", "escape")
        gate.set()
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)
        await until(pilot, lambda: list(tmp_path.iterdir()) == [])  # the thread that was stopped removes it


async def test_enter_twice_writes_once(
    explore: Explore, gate: Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, _):
        await press_meanwhile(pilot, "x", "enter", "enter")
        gate.set()
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert [path.name for path in tmp_path.iterdir()] == ["i-love-my-dog.json"]
