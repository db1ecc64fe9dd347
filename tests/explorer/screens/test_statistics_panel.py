"""The line under the grid about the row of the cursor, in the explorer."""

from __future__ import annotations

from attn_explore.explorer.session import stepping
from attn_explore.explorer.widgets.statistics_panel import Statistics
from tests.explorer.conftest import Explore


async def test_it_says_nothing_while_a_question_waits_which_may_ask_for_it(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        stepping.follow_lesson(session)
        await pilot.press("home")
        panel = pilot.app.screen.query_one(Statistics)
        while session.place.value.name != "weights":
            await pilot.press("right")
        assert session.question is not None
        assert "sum" in session.question.ask
        assert panel.render_line(0).text.strip() == ""
        await pilot.press("right")
        assert "sum 1" in panel.render_line(0).text
