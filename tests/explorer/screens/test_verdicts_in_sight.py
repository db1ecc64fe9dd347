"""What is said of an answer is in sight, in terminals of any size."""

from __future__ import annotations

import pytest

from attn_explore.explorer.session import stepping
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.words_panel import WordsPanel
from tests.explorer.conftest import Explore


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize(("name", "place"), [("i-love-my-dog", 6), ("single-head", 7), ("long-range", 7)])
async def test_what_is_said_of_an_answer_is_in_sight(
    explore: Explore, name: str, place: int, size: tuple[int, int]
) -> None:
    async with explore(name, size=size) as (pilot, session):
        stepping.follow_lesson(session, place)
        await pilot.press("L", "L")
        await pilot.press("right")
        found = pilot.app.screen.query_one(ArithmeticPanel)
        rows = ["".join(segment.text for segment in found.render_line(row)) for row in range(found.size.height)]
        assert any("The answer:" in row for row in rows)
        if len(found.text()) > found.scrollable_content_region.height:
            assert "more lines: " in "\n".join(rows)
        for key, sign in (("J", "more lines: K"), ("K", "more lines: J")):
            await pilot.press(*[key] * 40)
            rows = [found.render_line(row).text for row in range(found.size.height)]
            assert any("The answer:" in row for row in rows)
            assert (sign in "\n".join(rows)) is (found.max_scroll_y > 0)


@pytest.mark.parametrize(
    ("name", "place", "size"),
    [
        ("reverse", 4, (80, 24)),
        ("sentiment", 5, (80, 24)),
        ("positions-rotary", 2, (80, 24)),
        ("positions-rotary", 2, (60, 16)),
        ("i-love-my-dog", 2, (120, 40)),
    ],
)
async def test_a_hint_and_then_the_verdict_are_in_sight_however_small_the_terminal_is(
    explore: Explore, name: str, place: int, size: tuple[int, int]
) -> None:
    async with explore(name, size=size) as (pilot, session):
        stepping.follow_lesson(session, place)
        await pilot.press("L", "L", "H")
        found = pilot.app.screen.query_one(ArithmeticPanel)

        def shown() -> list[str]:
            return [found.render_line(row).text.strip() for row in range(found.size.height)]

        assert found.text()[-1].strip() in shown()
        assert "Enter answers" in str(found.border_title)  # what one can do is in sight at any size
        assert any("→ shows the answer" in row for row in shown()) is (size == (120, 40))
        await pilot.press("right")
        assert any("The answer:" in row for row in shown())


async def test_after_a_wrong_answer_what_is_off_is_in_sight_where_the_hint_is_longer_than_the_panel(
    explore: Explore,
) -> None:
    async with explore("single-head", size=(80, 24)) as (pilot, session):
        stepping.follow_lesson(session, 1)
        await pilot.press("L", "L", "7", "enter")
        found = pilot.app.screen.query_one(ArithmeticPanel)
        shown = [found.render_line(row).text.strip() for row in range(found.size.height)]
        assert len(found.text()) > found.size.height
        assert "✗ 7 is too large." in shown
        assert any("more lines: J" in row for row in shown)  # the hint goes on below
        assert any("what does it come to?" in row for row in shown)  # and nothing that had room has gone


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize(
    ("name", "place", "own"),
    [
        ("i-love-my-dog", 9, "weight × value"),
        ("i-love-my-dog", 6, "query of love"),
        ("single-head", 7, "weight × value"),
    ],
)
async def test_after_an_answer_the_step_s_own_part_of_the_word_view_is_in_sight(
    explore: Explore, name: str, place: int, own: str, size: tuple[int, int]
) -> None:
    async with explore(name, size=size) as (pilot, session):
        stepping.follow_lesson(session, place)
        await pilot.press("L", "L", "right")
        found = pilot.app.screen.query_one(ArithmeticPanel)
        said = "\n".join(found.render_line(row).text for row in range(found.size.height))
        assert "The answer:" in said
        assert own in said
        parts = [part.split("\n") for part in "\n".join(found.text()).split("\n\n")]
        block = next(part for part in parts if own in "\n".join(part))
        last_words = block[-1].split()
        assert any(line.split()[: len(last_words)] == last_words for line in said.split("\n"))


@pytest.mark.parametrize("size", [(80, 24), (120, 20)])
async def test_words_say_that_there_are_more_above_or_below(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("i-love-my-dog", size=size) as (pilot, session):
        await pilot.press("L", *["J"] * 40)
        words = pilot.app.screen.query_one(WordsPanel)
        stepping.follow_lesson(session, 0)
        await pilot.press("L", "L")

        def shown() -> str:
            rows = ("".join(part.text for part in words.render_line(row)) for row in range(words.size.height))
            return "\n".join((str(words.border_title), *rows))

        assert "more lines: J" in shown()
        assert "more lines: K" not in shown()
        await pilot.press(*["J"] * 40)
        assert "more lines: K" in shown()
        assert "more lines: J" not in shown()
