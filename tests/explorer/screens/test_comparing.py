"""Two runs: side by side, their difference, and where they part."""

from __future__ import annotations

import numpy as np
import pytest
from textual.pilot import Pilot

from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import headings
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.values import Value
from tests.explorer.conftest import Explore, session_of

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"


def drawn(pilot: Pilot[None]) -> list[Picture | None]:
    """The pictures that are on the screen."""
    return [grid._picture for grid in pilot.app.screen.query(TensorGrid) if grid.display]


def said_under(session: Session, value: Value) -> dict[str, str]:
    """The text under each heading."""
    return {heading: text for heading, text, _ in headings.sections(session, value)}


def test_two_runs_side_by_side_share_a_scale_of_colours() -> None:
    session = session_of("softmax-vs-relu", WEIGHTS)
    one, other = pictures(session, Side.beside)
    assert session.other is not None
    np.testing.assert_array_equal(one.array, session.run.trace[WEIGHTS].array)
    np.testing.assert_array_equal(other.array, session.other.run.trace[WEIGHTS].array)
    assert one.end == other.end == max(np.abs(one.array).max(), np.abs(other.array).max())


def test_a_difference_is_that_of_the_numbers_and_equal_infinities_have_none() -> None:
    text = "input: {text: a b, pad_to: 3}\ncompare: {label: no scaling, model: {score: dot}}"
    session = session_of(text, f"{LAYER}.masked_scores")
    assert session.other is not None
    (picture,) = pictures(session, Side.difference)
    one, other = session.place.value.array, session.other.run.trace[f"{LAYER}.masked_scores"].array
    seen = np.isfinite(one)
    assert not seen.all()
    np.testing.assert_array_equal(picture.array[seen], one[seen] - other[seen])
    assert np.all(picture.array[~seen] == 0)


def test_a_step_that_only_one_run_has_stands_alone_and_says_so() -> None:
    session = session_of("dot-vs-additive", f"{LAYER}.scaled_scores")
    assert len(pictures(session, Side.beside)) == 1
    assert "has no such step" in headings.title(session, session.place.value, Side.beside)
    sections = headings.sections(session, session.place.value)
    assert any(text == "Only this run has this tensor." for _, text, _ in sections)


def test_the_runs_part_at_the_first_step_that_differs() -> None:
    session = session_of("softmax-vs-relu")
    found = two_runs.parting(session)
    assert found is not None
    assert found.path == WEIGHTS
    said = said_under(session, found)["Compared with: ReLU"]
    assert said.startswith("16 of 16 numbers here are different, most at A[")


def test_two_equal_runs_do_not_part() -> None:
    session = session_of("input: {text: a b}\ncompare: {model: {score: scaled_dot}}")
    assert two_runs.parting(session) is None
    assert said_under(session, session.place.value)["Compared with: changed"] == "Every number here is the same."


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_d_shows_both_then_the_difference_then_one(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("softmax-vs-relu", WEIGHTS, (0, 0, 0), size=size) as (pilot, session):
        assert len(drawn(pilot)) == 1
        await pilot.press("d")
        assert len(drawn(pilot)) == 2
        await pilot.press("l", "j")
        assert [grid.cursor for grid in pilot.app.screen.query(TensorGrid)] == [(0, 1, 1)] * 2
        await pilot.press("d")
        (picture,) = drawn(pilot)
        assert picture is not None
        assert session.other is not None
        np.testing.assert_allclose(picture.array, session.place.value.array - session.other.run.trace[WEIGHTS].array)
        assert "first run − ReLU" in pilot.app.screen.query_one(Heading)._title
        await pilot.press("d")
        (picture,) = drawn(pilot)
        assert picture is not None
        np.testing.assert_array_equal(picture.array, session.place.value.array)


async def test_p_goes_to_where_the_runs_part(explore: Explore) -> None:
    async with explore("softmax-vs-relu") as (pilot, session):
        await pilot.press("p")
        assert session.place.value.path == WEIGHTS


async def test_without_a_second_run_nothing_is_compared(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("d", "p")
        assert session.place.value.path == WEIGHTS
        assert len(drawn(pilot)) == 1
