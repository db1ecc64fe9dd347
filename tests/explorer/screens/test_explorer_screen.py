"""Going about in the explorer: from step to step and cell to cell, by keys, tree, timeline and mouse; its panels."""

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session.search import matches
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline
from attn_explore.explorer.widgets.words_panel import WordsPanel
from tests.explorer.conftest import Explore
from tests.standing import until

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"


def line(pilot: Pilot[None], widget: type, y: int = 0) -> str:
    """What a widget shows on one of its lines."""
    return pilot.app.screen.query_one(widget).render_line(y).text


@pytest.mark.parametrize(("on", "back"), [("right", "left"), (".", ","), ("pagedown", "pageup")])
async def test_steps_go_on_and_back(explore: Explore, on: str, back: str) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press(on, on)
        assert session.place.value.path == "encoder.input"
        assert "Input of the first layer" in line(pilot, Heading)
        assert "step  3 of 11" in line(pilot, Timeline)
        await pilot.press(back)
        assert session.place.value.path == "encoder.position"


@pytest.mark.parametrize(
    ("size", "title", "formula"),
    [
        ((60, 16), "Attention weights   encoder · layer 0 · self-attention", "1 head × query 4 × key 4"),
        ((80, 24), "Attention weights   encoder · layer 0 · self-attention               1 × 4 × 4", ""),
    ],
)
async def test_where_in_the_model_one_is_stands_behind_the_title_before_the_names_of_the_axes(
    explore: Explore, size: tuple[int, int], title: str, formula: str
) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=size) as (pilot, _):
        assert line(pilot, Heading).strip() == title
        assert line(pilot, Heading, 1).strip().endswith(formula)


async def test_where_a_long_title_leaves_no_room_the_place_in_the_model_stands_behind_the_formula(
    explore: Explore,
) -> None:
    async with explore("encoder-layer", f"{LAYER}.residual", size=(60, 16)) as (pilot, _):
        shown = [" ".join(line(pilot, Heading, y).split()) for y in (0, 1)]
        assert shown == [
            "Add: the residual connection token 4 × d_model 6",
            "residual = X + output encoder · layer 0 · self-attention",
        ]


async def test_home_and_end_go_to_the_first_and_last_step(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("end")
        assert session.place.value.path == f"{LAYER}.concat"
        await pilot.press("home")
        assert session.place.value.path == "encoder.embedding"


async def test_braces_go_to_the_same_step_of_another_layer(explore: Explore) -> None:
    async with explore("pre-norm-stack", WEIGHTS) as (pilot, session):
        await pilot.press("}")
        assert session.place.value.path == "encoder.layers.1.self_attention.weights"
        await pilot.press("{")
        assert session.place.value.path == WEIGHTS


async def test_brackets_go_to_another_head(explore: Explore) -> None:
    async with explore("encoder-layer", WEIGHTS, (0, 1, 2)) as (pilot, session):
        await pilot.press("]")
        assert session.place.index == (1, 1, 2)
        await pilot.press("[")
        assert session.place.index == (0, 1, 2)


async def test_hjkl_move_the_cell_from_anywhere(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 0)) as (pilot, session):
        await pilot.press("l", "l", "j")
        assert session.place.index == (0, 1, 2)
        assert pilot.app.screen.query_one("#grid", TensorGrid).cursor == (0, 1, 2)
        await pilot.press("h", "k", "k")
        assert session.place.index == (0, 0, 1)


async def test_the_cell_stops_at_the_edges(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 0)) as (pilot, session):
        await pilot.press("h", "k")
        assert session.place.index == (0, 0, 0)
        await pilot.press(*"llllllljjjjjjj")
        assert session.place.index == (0, 3, 3)


async def test_moving_past_the_edge_enters_the_head_beside_it(explore: Explore) -> None:
    async with explore("encoder-layer", WEIGHTS, (0, 1, 3)) as (pilot, session):
        await pilot.press("a", "l")
        assert session.place.index == (1, 1, 0)
        await pilot.press("h")
        assert session.place.index == (0, 1, 3)


async def test_in_the_grid_the_arrows_move_the_cell_until_escape(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 0)) as (pilot, session):
        await pilot.press("tab", "right", "down")
        assert session.place.index == (0, 1, 1)
        assert session.place.value.path == WEIGHTS
        await pilot.press("G")
        assert session.place.index == (0, 3, 1)
        await pilot.press("g")
        assert session.place.index == (0, 0, 1)
        await pilot.press("escape", "right")
        assert session.place.value.path == f"{LAYER}.head_output"


async def test_the_clicker_keys_step_even_in_the_grid(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("tab", "pagedown")
        assert session.place.value.path == f"{LAYER}.head_output"


async def test_space_plays_and_pauses(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("+", "+", "+", "space")
        assert "▶ 8 steps/s" in line(pilot, Timeline)
        await until(pilot, lambda: session.place.position >= 2)
        await pilot.press("space")
        assert "‖ 8 steps/s" in line(pilot, Timeline)
        here = session.place.position
        await pilot.pause(0.3)
        assert session.place.position == here
        await pilot.press("-")
        assert "‖ 4 steps/s" in line(pilot, Timeline)


async def test_playing_stops_at_the_end(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.head_output") as (pilot, session):
        await pilot.press("+", "+", "+", "space")
        await until(pilot, lambda: "▶" not in line(pilot, Timeline))
        assert session.place.value.path == f"{LAYER}.concat"


async def test_slash_finds_and_n_goes_through_the_matches(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("slash", *"softmax", "enter")
        first = session.place.value.path
        assert first == matches(session, "softmax")[0]
        assert f"match 1 of {len(matches(session, 'softmax'))}" in line(pilot, Timeline)
        await pilot.press("n")
        assert session.place.value.path == matches(session, "softmax")[1]
        await pilot.press("N")
        assert session.place.value.path == first


async def test_keys_typed_into_the_find_line_are_text(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("slash", "q", "l", "x")
        assert pilot.app.screen.query_one("#find", Input).value == "qlx"
        await pilot.press("escape", "right")
        assert session.place.value.path == "encoder.position"


async def test_finding_nothing_says_so_and_stays(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("slash", *"zebra", "enter")
        assert session.place.value.path == "encoder.embedding"
        assert any("zebra" in notice.message for notice in pilot.app._notifications)


async def test_t_and_i_show_and_hide_the_side_panels(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(160, 40)) as (pilot, _):
        for key, widget in (("t", StepTree), ("i", WordsPanel)):
            panel = pilot.app.screen.query_one(widget)
            assert panel.display
            await pilot.press(key)
            assert not panel.display
            await pilot.press(key)
            assert panel.display


async def test_a_shows_all_heads_instead_of_one_with_what_it_is_made_of(explore: Explore) -> None:
    async with explore("encoder-layer", WEIGHTS) as (pilot, _):
        left = pilot.app.screen.query_one("#left")
        assert "head 0 of 2" in line(pilot, TensorGrid)
        assert left.display
        await pilot.press("a")
        assert "head 1" in line(pilot, TensorGrid)
        assert not left.display
        await pilot.press("a")
        assert "head 0 of 2" in line(pilot, TensorGrid)


async def test_z_zooms_out_and_says_what_a_cell_is(explore: Explore) -> None:
    async with explore("wide", WEIGHTS) as (pilot, _):
        grid = pilot.app.screen.query_one("#grid", TensorGrid)
        await pilot.press("z")
        text = "".join(grid.render_line(y).text for y in range(grid.size.height))
        assert "largest of 29 × 15" in text


@pytest.mark.parametrize("view", ["P", "w", ""])
async def test_a_heat_map_is_one_key_away_from_every_view(explore: Explore, view: str) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(200, 60)) as (pilot, _):
        grid, bar = pilot.app.screen.query_one("#grid", TensorGrid), pilot.app.screen.query_one(KeyBar)
        await pilot.press(*view, "z")
        assert grid.display
        assert "heat map" in "".join(grid.render_line(y).text for y in range(grid.size.height))
        assert "z numbers" in bar.render_line(0).text
        await pilot.press("z")
        assert "0.3579" in "".join(grid.render_line(y).text for y in range(grid.size.height))
        assert "z heat map" in bar.render_line(0).text


async def test_two_runs_side_by_side_are_two_heat_maps(explore: Explore) -> None:
    async with explore("with-and-without-mask", WEIGHTS) as (pilot, _):
        await pilot.press("d", "z")
        grids = [grid for grid in pilot.app.screen.query(TensorGrid) if grid.display]
        assert len(grids) == 2
        for grid in grids:
            assert "·" in grid.render_line(4).text


async def test_the_tree_goes_to_the_chosen_step(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("shift+tab", "down", "enter")
        assert session.place.value.path == "encoder.position"


async def test_the_timeline_goes_to_the_clicked_step(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.click(Timeline, offset=(pilot.app.size.width - 2, 0))
        assert session.place.value.path == f"{LAYER}.concat"


async def test_the_key_bar_does_what_is_clicked(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.click(KeyBar, offset=(2, 0))
        assert session.place.position == 1


async def test_the_key_bar_shows_the_keys_that_matter(explore: Explore) -> None:
    async with explore("encoder-layer") as (pilot, session):
        assert "head" not in line(pilot, KeyBar)
        session.place.show(session.run.trace[WEIGHTS])
        await pilot.press("right", "left")
        assert "[ ] head" in line(pilot, KeyBar)
        assert "o open" in line(pilot, KeyBar)


async def test_too_small_a_terminal_says_what_it_needs_and_recovers(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 1)) as (pilot, session):
        await pilot.resize_terminal(50, 12)
        said = pilot.app.screen.query_one("#too-small")
        await until(pilot, lambda: said.display)
        assert "60 × 16" in str(said.render())
        assert "50 × 12" in str(said.render())
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: not said.display)
        assert pilot.app.screen.query_one("#grid", TensorGrid).display
        assert session.place.index == (0, 1, 1)


async def test_space_in_the_grid_sweeps_the_cell_along_the_rows(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        await pilot.press("tab", "space")
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.groups.player.is_playing
        for _ in range(2):
            screen.groups.player._play()
        assert session.place.index == (0, 2, 0)
        assert session.place.value.path == WEIGHTS
        await pilot.press("escape")
        screen.groups.player._play()
        assert not screen.groups.player.is_playing
