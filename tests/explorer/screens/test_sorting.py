"""Sorting in the explorer: what moves, and what stays."""

from __future__ import annotations

import numpy as np

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session import stepping
from attn_explore.explorer.telling.sorting import Sorted, Sorting
from tests.explorer.conftest import Explore, settled

WEIGHTS = "encoder.layers.0.self_attention.weights"
WORDS = ("I", "love", "my", "dog")


async def test_the_cell_stays_the_same_and_moves_to_what_stands_beside_it(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 2)) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        row = session.place.value.array[0, 1]
        places = [int(place) for place in np.argsort(-row)]
        await pilot.press("b")
        await settled(pilot)
        assert screen.grid.render_line(1).text.split()[2:] == [WORDS[place] for place in places]
        assert session.place.index == screen.grid.cursor == (0, 1, 2)
        assert "[love, my]" in str(screen.arithmetic.border_title)
        await pilot.press("h")
        assert session.place.index == (0, 1, places[places.index(2) - 1])
        await pilot.press("right")
        await settled(pilot)
        assert screen.grid.order.is_own  # the order was that of the weights
        await pilot.press("left", "b", "b")
        await settled(pilot)
        assert screen.grid.order.is_own


async def test_an_order_does_not_tell_the_answer_to_a_question(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        asked = next(place for place, stop in enumerate(session.lesson.stops) if stop.question is not None)
        stepping.follow_lesson(session, asked)
        assert session.question is not None
        screen.state.sortings = {Sorted.columns: Sorting(session.place.value.path, session.place.index)}
        screen.show()
        assert screen.grid.order.is_own
        await pilot.press("b")
        assert screen.grid.order.is_own
