"""The map of the model: on a screen of its own, and under the tree."""

from __future__ import annotations

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.map_screen import MapScreen
from attn_explore.explorer.widgets.map_lines import MapLines
from attn_explore.explorer.widgets.map_panel import MapPanel
from attn_explore.explorer.widgets.map_view import MapView
from attn_explore.explorer.widgets.step_tree import StepTree
from tests.explorer.conftest import Explore
from tests.standing import until

ATTENTION = "decoder.layers.0.cross_attention"


def lines(widget: MapLines) -> list[str]:
    """What stands on the screen."""
    return ["".join(segment.text for segment in widget.render_line(y)).rstrip() for y in range(widget.size.height)]


async def test_the_map_opens_at_the_present_box_and_enter_goes_to_another(explore: Explore) -> None:
    async with explore("translate", f"{ATTENTION}.scores", size=(100, 30)) as (pilot, session):
        await pilot.press("ctrl+g")
        assert isinstance(pilot.app.screen, MapScreen)
        view = pilot.app.screen.query_one(MapView)
        assert view.cursor == f"{ATTENTION}.weights"
        assert any("▐cross-attention▌" in line for line in lines(view))
        await pilot.press("down", "down", "down")
        assert view.cursor == "decoder.layers.0.ffn.hidden"
        await pilot.press("left")
        assert view.cursor.startswith("encoder.layers.0.")
        await pilot.press("right", "up", "enter")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert session.place.value.path.startswith("decoder.layers.0.")


async def test_escape_leaves_the_map_and_the_place_is_the_same(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.hidden", (1, 2), size=(80, 24)) as (pilot, session):
        await pilot.press("ctrl+g", "up", "?")
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape", "escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert (session.place.value.path, session.place.index) == ("encoder.layers.0.ffn.hidden", (1, 2))


async def test_keys_that_come_with_the_one_that_opens_the_map_are_taken_by_it(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.hidden") as (pilot, session):
        pilot.app.screen.action_map()  # type: ignore[attr-defined]
        pilot.app.screen.action_move("up")  # type: ignore[attr-defined]
        pilot.app.screen.action_choose()  # type: ignore[attr-defined]
        await pilot.pause()
        assert session.place.value.path == "encoder.layers.0.self_attention.norm"


async def test_the_next_layer_of_the_map_stands_open_with_the_same_box(explore: Explore) -> None:
    async with explore("pre-norm-stack", "encoder.layers.0.ffn.hidden", size=(80, 24)) as (pilot, _):
        await pilot.press("ctrl+g", "}")
        view = pilot.app.screen.query_one(MapView)
        assert view.cursor == "encoder.layers.1.ffn.hidden"
        assert any("layer 1" in line for line in lines(view))
        await pilot.press("{", "{")
        assert view.cursor == "encoder.layers.0.ffn.hidden"


async def test_another_pass_of_a_generation_stands_open_with_the_same_box(explore: Explore) -> None:
    async with explore("translate", f"{ATTENTION}.scores", size=(100, 30)) as (pilot, _):
        await pilot.press("ctrl+g", "]", "]")
        view = pilot.app.screen.query_one(MapView)
        assert view.cursor == f"generated.2.{ATTENTION}.weights"
        assert any("pass 3 of 5" in line for line in lines(view))
        await pilot.press("[", "[", "[")
        assert view.cursor == f"{ATTENTION}.weights"


async def test_the_map_does_not_tell_the_words_that_a_lesson_asks_for(explore: Explore) -> None:
    async with explore("write-word-by-word", "decoder.layers.0.ffn.hidden", size=(100, 30)) as (pilot, _):
        await pilot.press("ctrl+g", "]", "]")
        assert lines(pilot.app.screen.query_one(MapView))[1].endswith("[tokens] <s> 我 喜歡")
        await pilot.press("escape", "L", "ctrl+g", "right", "]", "]")
        assert "pass 3 of" in lines(pilot.app.screen.query_one(MapView))[0]
        assert lines(pilot.app.screen.query_one(MapView))[1].endswith("[tokens] ?")


async def test_a_click_on_a_box_goes_there(explore: Explore) -> None:
    async with explore("encoder-layer", size=(100, 30)) as (pilot, session):
        await pilot.press("ctrl+g")
        view = pilot.app.screen.query_one(MapView)
        spot = view.drawn.spot_of("encoder.layers.0.ffn.hidden")
        assert spot is not None
        await pilot.click(MapView, offset=(spot.left + 2, spot.y - view.scroll_offset.y))
        assert session.place.value.path == "encoder.layers.0.ffn.hidden"


async def test_an_experiment_says_that_it_has_no_map(explore: Explore) -> None:
    async with explore("softmax-jacobian") as (pilot, _):
        await pilot.press("ctrl+g")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert any("There is no map" in note.message for note in pilot.app._notifications)


async def test_the_map_under_the_tree_follows_the_steps_and_leads_to_them(explore: Explore) -> None:
    async with explore("encoder-layer", "encoder.layers.0.ffn.hidden", size=(200, 46)) as (pilot, session):
        panel = pilot.app.screen.query_one(MapPanel)
        assert any("▐ffn 6→12→6▌" in line for line in lines(panel))
        await pilot.press("L", "end")
        assert any("▐LayerNorm▌" in line for line in lines(panel))
        spot = panel.drawn.spot_of("encoder.embedding")
        assert spot is not None
        await pilot.click(MapPanel, offset=(spot.left + 2, spot.y + 1))
        assert session.place.value.path == "encoder.embedding"


async def test_the_map_under_the_tree_gives_its_room_where_the_tree_needs_it_or_is_hidden(explore: Explore) -> None:
    async with explore("encoder-layer", size=(200, 46)) as (pilot, _):
        screen = pilot.app.screen
        panel, tree = screen.query_one(MapPanel), screen.query_one(StepTree)
        assert panel.size.height + tree.last_line + 2 <= screen.query_one("#side").size.height
        await pilot.press("t")
        assert not panel.display
        await pilot.press("t")
        assert panel.display
        await pilot.resize_terminal(200, 28)
        await until(pilot, lambda: not panel.display)
        await pilot.resize_terminal(200, 36)
        await until(pilot, lambda: any("more lines" in line for line in lines(panel)))
