"""Every key does what the list of keys says, driven by a pilot."""

import json
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from textual.widgets import Input

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.file_dialog import ExportScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.keys import all_bindings
from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.search import matches
from attn_explore.explorer.system.key_file import keymap_path
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.operands_panel import OperandsPanel
from attn_explore.explorer.widgets.step_tree import StepTree
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.explorer.widgets.timeline import Timeline
from attn_explore.explorer.widgets.words_panel import WordsPanel
from tests.explorer.conftest import Explore, app_of, session_of, settled
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


async def test_enter_follows_the_marked_number_and_backspace_returns(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3)) as (pilot, session):
        await pilot.press("down", "enter")
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.k", (0, 3, 0))
        await pilot.press("down", "enter")
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.w_k", (0, 0))
        assert "drawn by seed 12" in line(pilot, Heading, 1)
        await pilot.press("backspace", "backspace")
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.scores", (0, 0, 3))


async def test_up_marks_the_previous_number(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores") as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        first = panel.chosen
        await pilot.press("down")
        assert panel.chosen != first
        await pilot.press("up")
        assert panel.chosen == first


async def test_clicking_a_number_follows_it(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3)) as (pilot, session):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        text = panel.render_line(2).text
        await pilot.click(ArithmeticPanel, offset=(text.index("0.2084") + 2, 3))
        assert (session.place.value.path, session.place.index) == (f"{LAYER}.q", (0, 0, 0))


async def test_clicking_a_cell_puts_the_cursor_there(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        column = line(pilot, TensorGrid, 1).index("dog") + 2
        await pilot.click(TensorGrid, offset=(column, 4))
        assert session.place.index == (0, 2, 3)


async def test_f_unfolds_a_long_sum(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.output", size=(80, 24)) as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        assert any("more" in text for text in panel.text())
        await pilot.press("f")
        assert not any("more" in text for text in panel.text())
        assert len(panel.text()) > 12
        await pilot.press("f")
        assert any("more" in text for text in panel.text())


async def test_where_there_is_room_a_sum_is_not_folded_and_f_is_not_offered(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.output", size=(80, 24)) as (pilot, _):
        panel, keys = pilot.app.screen.query_one(ArithmeticPanel), pilot.app.screen.query_one(KeyBar)
        assert panel.is_folded
        await pilot.resize_terminal(120, 60)
        await until(pilot, lambda: not panel.is_folded)
        assert not any("more" in text for text in panel.text())
        await pilot.press("right", "left")
        assert not any(key.what == "unfold" for key in keys.keys)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: panel.is_folded)


async def test_o_opens_the_finer_steps_and_closes_them(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("o", "right", "right", "right")
        assert session.place.value.path == f"{WEIGHTS}.exponentials"
        await pilot.press("o")
        assert session.place.value.path == WEIGHTS
        assert len(session.place.steps) == 11


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


async def test_y_copies_the_arithmetic(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores", (0, 0, 3)) as (pilot, _):
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("scores[I, dog] = -0.3652")


async def test_x_exports_and_says_where_to(explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("x", "enter")
        await settled(pilot)
        assert not isinstance(pilot.app.screen, ExportScreen)
        assert any("i-love-my-dog.json" in notice.message for notice in pilot.app._notifications)
        assert len(json.loads((tmp_path / "i-love-my-dog.json").read_text())["steps"]) == len(session.run.trace.steps)


async def test_an_existing_file_is_replaced_only_when_asked_twice(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = tmp_path / "i-love-my-dog.json"
    target.write_text("mine")
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("x", "enter")
        await settled(pilot)
        assert target.read_text() == "mine"
        assert isinstance(pilot.app.screen, ExportScreen)
        await pilot.press("enter")
        await settled(pilot)
        assert json.loads(target.read_text())["format"] == "attn-explore-trace"


async def test_a_target_that_cannot_be_written_is_said_and_the_session_goes_on(
    explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("x")
        pilot.app.screen.query_one("#target", Input).value = "no-such-folder/t.json"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExportScreen)
        await pilot.press("escape", "right")
        assert session.place.position == 1


@pytest.mark.parametrize("key", ["?", "f1"])
async def test_help_lists_every_key_with_its_id(explore: Explore, key: str) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press(key)
        assert isinstance(pilot.app.screen, HelpScreen)
        listed = {line.id for line in pilot.app.screen.shown}
        assert listed == {binding.id for binding in all_bindings() if isinstance(binding, Binding)}
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_q_quits_with_status_0(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("q")
        await pilot.pause()
    assert (pilot.app.return_code or 0) == 0


async def test_every_binding_has_an_id_a_description_a_group_and_an_action() -> None:
    bindings = all_bindings()
    assert all(isinstance(b, Binding) and b.id and b.description and b.group for b in bindings)
    ids = [b.id for b in bindings if isinstance(b, Binding)]
    assert len(ids) == len(set(ids))


async def test_everything_a_key_does_is_in_the_palette(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        await pilot.press("slash", "escape")  # now the line to type in is there, which is put up when it is wanted
        commands = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {binding.description for binding in all_bindings()} <= commands


async def test_a_command_of_the_palette_acts_on_the_panel_that_it_belongs_to(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        commands = {command.title: command.callback for command in pilot.app.get_system_commands(pilot.app.screen)}
        await commands["To the bottom"]()
        await pilot.pause()
        assert session.place.index == (0, 3, 2)


async def test_keys_can_be_remapped_in_the_config_file() -> None:
    keymap_path().parent.mkdir(parents=True)
    keymap_path().write_text('[keys]\n"step.next" = "s"\n')
    session = session_of("i-love-my-dog")
    async with app_of(session).run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        await pilot.press("s")
        assert session.place.position == 1
        await pilot.press("right")
        assert session.place.position == 1
        await pilot.press("?")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert pilot.app.screen.shown[0].keys == "s"


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


async def test_a_masked_cell_says_why_it_is_masked(explore: Explore) -> None:
    async with explore("padding-mask", WEIGHTS, (0, 0, 4)) as (pilot, _):
        assert "padding" in str(pilot.app.screen.query_one(ArithmeticPanel).border_title)


async def test_a_future_cell_says_that_it_is_the_future(explore: Explore) -> None:
    text = "model: {kind: attention}\ninput: {text: I love my dog}\nmask: {causal: true}"
    async with explore(text, WEIGHTS, (0, 0, 2)) as (pilot, _):
        assert "future" in str(pilot.app.screen.query_one(ArithmeticPanel).border_title)


async def test_a_row_that_may_see_nothing_says_so(explore: Explore) -> None:
    async with explore("model: {kind: attention}\ninput: {tokens: [<pad>, <pad>]}", WEIGHTS) as (pilot, _):
        title = str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert "row fully masked: <pad> 0 may see nothing" in title
        words = "".join(pilot.app.screen.query_one(WordsPanel).render_line(y).text for y in range(30))
        assert "Fully masked here" in words


async def test_a_number_is_followed_there_and_back_and_there_again_as_in_a_browser(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 3)) as (pilot, session):
        await pilot.press("enter", "enter")
        there = session.place.cell
        assert [cell.path for cell in session.place.trail] == [WEIGHTS, f"{LAYER}.scaled_scores"]
        title = str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert title == "A[I, dog] › scaled_scores[I, dog] › scores[I, dog]"
        await pilot.press("alt+left", "backspace")
        assert session.place.cell == Cell(WEIGHTS, (0, 0, 3))
        await pilot.press("alt+right", "alt+right")
        assert session.place.cell == there
        await pilot.press("backspace", "enter")
        assert session.place.cell == there
        assert not session.place.forward()


async def test_the_way_is_cut_at_its_beginning_where_there_is_little_room(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 0, 3), size=(80, 24)) as (pilot, _):
        await pilot.press("enter", "enter", "enter")
        title = str(pilot.app.screen.query_one(ArithmeticPanel).border_title)
        assert title == "… › scores[I, dog] › Q[I, 0]"


async def test_u_shows_where_a_number_goes_and_enter_goes_there(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.layers.0.self_attention.scores", (0, 1, 2)) as (pilot, session):
        await pilot.press("u")
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        assert any("scaled_scores[love, my]" in line for line in panel.text())
        await pilot.press("enter", "enter")
        assert session.place.cell == Cell(WEIGHTS, (0, 1, 2))
        await pilot.press("backspace", "backspace", "u")
        assert "the sum of 5 over dₖ" in panel.text()[0]


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


async def test_clicking_a_cell_of_an_operand_goes_there_whatever_its_name(explore: Explore) -> None:
    async with explore("gradient-vanishing", "experiment.query_norms", size=(200, 60)) as (pilot, session):
        third = session.place.value.operands[2].value
        panel = pilot.app.screen.query_one("#above", OperandsPanel)
        await pilot.press("e")
        await pilot.click(panel, offset=_place_of(panel, 2))
        assert session.place.value.path == "experiment.query_norms"  # an edit of it is being typed
        await pilot.press("escape")
        await pilot.click(panel, offset=_place_of(panel, 2))
        assert session.place.value is third


def _place_of(panel: OperandsPanel, operand: int) -> tuple[int, int]:
    """Where the first cell of one of the vectors above is drawn: each has a title, and the first one its labels."""
    line = 2 + 2 * operand
    return next(x for x in range(panel.size.width) if panel._find(x, line) is not None) + 2, line
