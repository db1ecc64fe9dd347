"""What docs/start.md tells a newcomer to do, done."""

from __future__ import annotations

from textual.pilot import Pilot

from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from tests.explorer.conftest import Explore
from tests.pages import DOCS

STARTED = ("L",)
"""A pilot's session steps through everything at first; from the command line its lesson is followed."""


def arithmetic(pilot: Pilot[None]) -> str:
    return "\n".join(pilot.app.screen.query_one(ArithmeticPanel).text())


async def test_the_first_quarter_of_an_hour_goes_as_its_page_says(explore: Explore) -> None:
    page = (DOCS / "start.md").read_text("utf-8")
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press(*STARTED, "right", "right")
        assert session.lesson.place == 2
        assert "type `0.9161`" in page
        await pilot.press(*"0.9161", "enter")
        assert session.lesson.outcome is Outcome.right
        await pilot.press("right")
        assert (session.place.value.name, session.lesson.place) == ("q", 3)
        at = session.place.index
        await pilot.press("j", "l", "down", "enter")
        assert session.place.value.name in ("input", "w_q")
        await pilot.press("backspace")
        assert (session.place.value.name, session.place.index) == ("q", (at[0], at[1] + 1, at[2]))
        await pilot.press("right", "right", "right", "down", "down", "down", "down", "enter")
        assert (session.place.value.name, session.lesson.outcome) == ("scores", Outcome.right)
        assert "query of love" in arithmetic(pilot)
        await pilot.press("right", "right", "1", "enter")
        assert (session.place.value.name, session.lesson.outcome) == ("weights", Outcome.right)
        await pilot.press("left", "left", "L", "w")
        assert "the sum of 5 over dₖ" in arithmetic(pilot)
        await pilot.press("h", "h", "h", "l", "l", "l", "e", "0", "enter")
        assert "scores[love, dog] = 0   edited, instead of:" in arithmetic(pilot)
        assert "scores[love, dog] = 2.6821" in arithmetic(pilot)
        await pilot.press("ctrl+z")
        assert not session.run.scenario.edits
