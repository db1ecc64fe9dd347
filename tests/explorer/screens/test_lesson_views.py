"""How a stop of a lesson is looked at: as its `view` says, and after it as the next one says."""

from __future__ import annotations

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from tests.explorer.conftest import Explore

WEIGHTS = "encoder.layers.0.self_attention.weights"

LESSON = f"""
input: {{text: I love my dog}}
lesson:
  - {{at: encoder.position, view: heat, say: all of it}}
  - {{at: {WEIGHTS}, focus: {{query: my}}, view: text, say: on the words}}
  - {{at: {WEIGHTS}, say: as numbers}}
"""


async def test_a_stop_shows_a_heat_map_or_the_text_and_the_next_one_numbers(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, _):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        grid = screen.query_one("#grid", TensorGrid)
        await pilot.press("L")
        assert (screen.state.view, grid.display, grid.zoomed_out) == (View.numbers, True, True)
        await pilot.press("right")
        assert (screen.state.view, grid.display, screen.query_one("#among").display) == (View.among, False, True)
        await pilot.press("right")
        assert (screen.state.view, grid.display, grid.zoomed_out) == (View.numbers, True, False)
