"""Panels that are made wider, closed and put back, in this run and the next."""

from __future__ import annotations

from textual.pilot import Pilot

from attn_explore.explorer.library.arrangement import Arrangement, Arrangements
from attn_explore.explorer.library.kept import OnDisk
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from tests.explorer.conftest import Explore, settled

ARRANGEMENTS = Arrangements(OnDisk())


def widths(pilot: Pilot[None]) -> tuple[int, int, int]:
    """Cells of the tree, where it is there, and of the words; lines of the arithmetic."""
    screen = pilot.app.screen
    assert isinstance(screen, ExplorerScreen)
    tree, words = screen.tree_of_steps, screen.words
    return tree.region.width, words.region.width, screen.arithmetic.region.height


async def test_borders_move_by_keys_and_stand_there_in_the_next_run(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(200, 60)) as (pilot, _):
        tree, words, lines = widths(pilot)
        await pilot.press("ctrl+right", "shift+right", "shift+right", "shift+up")
        await settled(pilot)
        moved = (tree + 4, words - 8, lines + 1)
        assert widths(pilot) == moved
    async with explore("i-love-my-dog", size=(200, 60)) as (pilot, _):
        assert widths(pilot) == moved
        await pilot.press("Z")
        await settled(pilot)
        assert widths(pilot) == (tree, words, lines)
    assert ARRANGEMENTS.all() == {"wide": Arrangement()}


async def test_a_border_follows_the_mouse(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(200, 60)) as (pilot, _):
        tree, words, lines = widths(pilot)
        edge = pilot.app.screen.query_one("#words").region.x
        await pilot.mouse_down(offset=(edge, 20))
        await pilot.hover(offset=(edge - 10, 20))
        await pilot.mouse_up(offset=(edge - 10, 20))
        await pilot.hover(offset=(edge - 30, 20))  # no more than a move
        await settled(pilot)
        assert widths(pilot) == (tree, words + 10, lines)


async def test_a_closed_panel_stays_closed_at_this_size_only(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(120, 40)) as (pilot, _):
        await pilot.press("i", "t")
    async with explore("i-love-my-dog", size=(120, 40)) as (pilot, _):
        assert [width > 0 for width in widths(pilot)] == [True, False, True]
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        assert widths(pilot)[:2] == (0, 0)


async def test_however_far_a_border_is_moved_the_numbers_keep_their_room(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(120, 40)) as (pilot, _):
        await pilot.press(*["shift+left"] * 30, *["shift+up"] * 45)
        await settled(pilot)
        assert widths(pilot)[1] == 120 - 48
        assert pilot.app.screen.query_one("#grid").region.height >= 5


async def test_no_panel_is_narrower_than_by_keys_whatever_the_file_says(explore: Explore) -> None:
    ARRANGEMENTS.keep({"wide": Arrangement(tree=1, words=1)})
    async with explore("i-love-my-dog", size=(200, 60)) as (pilot, _):
        assert widths(pilot)[:2] == (20, 20)


async def test_a_border_that_cannot_be_moved_says_why_and_which_key_helps(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(120, 40)) as (pilot, _):
        await pilot.press("ctrl+right")
        assert [notice.message for notice in pilot.app._notifications] == ["The tree is closed: t opens it."]
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        await pilot.press("t", "ctrl+right")
        assert ["narrow" in notice.message for notice in pilot.app._notifications] == [True]
