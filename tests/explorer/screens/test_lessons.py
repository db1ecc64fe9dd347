"""Lessons on the screen: playing one, keys that are pressed without thought, and what comes after the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from attn_explore.explorer.library.bookmarks import NAME, Bookmarks
from attn_explore.explorer.library.kept import OnDisk, data_file
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.explorer.state import View
from attn_explore.explorer.session import stepping
from attn_explore.explorer.session.lesson_progress import Outcome
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import sections
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.timeline import Timeline
from tests.explorer.a_lesson import LAYER, LESSON, in_a_file
from tests.explorer.conftest import Explore, settled
from tests.standing import until

BOOKMARKS = Bookmarks(OnDisk())


@pytest.fixture
def file_of(tmp_path: Path) -> Session:
    return in_a_file(tmp_path)


def panel(pilot: Pilot[None]) -> str:
    """What stands in the panel of the arithmetic."""
    return "\n".join(pilot.app.screen.query_one(ArithmeticPanel).text())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_whole_lesson_is_played(explore: Explore, size: tuple[int, int]) -> None:
    async with explore(LESSON, size=size) as (pilot, session):
        await pilot.press("L")
        timeline = pilot.app.screen.query_one(Timeline)
        assert (timeline.unit, timeline.count) == ("stop", 5)
        await pilot.press("right")
        assert "Which fits best" in panel(pilot)
        right = int(session.place.value.array[0, 0].argmax())
        await pilot.press(*["down"] * (right + 1), "enter")  # the first press marks the first one
        assert "Right." in panel(pilot)
        assert "the sum of 5 over dₖ" in panel(pilot)
        await pilot.press("right")
        assert pilot.app.screen.focused is pilot.app.screen.query_one("#given", Input)
        await pilot.press("-", "enter")
        assert session.question is not None
        await pilot.press("backspace", "1", "enter")
        assert session.lesson.outcome is Outcome.right
        await pilot.press("right")
        row, column = np.unravel_index(session.place.value.array[0].argmax(), (4, 4))
        before = session.place.index
        await pilot.press(*["k"] * before[1], *["h"] * before[2], *["j"] * int(row), *["l"] * int(column), "enter")
        assert session.lesson.outcome is Outcome.right
        await pilot.press("right")
        assert session.lesson.is_done
        assert list(session.lesson.outcomes.values()) == [Outcome.right] * 3
        await pilot.press("ctrl+r")
        assert (session.lesson.place, len(session.lesson.outcomes)) == (4, 3)
        await pilot.press("ctrl+r")
        assert (session.lesson.place, session.lesson.outcomes) == (0, {})


async def test_wrong_answers_are_told_and_the_lesson_goes_on(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        wrong = int(session.place.value.array[0, 0].argmin())
        bar = pilot.app.screen.query_one(KeyBar)
        assert "H hint" in bar.render_line(0).text
        await pilot.press(*["down"] * (wrong + 1), "enter")
        assert "Not so:" in panel(pilot)
        assert "It is “" in panel(pilot)
        assert session.question is not None
        assert "H hint" not in bar.render_line(0).text
        await pilot.press("right", "right", "5", "slash", "0", "enter")
        assert any("it divides by 0" in note.message for note in pilot.app._notifications)
        await pilot.press("backspace", "backspace", "enter")
        assert "5 is too large." in panel(pilot)
        assert not pilot.app._notifications, "what was no answer is not spoken of beside one"
        await pilot.press("right", "right", "right")
        assert session.lesson.outcome is Outcome.shown
        assert "The answer:" in panel(pilot)


async def test_keys_that_no_number_is_written_with_do_what_they_always_do(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right", "right", "right", "left", "right")
        assert (session.place.value.name, session.lesson.place) == ("weights", 2)
        await pilot.press("1", "right")
        assert session.lesson.outcome is Outcome.shown
        await pilot.press("left", "L")
        assert not session.lesson.is_guided


async def test_an_option_is_chosen_with_the_mouse(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        await pilot.click(ArithmeticPanel, offset=(6, 2))
        assert session.lesson.given is not None


async def test_the_place_is_written_down_when_the_explorer_ends(explore: Explore, file_of: Session) -> None:
    async with explore(str(file_of.path)) as (pilot, _):
        await pilot.press("L", "right")
        await pilot.press("q")
    assert BOOKMARKS.all()[str(file_of.path)].place == 1


async def test_the_first_start_tells_of_the_tour(explore: Explore) -> None:
    data_file(NAME).unlink()
    async with explore(LESSON) as (pilot, _):
        (toast,) = pilot.app._notifications
        assert toast.message.startswith("First time here? T ")
        await pilot.press("L", "right", "q")
    async with explore(LESSON) as (pilot, _):
        assert not list(pilot.app._notifications)


async def test_a_scenario_without_a_lesson_says_so(explore: Explore) -> None:
    async with explore("input: {text: a b}") as (pilot, session):
        await pilot.press("L", "ctrl+r")
        assert not session.lesson.is_guided


async def test_playing_stops_at_a_question(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", *["plus"] * 4, "space")
        await until(pilot, lambda: session.lesson.place == 1)
        await pilot.pause(0.3)
        assert (session.lesson.place, session.lesson.outcome) == (1, None)


async def test_hidden_numbers_are_not_copied(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, _):
        await pilot.press("L", "right", "y", "Y", "escape")
        assert pilot.app.clipboard == ""


async def test_a_lesson_that_was_left_goes_on_where_it_was_when_it_is_followed_again(
    explore: Explore, file_of: Session
) -> None:
    stepping.follow_lesson(file_of, 3)
    BOOKMARKS.keep(file_of)
    async with explore(str(file_of.path)) as (pilot, session):
        await pilot.press("L")
        assert session.lesson.place == 3


# --- keys that are pressed without thought


async def test_enter_without_a_choice_is_no_answer(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right", "enter")
        assert session.question is not None
        assert session.lesson.tries == ()
        stepping.follow_lesson(session, 3)
        await pilot.press("L", "L", "enter")
        assert session.question is not None
        assert session.question.kind == "cell"
        assert session.lesson.tries == ()
        await pilot.press("l", "h", "enter")
        assert session.lesson.given == session.place.index


async def test_a_key_for_another_view_says_while_a_question_waits_that_it_is_answered_first(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right")
        for key in "wWPu":
            pilot.app.clear_notifications()
            await pilot.press(key)
            assert "Answer first" in " ".join(note.message for note in pilot.app._notifications), key
        await pilot.press("down", "enter")
        assert session.question is None
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.grid.display
        assert (screen.state.view, screen.state.shows_uses) == (View.numbers, False)


@pytest.mark.parametrize("onwards", [["right", "right"], ["enter"]])
async def test_why_a_key_did_nothing_is_said_no_longer_where_one_has_gone_on(
    explore: Explore, onwards: list[str]
) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "right", "P")
        was_asked = session.question
        await pilot.press("down")
        assert was_asked is not None
        assert len(pilot.app._notifications) == 1
        await pilot.press(*onwards)
        assert session.question is not was_asked
        assert not pilot.app._notifications


async def test_a_heat_map_is_shown_while_a_question_waits_and_hides_what_it_asks(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("P", "L", "right", "z")
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        assert screen.grid.zoomed_out
        assert session.question is not None
        assert screen.grid.picture is not None
        assert screen.grid.picture.veiled is not None
        assert screen.grid.picture.veiled[session.question.asked].all()
        await pilot.press("z")
        assert not screen.grid.zoomed_out


async def test_one_key_asks_a_question_again_and_twice_begins_again(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", *["right"] * 4)
        assert session.lesson.place == 2
        await pilot.press("ctrl+r")
        assert session.question is not None
        assert list(session.lesson.outcomes) == [1]
        await pilot.press("left", "ctrl+r")  # at another stop it is the first time again
        assert (session.lesson.place, session.lesson.outcomes) == (1, {})
        await pilot.press("ctrl+r")
        assert session.lesson.place == 0


# --- the end of a lesson


async def test_the_next_lesson_of_the_course_is_one_key_away(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("L")
        stepping.follow_lesson(session, 10)
        await pilot.press("ctrl+r")
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        said = sections.sections(session, session.place.value, screen.state.onward)[1].text
        assert "Next in the course: One head, in whole numbers." in said
        await pilot.press("right")
        assert any("C opens the next one" in toast.message for toast in pilot.app._notifications)
        await pilot.resize_terminal(50, 30)
        assert "C next lesson" in screen.query_one(KeyBar).render_line(0).text
        await pilot.press("C")
        await settled(pilot)
        assert not len(pilot.app._notifications), "what was said of the last lesson does not stand over the next"
        assert screen.state.session.name == "single-head"
        assert (screen.state.session.lesson.is_guided, screen.state.session.lesson.place) == (True, 0)
        assert screen.query_one(Timeline).count == 9
    assert BOOKMARKS.all()["i-love-my-dog"].is_done


async def test_the_next_lesson_does_not_take_edits_away_without_a_word(explore: Explore) -> None:
    async with explore("i-love-my-dog", f"{LAYER}.scores") as (pilot, session):
        await pilot.press("e", *"zero", "enter", "C")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert pilot.app.screen.state.session is session
        assert any("in no file" in toast.message for toast in pilot.app._notifications)


async def test_after_a_lesson_of_ones_own_none_follows(explore: Explore) -> None:
    async with explore(LESSON) as (pilot, session):
        await pilot.press("L", "C")
        assert session.lesson.is_guided
        assert [toast.message for toast in pilot.app._notifications] == ["No lesson of the course follows this one."]
