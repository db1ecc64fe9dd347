"""Ctrl+T: the same scenario over another text."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.text_dialog import TextScreen
from attn_explore.explorer.session.opening import pair
from attn_explore.explorer.session.other_text import text_of, with_text
from attn_explore.model.problems import Problem
from tests.explorer.conftest import Explore, session_of
from tests.explorer.editing import edit_word
from tests.standing import until


async def _type(pilot: Pilot[Any], text: str) -> None:
    await pilot.press("ctrl+t")
    await until(pilot, lambda: isinstance(pilot.app.screen, TextScreen))
    pilot.app.screen.query_one("#text", Input).value = text
    await pilot.press("enter")


async def test_the_explorer_turns_to_the_run_over_the_text(explore: Explore) -> None:
    async with explore("i-love-my-dog", "encoder.layers.0.self_attention.scores") as (pilot, _):
        await _type(pilot, "the cat sat")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        session = pilot.app.screen.state.session  # type: ignore[attr-defined]
        assert session.run.scenario.tokens() == ("the", "cat", "sat")
        assert not session.lesson.is_guided
        assert session.place.value.name == "scores"
        await pilot.press("right", "right", "end")
        assert session.place.value.name == "concat"


async def test_what_the_model_cannot_read_is_told_in_the_dialog_and_nothing_is_lost(explore: Explore) -> None:
    async with explore("single-head") as (pilot, session):
        await _type(pilot, "I love cats [b]")
        answer = pilot.app.screen.query_one("#answer", Static)
        await until(pilot, lambda: "no row for cats" in str(answer.content))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))
        assert pilot.app.screen.state.session is session  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["softmax-jacobian", "softmax-saturation"])
async def test_what_reads_no_words_says_so(explore: Explore, name: str) -> None:
    async with explore(name) as (pilot, _):
        await pilot.press("ctrl+t")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_edits_that_no_file_has_are_spoken_of_first(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        edit_word(session, 3, "cat")
        await pilot.press("ctrl+t")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextScreen))


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("you love a cat", (0, 1, 3)),  # in the same place
        ("my dog may love", (0, 3, 1)),  # by its words
        ("love", (0, 0, 0)),  # nowhere
    ],
)
def test_one_stays_at_the_cell_that_one_looked_at(text: str, index: tuple[int, ...]) -> None:
    weights = "encoder.layers.0.self_attention.weights"
    before = session_of("i-love-my-dog", weights, (0, 1, 3))
    place = with_text(before, text).place
    assert (place.value.path, place.index) == (weights, index)


@pytest.mark.parametrize("path", ["candidates", "generated.1.candidates"])
def test_among_candidates_one_stays_at_the_one_that_is_chosen_now(path: str) -> None:
    before = session_of("names", path, (0,))
    place = with_text(before, "m").place
    assert place.value.name == "candidates"
    assert place.index == (int(place.value.array.argmax()),) != (0,)


def test_a_run_that_was_named_beside_it_reads_the_text_too() -> None:
    session = with_text(pair(session_of("wide"), session_of("i-love-my-dog")), "one two")
    assert session.other is not None
    assert text_of(session) == text_of(session.other) == "one two"


def test_the_second_run_of_a_scenario_reads_it_as_well() -> None:
    session = with_text(session_of("with-and-without-mask"), "one two")
    assert session.other is not None
    assert session.other.run.scenario.tokens() == ("one", "two")


def test_a_trace_reads_nothing_else() -> None:
    session = session_of("i-love-my-dog")
    scenario = session.run.scenario
    object.__setattr__(scenario.source, "folder", None)
    with pytest.raises(Problem, match="a trace has run already"):
        with_text(session, "a")
