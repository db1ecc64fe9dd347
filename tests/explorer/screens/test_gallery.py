"""The gallery on the screen: from picture to picture, into a run and back, two compared, another text."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.library.entries import Library
from attn_explore.explorer.library.home import at_home
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.gallery_screen import GalleryScreen
from attn_explore.explorer.screens.library import LibraryScreen
from attn_explore.explorer.system.limits import Limits
from attn_explore.explorer.telling.pictures import Side
from attn_explore.explorer.widgets.gallery_panel import CaptionPanel, GalleryPanel
from tests.explorer.conftest import Explore, settled
from tests.standing import until

WEIGHTS = "encoder.layers.0.self_attention.weights"


def caption(pilot: Pilot[None]) -> str:
    """The first line of what is said of the chosen picture."""
    panel = pilot.app.screen.query_one(CaptionPanel)
    return "".join(segment.text for segment in panel.render_line(0)).strip()


async def hung(pilot: Pilot[None]) -> GalleryScreen:
    """The gallery, once every variant has run."""
    await until(pilot, lambda: isinstance(pilot.app.screen, GalleryScreen))
    screen = pilot.app.screen
    assert isinstance(screen, GalleryScreen)
    return screen


async def test_it_opens_at_the_cell_and_a_picture_opens_as_a_run_and_back(explore: Explore) -> None:
    async with explore("gallery", WEIGHTS, (0, 1, 2), size=(80, 24)) as (pilot, _):
        await pilot.press("E")
        screen = await hung(pilot)
        assert caption(pilot).startswith("scaled dot · A = softmax(QKᵀ/√dₖ)")
        await pilot.press("}", "tab", "left", "up")
        assert caption(pilot).startswith("relu")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        explorer = pilot.app.screen
        assert isinstance(explorer, ExplorerScreen)
        place = explorer.state.session.place
        assert (place.value.path, place.index) == (WEIGHTS, (0, 0, 1))
        assert place.value.made_by.name == "relu"
        await pilot.press("backspace")
        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not screen)


async def test_words_for_which_there_is_no_room_are_scrolled(explore: Explore) -> None:
    async with explore("gallery", WEIGHTS, (0, 0, 0), size=(60, 16)) as (pilot, _):
        await pilot.press("E")
        await hung(pilot)
        panel = pilot.app.screen.query_one(CaptionPanel)
        assert "more lines: J" in str(panel.border_title)
        await pilot.press("J")
        assert caption(pilot).startswith("I → I 0.09")
        assert str(panel.border_title).startswith("▲ 1 more line: K")
        await pilot.press(*["J"] * 30)
        assert "J" not in str(panel.border_title)
        await pilot.press("right")
        assert caption(pilot).startswith("scaled dot · A")


async def test_a_marked_picture_is_compared_with_another_one(explore: Explore) -> None:
    async with explore("gallery", WEIGHTS, size=(80, 24)) as (pilot, _):
        await pilot.press("E")
        await hung(pilot)
        await pilot.press("c", "tab", "c")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        explorer = pilot.app.screen
        assert isinstance(explorer, ExplorerScreen)
        session = explorer.state.session
        assert session.other
        assert (session.label, session.other.label, explorer.state.side) == ("scaled dot", "additive", Side.beside)


async def test_another_text_hangs_in_every_picture(explore: Explore) -> None:
    async with explore("gallery", WEIGHTS, size=(60, 16)) as (pilot, _):
        await pilot.press("E")
        await hung(pilot)
        await pilot.press("}", "ctrl+t", *"a cat", "enter")
        await until(pilot, lambda: "cat" in str(pilot.app.screen.query(GalleryPanel) and wall(pilot)))
        assert caption(pilot).startswith("softmax")


def wall(pilot: Pilot[None]) -> list[str]:
    """What hangs on the wall, as text."""
    panel = pilot.app.screen.query_one(GalleryPanel)
    return ["".join(segment.text for segment in panel.render_line(y)).rstrip() for y in range(panel.size.height)]


async def test_while_a_question_waits_the_gallery_stays_shut(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        await pilot.press("L", *["right"] * 7, "E")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_it_opens_from_the_library_for_the_marked_scenario() -> None:
    app = ExplorerApp(lambda _: Library(at_home(Path("/nowhere"), Limits(2**33))), "the library")
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("E")
        await hung(pilot)
        assert caption(pilot).startswith("scaled dot")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, LibraryScreen))


async def test_a_stop_of_the_lesson_opens_it_at_the_picture_that_it_speaks_of(explore: Explore) -> None:
    async with explore("gallery", size=(80, 24)) as (pilot, _):
        await pilot.press("L", "right", "E")
        await hung(pilot)
        assert caption(pilot).startswith("dot ")


async def test_heads_are_offered_where_a_picture_has_several(explore: Explore) -> None:
    for name, has_several in (("gallery", False), ("multi-head", True)):
        async with explore(name, WEIGHTS, size=(80, 24)) as (pilot, _):
            await pilot.press("E")
            screen = await hung(pilot)
            assert any(key.key == "[ ]" for key in screen._keys) is has_several
