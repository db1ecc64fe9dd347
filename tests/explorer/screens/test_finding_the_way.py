"""Going by name, marks, the clipboard, the picture and the tour."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from textual import events
from textual.widgets import Input, OptionList, Static

from attn_explore.explorer.drawing import notations
from attn_explore.explorer.drawing.notations import csv_text, latex_text, numpy_text
from attn_explore.explorer.screens.copy_dialog import CopyScreen
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.keys import all_bindings
from attn_explore.explorer.screens.tour import PAGES, TourScreen
from attn_explore.explorer.session.finding import Finding, Kind, Known
from attn_explore.explorer.session.search import named
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.found import examples
from attn_explore.explorer.widgets.arithmetic_panel import ArithmeticPanel
from attn_explore.explorer.widgets.found_list import FoundList
from attn_explore.explorer.widgets.key_bar import KeyBar
from attn_explore.model.problems import Problem
from tests.explorer.conftest import Explore, session_of

LAYER = "encoder.layers.0.self_attention"
WEIGHTS = f"{LAYER}.weights"


def found(session: Session, text: str, *, by_name: bool = True) -> Finding:
    """All that a text finds."""
    finding = Finding(Known(session), text, by_name=by_name)
    while finding.look_on():
        pass
    return finding


def paths(session: Session, text: str, *, by_name: bool = True) -> list[str]:
    return [line.path for line in found(session, text, by_name=by_name).found]


# --- by name


@pytest.mark.parametrize(
    ("opens", "stands"),
    [("slash", "zoom"), ("g", "zoom"), ("colon", "zoom"), ("ctrl+t", "zoom")],
)
async def test_what_is_typed_in_one_burst_after_the_key_that_asks_stands_in_the_line(
    opens: str, stands: str, explore: Explore
) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        for key in (opens, *"zoom"):  # as a terminal sends them: the line has no focus yet
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else "/"))
        await pilot.pause()
        assert [box.value for box in pilot.app.screen.query(Input) if box.display] == [stands]


@pytest.mark.parametrize(
    ("text", "path", "index"),
    [
        (WEIGHTS, WEIGHTS, (0, 0, 0)),
        ("weights[love, dog]", WEIGHTS, (0, 1, 3)),
        (" self_attention.q[0,my,2] ", f"{LAYER}.q", (0, 2, 2)),
        ("w_q", f"{LAYER}.w_q", (0, 0)),
        ("A[love, dog]", WEIGHTS, (0, 1, 3)),
        ("weights.exponentials", f"{WEIGHTS}.exponentials", (0, 0, 0)),
    ],
)
def test_a_cell_is_named_by_the_end_of_its_path(text: str, path: str, index: tuple[int, ...]) -> None:
    value, found = named(session_of("input: {text: I love my dog}\nmodel: {kind: attention}"), text)
    assert (value.path, found) == (path, index)


def test_parts_between_and_the_head_may_be_left_out() -> None:
    session = session_of("input: {text: its law is law}\nmodel: {layers: 3, heads: 2}")
    path = "encoder.layers.2.self_attention.weights"
    value, index = named(session, "layers.2.weights[its, Law]")
    assert (value.path, index) == (path, (0, 0, 1))
    session.place.show(value, (1, 0, 0))
    assert named(session, "layers.1.weights[its, law 3") == (session.place.find(path.replace("2", "1")), (1, 0, 3))


def test_of_several_steps_with_a_name_the_next_one_is_meant() -> None:
    session = session_of("input: {text: a b}\nmodel: {layers: 2}", "encoder.layers.0.ffn.output")
    assert named(session, "weights")[0].path == "encoder.layers.1.self_attention.weights"
    session.place.show(session.place.steps[-1])
    assert named(session, "weights")[0].path == "encoder.layers.0.self_attention.weights"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wieghts", "weights"),
        ("", "finds by words"),
        ("weights[cat,dog]", "there are I"),
        ("weights[I", "each of query, key"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(text: str, said: str) -> None:
    with pytest.raises(Problem) as refused:
        named(session_of("i-love-my-dog"), text)
    assert said in refused.value.hint


def test_a_bracket_that_is_still_open_is_as_good_as_closed() -> None:
    session = session_of("i-love-my-dog")
    assert named(session, "weights[love, dog") == named(session, "weights[love,dog]")


def test_what_a_name_may_mean_is_listed_with_what_g_takes_first_and_nothing_is_opened_for_it() -> None:
    session = session_of("input: {text: a b}\nmodel: {layers: 2}", "encoder.layers.0.ffn.output")
    listed = paths(session, "weights")
    assert listed[0] == named(session, "weights")[0].path == "encoder.layers.1.self_attention.weights"
    assert paths(session, "A")[:2] == listed[:2]
    assert [path.rpartition(".")[2] for path in paths(session, "hidden_p")] == 2 * ["hidden_pre"]
    assert all(path.endswith(".exponentials") for path in paths(session, "exponentials"))
    assert session.place.opened == {}


@pytest.mark.parametrize("name", ["i-love-my-dog", "wo-xihuan-wode-gou", "translate", "softmax-jacobian", "multi-head"])
def test_every_example_of_a_name_leads_somewhere(name: str) -> None:
    session = session_of(name)
    shown = list(examples(session))
    assert len(shown) >= 2
    assert any("[" in example for example in shown)
    for example in shown:
        named(session, example)


def test_behind_a_bracket_the_cells_are_listed_that_it_may_become() -> None:
    session = session_of("i-love-my-dog")
    session.place.put_cursor(session.run.trace[f"{LAYER}.q"], (0, 0, 3))
    listed = found(session, "q[lo").found
    assert [(line.kind, line.name, line.index) for line in listed] == [(Kind.cell, "q[love, ", (0, 1, 3))]
    assert [line.name for line in found(session, "q[my, ").found] == [f"q[my, {place}]" for place in range(5)]
    assert [line.index for line in found(session, "q[my, 2").found] == [(0, 2, 2)]
    assert found(session, "q[cat, ").fault.startswith("there is no cat along token: there are I, love")


async def test_what_was_said_before_does_not_stand_over_what_is_typed(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(60, 16)) as (pilot, _):
        await pilot.press("at")
        assert pilot.app._notifications
        await pilot.press("g", *"weights")
        await pilot.pause()
        assert "weights" in str(pilot.app.screen.query_one("#go", Input).value)
        assert not pilot.app._notifications


async def test_g_goes_to_a_cell_and_backspace_comes_back(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("g", *"nothing", "enter")
        box = pilot.app.screen.query_one("#go", Input)
        assert box.display
        await pilot.press(*["backspace"] * 7, *"weights[dog,love]", "enter")
        assert not box.display
        assert (session.place.value.path, session.place.index) == (WEIGHTS, (0, 3, 1))
        await pilot.press("backspace")
        assert session.place.value.name == "embedding"


async def test_a_path_is_completed_as_it_is_typed(explore: Explore) -> None:
    async with explore("i-love-my-dog") as (pilot, session):
        await pilot.press("g", *"encoder.layers.0.self_attention.h")
        await pilot.press("right", "enter")
        assert session.place.value.name == "head_output"


# --- marks


async def test_marked_cells_are_gone_to_in_the_order_of_the_steps(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        await pilot.press("apostrophe", "m", "home", "m", "end", "apostrophe")
        assert session.place.value.name == "embedding"
        await pilot.press("apostrophe")
        assert (session.place.value.path, session.place.index) == (WEIGHTS, (0, 1, 3))
        await pilot.press("m", "apostrophe")
        assert session.place.value.name == "embedding"
        assert len(session.place.marked) == 1


# --- the clipboard


def test_numpy_text_gives_the_same_numbers_again() -> None:
    array = np.array([[[0.1, -np.inf], [np.nan, 1e300]]])
    np.testing.assert_array_equal(eval(numpy_text(array), {"np": np}), array)  # noqa: S307 (our own text)
    assert numpy_text(np.array(0.1)) == "0.1"


def test_csv_text_has_every_digit_and_a_line_for_each_row() -> None:
    array = session_of("multi-head").run.trace[WEIGHTS].array
    read = [[float(cell) for cell in line.split(",")] for line in csv_text(array).split("\n") if line]
    np.testing.assert_array_equal(np.array(read).reshape(array.shape), array)


def test_latex_text_is_a_matrix_for_each_head() -> None:
    array = session_of("multi-head").run.trace[WEIGHTS].array
    text = latex_text(array)
    assert text.count(r"\begin{bmatrix}") == text.count(r"\end{bmatrix}") == array.shape[0]
    assert text.count("&") == array.shape[0] * 4 * 3
    assert latex_text(np.array([-np.inf])) == "\\begin{bmatrix}\n-\\infty\n\\end{bmatrix}"


def test_what_does_not_fit_through_a_terminal_is_refused() -> None:
    notations.checked("a" * notations.LARGEST)
    with pytest.raises(Problem, match="do not fit through a terminal"):
        notations.checked("a" * (notations.LARGEST + 1))


async def test_a_row_is_copied_in_the_notation_that_was_chosen(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, (0, 1, 3)) as (pilot, session):
        assert pilot.app.clipboard == ""
        await pilot.press("Y")
        assert isinstance(pilot.app.screen, CopyScreen)
        await pilot.press(*["down"] * 5, "enter")
        assert pilot.app.clipboard == csv_text(session.place.value.array[0, 1])
        await pilot.press("y")
        assert pilot.app.clipboard.startswith("A[love, dog] = e^(scaled_scores")


async def test_a_large_tensor_is_not_copied_and_the_reason_told(explore: Explore) -> None:
    async with explore("wide", f"{LAYER}.q") as (pilot, _):
        await pilot.press("Y")
        options = pilot.app.screen.query_one(OptionList)
        options.highlighted = options.option_count - 1
        await pilot.press("enter")
        assert "do not fit" in str(pilot.app.screen.query_one("#answer", Static).content)
        assert pilot.app.clipboard == ""


# --- the picture


async def test_the_screen_is_saved_as_svg(explore: Explore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with explore("i-love-my-dog", WEIGHTS) as (pilot, _):
        await pilot.press("S", "enter")
        await pilot.pause()
    drawn = (tmp_path / "i-love-my-dog-weights.svg").read_text("utf-8")
    assert drawn.startswith("<svg")
    assert "fonts" not in drawn
    said = "".join(re.findall(r">([^<]+)</text>", drawn))  # each letter in a cell of its own
    assert "softmax" in said
    assert "Savethescreen" not in said


# --- the tour


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_tour_goes_from_page_to_page_and_ends(explore: Explore, size: tuple[int, int]) -> None:
    async with explore("i-love-my-dog", size=size) as (pilot, _):
        await pilot.press("T")
        seen = []
        while isinstance(pilot.app.screen, TourScreen):
            seen.append(str(pilot.app.screen.query_one("#page", Static).content))
            await pilot.press("right")
        assert seen == [page.text for page in PAGES]
        assert isinstance(pilot.app.screen, ExplorerScreen)
        await pilot.press("T", "right", "left", "escape")
        assert isinstance(pilot.app.screen, ExplorerScreen)


async def test_on_a_low_screen_the_tour_leaves_the_arithmetic_in_sight_while_it_tells_of_it(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(60, 16)) as (pilot, _):
        arithmetic = pilot.app.screen.query_one(ArithmeticPanel)
        await pilot.press("T", "right", "right")
        await pilot.pause()
        assert PAGES[2].is_below
        assert not pilot.app.screen.query_one("#tour").region.overlaps(arithmetic.content_region)


async def test_while_a_name_is_typed_the_list_says_what_there_is_and_what_is_wrong(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, _):
        await pilot.press("g")
        panel = pilot.app.screen.query_one("#found", FoundList)
        assert "weights[dog, dog]" in panel.text()[0]
        await pilot.press(*"scor")
        assert str(panel.border_title).startswith("2 of ")
        await pilot.press("e", "s", "[", *"love,dog")
        assert panel.text()[0].split()[:3] == ["▌cell", "scores[love,", "dog]"]
        await pilot.press("x", "enter")
        assert panel.text()[0] == " there is no dogx along key: there are I, love, my, dog"
        assert not pilot.app._notifications
        await pilot.press("escape")
        assert not panel.display


async def test_what_is_typed_to_find_narrows_a_list_with_its_count(explore: Explore) -> None:
    async with explore("i-love-my-dog", size=(80, 24)) as (pilot, session):
        steps, parameters = len(session.place.steps), len(session.run.trace.parameters)
        await pilot.press("slash")
        panel = pilot.app.screen.query_one("#found", FoundList)
        total = steps + parameters + 4 + len(all_bindings())
        assert str(panel.border_title).startswith(
            f"{total} of {total} · {steps} steps · {parameters} parameters · 4 words"
        )
        await pilot.press(*"scores")
        assert str(panel.border_title).startswith(f"3 of {total} · 3 steps")
        assert [line.split()[1] for line in panel.text()[:3]] == ["scores", "scaled_scores", "weights"]
        await pilot.press(*"xyz")
        assert str(panel.border_title) == f"0 of {total}"
        await pilot.press("escape")
        assert session.place.position == 0


async def test_the_arrows_choose_a_line_tab_completes_it_and_esc_leaves_without_moving(explore: Explore) -> None:
    async with explore("encoder-layer", size=(80, 24)) as (pilot, session):
        here = session.place.cell
        await pilot.press("g", *"norm", "down", "tab")
        box = pilot.app.screen.query_one("#go", Input)
        assert box.value == paths(session, "norm")[1]
        await pilot.press("escape")
        assert session.place.cell == here
        await pilot.press("g", *"norm", "down", "down", "up", "enter")
        assert session.place.value.path == paths(session, "norm")[1]
        await pilot.press("backspace")
        assert session.place.cell == here


async def test_a_click_goes_to_what_was_found_and_a_key_leads_to_the_list_of_keys(explore: Explore) -> None:
    async with explore("encoder-layer", size=(80, 24)) as (pilot, session):
        first, second, *_ = paths(session, "norm")
        await pilot.press("g", *"norm")
        assert await pilot.click("#found", offset=(5, 2))  # under the rule and the first line
        assert session.place.value.path == second != first
        await pilot.press("slash", *"arithmetic to the clipboard", "enter")
        assert isinstance(pilot.app.screen, HelpScreen)
        assert [line.id for line in pilot.app.screen.shown] == ["cell.copy"]


@pytest.mark.parametrize("key", ["slash", "g"])
async def test_while_a_line_is_typed_the_footer_offers_no_keys_that_are_letters(explore: Explore, key: str) -> None:
    async with explore("i-love-my-dog") as (pilot, _):
        bar = pilot.app.screen.query_one(KeyBar)
        before = bar.render_line(0).text
        await pilot.press(key)
        offered = ["⏎", "go", "there", "↑", "↓", "choose", "⇥", "complete", "Esc", "back"]
        assert bar.render_line(0).text.split() == offered
        await pilot.press("escape")
        assert bar.render_line(0).text == before
