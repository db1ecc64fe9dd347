"""Two runs: side by side, their difference, and where they part."""

from __future__ import annotations

import numpy as np
import pytest
from textual.pilot import Pilot

from attn_explore.explorer.app import ExplorerApp
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling import headings, sections
from attn_explore.explorer.telling.difference import difference_blocks
from attn_explore.explorer.telling.pictures import Side, pictures
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.heading import Heading
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.values import Value
from tests.explorer.conftest import Explore, session_of, settled

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"


def drawn(pilot: Pilot[None]) -> list[Picture | None]:
    """The pictures that are on the screen."""
    return [grid._picture for grid in pilot.app.screen.query(TensorGrid) if grid.display]


def heading(pilot: Pilot[None], name: str = "heading") -> str:
    """The two lines over a grid."""
    panel = pilot.app.screen.query_one(f"#{name}", Heading)
    return "\n".join(panel.render_line(y).text for y in range(2)) if panel.display else ""


def said_under(session: Session, value: Value) -> dict[str, str]:
    """The text under each heading."""
    return {heading: text for heading, text, _ in sections.sections(session, value)}


def test_two_runs_side_by_side_share_a_scale_of_colours() -> None:
    session = session_of("softmax-vs-relu", WEIGHTS)
    one, other = pictures(session, Side.beside)
    assert session.other is not None
    np.testing.assert_array_equal(one.seen, session.run.trace[WEIGHTS].array)
    np.testing.assert_array_equal(other.seen, session.other.run.trace[WEIGHTS].array)
    assert one.end == other.end == max(np.abs(one.seen).max(), np.abs(other.seen).max())


def test_a_difference_is_that_of_the_numbers_and_equal_infinities_have_none() -> None:
    text = "input: {text: a b, pad_to: 3}\ncompare: {label: no scaling, model: {score: dot}}"
    session = session_of(text, f"{LAYER}.masked_scores")
    assert session.other is not None
    (picture,) = pictures(session, Side.difference)
    one, other = session.place.value.array, session.other.run.trace[f"{LAYER}.masked_scores"].array
    seen = np.isfinite(one)
    assert not seen.all()
    np.testing.assert_array_equal(picture.seen[seen], one[seen] - other[seen])
    assert np.all(picture.seen[~seen] == 0)


def test_a_step_that_only_one_run_has_stands_alone_and_says_so() -> None:
    session = session_of("dot-vs-additive", f"{LAYER}.scaled_scores")
    assert len(pictures(session, Side.beside)) == 1
    assert "has no such step" in headings.title(session, session.place.value, Side.beside)
    words = sections.sections(session, session.place.value)
    assert any(text == "Only this run has this tensor." for _, text, _ in words)


def test_the_runs_part_at_the_first_step_that_differs() -> None:
    session = session_of("softmax-vs-relu")
    found = two_runs.parting(session)
    assert found is not None
    assert found.path == WEIGHTS
    said = said_under(session, found)["Compared with: ReLU"]
    assert said.startswith("16 of 16 numbers here are different, most at A[")


def test_of_one_number_it_is_said_how_far_it_is_apart_and_nothing_of_axes() -> None:
    session = session_of("where-gradients-flow", "loss")
    said = said_under(session, session.place.value)
    assert said["Compared with: without residuals"] == "L is different, by 0.6802."
    assert "Axes" not in said


def test_two_equal_runs_do_not_part() -> None:
    session = session_of("input: {text: a b}\ncompare: {model: {score: scaled_dot}}")
    assert two_runs.parting(session) is None
    assert (
        said_under(session, session.place.value)["Compared with: changed"]
        == "Every number here is the same in both runs."
    )


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
        np.testing.assert_allclose(picture.seen, session.place.value.array - session.other.run.trace[WEIGHTS].array)
        assert "first run − ReLU" in heading(pilot)
        await pilot.press("d")
        (picture,) = drawn(pilot)
        assert picture is not None
        np.testing.assert_array_equal(picture.seen, session.place.value.array)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
async def test_each_of_two_grids_has_its_own_title_formula_and_shape(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("padding-changes-nothing", WEIGHTS, size=size) as (pilot, _):
        assert heading(pilot, "other-heading") == ""
        await pilot.press("d")
        one, other = heading(pilot), heading(pilot, "other-heading")
        assert "· first run" in one
        assert "A = softmax" in one
        assert "· mask forgotten" in other
        assert "A = softmax" in other
        assert "+ M" not in other
        if size != (60, 16):
            assert "+ M)" in one
            assert "4 × " in one
            assert "4 × " in other


@pytest.mark.parametrize(
    ("size", "where"), [((120, 40), "   encoder · layer 0 · self-attention"), ((60, 16), "   layer 0 · self-attention")]
)
async def test_the_arithmetic_under_two_grids_says_which_run_it_is_of_and_where_both_are(
    explore: Explore, size: tuple[int, int], where: str
) -> None:
    async with explore("padding-changes-nothing", WEIGHTS, (0, 0, 1), size=size) as (pilot, _):
        panel = pilot.app.screen.query_one(ArithmeticPanel)
        assert "first run" not in str(panel.border_title)
        await pilot.press("d")
        assert str(panel.border_title).endswith(f" · first run{where}")
        await pilot.press("c")
        assert str(panel.border_title).endswith(f" · mask forgotten{where}")


async def test_the_arithmetic_of_a_difference_begins_with_the_difference(explore: Explore) -> None:
    async with explore("padding-changes-nothing", WEIGHTS, (0, 0, 3)) as (pilot, _):
        await pilot.press("d", "d")
        assert "ΔA = A of first run − A of mask forgotten" in heading(pilot)
        lines = pilot.app.screen.query_one(ArithmeticPanel).text()
        assert [part.strip() for part in lines[0].split(" = ")[1].split(" − ")] == ["first run", "mask forgotten"]
        assert lines[1].split() == ["-0.5054", "=", "0", "−", "0.5054"]
        assert "first run:" in lines
        assert "mask forgotten:" in lines


def test_every_difference_that_is_shown_is_what_its_two_numbers_come_to() -> None:
    session = session_of("word-order", WEIGHTS)
    picture = pictures(session, Side.difference)[0]
    for index in np.ndindex(picture.array.shape):
        first, *_ = difference_blocks(session, session.place.value, index)
        result, _, one, _, other = (piece.text for piece in first.rows[1])
        assert result == short_number(float(picture.array[index]))
        assert abs(float(result) - (float(one) - float(other))) < 2e-4


async def test_the_numbers_of_the_other_run_lead_nowhere_in_this_one(explore: Explore) -> None:
    async with explore("padding-changes-nothing", WEIGHTS) as (pilot, session):
        await pilot.press("d", "d")
        own = session.run.trace
        links = pilot.app.screen.query_one(ArithmeticPanel)._links
        assert links
        assert all(own.steps[link.value.path] is link.value for link in links)


async def test_with_other_words_a_difference_is_taken_place_by_place_and_that_is_said(explore: Explore) -> None:
    text = "input: {text: dog bites man}\ncompare: {label: dogs, input: {text: dog bites dog}}"
    async with explore(text, WEIGHTS) as (pilot, session):
        assert session.other is not None
        (picture,) = pictures(session, Side.difference)
        other = session.other.run.trace[WEIGHTS].array
        np.testing.assert_array_equal(picture.seen, session.place.value.array - other)
        assert picture.seen.any()
        assert "their place" in said_under(session, session.place.value)["Compared with: dogs"]
        await pilot.press("d", "d")
        assert "first run − dogs, place by place" in heading(pilot)


def test_other_shapes_have_no_difference() -> None:
    session = session_of("input: {text: a b}\ncompare: {label: three, input: {text: c d e}}", WEIGHTS)
    assert "has another shape" in headings.title(session, session.place.value, Side.difference)
    assert said_under(session, session.place.value)["Compared with: three"] == (
        "The other run's tensor has another shape."
    )


async def test_the_key_bar_says_what_d_shows_next(explore: Explore) -> None:
    async with explore("softmax-vs-relu", WEIGHTS, size=(200, 60)) as (pilot, _):
        for shown in ("side by side", "difference", "one run", "side by side"):
            assert f" d {shown} " in pilot.app.screen.query_one(KeyBar).render_line(0).text
            await pilot.press("d")


async def test_two_runs_that_are_asked_for_together_stand_side_by_side() -> None:
    app = ExplorerApp(lambda _: session_of("softmax-vs-relu", WEIGHTS), "two", is_pair=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        assert len(drawn(pilot)) == 2


async def test_p_goes_to_where_the_runs_part(explore: Explore) -> None:
    async with explore("softmax-vs-relu") as (pilot, session):
        await pilot.press("p")
        assert session.place.value.path == WEIGHTS


async def test_without_a_second_run_nothing_is_compared(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, session):
        await pilot.press("d", "p")
        assert session.place.value.path == WEIGHTS
        assert len(drawn(pilot)) == 1


async def test_the_other_run_does_not_tell_the_answer_of_a_question_that_waits(explore: Explore) -> None:
    lesson = f"lesson: [{{at: {LAYER}.scores, focus: {{query: a}}, ask: Which, answer: {{argmax: key}}}}]"
    text = f"input: {{text: a b}}\ncompare: {{model: {{weighting: relu}}}}\n{lesson}"
    async with explore(text) as (pilot, session):
        screen = pilot.app.screen
        assert isinstance(screen, ExplorerScreen)
        await pilot.press("L", "c")
        assert screen.state.session is session
        await pilot.press("right", "c")
        assert screen.state.session is session.other
