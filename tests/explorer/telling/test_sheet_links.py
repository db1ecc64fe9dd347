"""One head of attention on one sheet: where its tensors stand, and which cells make which."""

from __future__ import annotations

import numpy as np
import pytest
from rich.cells import cell_len
from textual.geometry import Size

from attn_explore.explorer.drawing.sheet_lines import arranged, links, moved
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.sheet_screen import HeadSheet, SheetScreen
from attn_explore.explorer.telling.head_sheet import head_at, sheet_of
from attn_explore.explorer.telling.sheet_links import cell_of, index_of, made_of
from tests.explorer.conftest import Explore
from tests.opened import Opened, opened
from tests.standing import until

BLOCK = "encoder.layers.0.self_attention"
WEIGHTS = f"{BLOCK}.weights"


@pytest.fixture(scope="module")
def multi_head() -> Opened:
    return opened("multi-head")


LARGE = Size(200, 60)


def shown(scenario: Opened, head: int, size: Size = LARGE) -> HeadSheet:
    trace = scenario.trace
    found = HeadSheet.of(trace, sheet_of(trace, trace[WEIGHTS], head), head, size)
    assert found is not None
    return found


def test_all_of_a_head_stands_on_one_sheet(multi_head: Opened) -> None:
    names = [block.part.path.rpartition(".")[2] for block in shown(multi_head, 1).blocks]
    assert names == ["input", "q", "k", "v", "scores", "scaled_scores", "weights", "head_output"]


@pytest.mark.parametrize("size", [Size(200, 60), Size(120, 40), Size(300, 100)])
def test_tensors_lie_beside_each_other_and_within_the_sheet(multi_head: Opened, size: Size) -> None:
    taken: set[tuple[int, int]] = set()
    for block in shown(multi_head, 0, size).blocks:
        own = {(block.x + x, block.y + y) for x in range(block.layout.width) for y in range(block.height)}
        assert not own & taken
        assert max(x for x, _ in own) < size.width
        assert max(y for _, y in own) < size.height
        taken |= own


def test_a_terminal_that_is_too_small_has_no_sheet(multi_head: Opened) -> None:
    trace = multi_head.trace
    assert HeadSheet.of(trace, sheet_of(trace, trace[WEIGHTS], 0), 0, Size(80, 24)) is None
    assert arranged([shown(multi_head, 0).sheet.parts], 10, 100) is None


def test_a_weight_is_made_of_its_row_of_scores_and_goes_into_its_row_of_the_output(multi_head: Opened) -> None:
    sheet = shown(multi_head, 2)
    lit = links(made_of(sheet.trace, sheet.sheet, 2), (WEIGHTS, 1, 3))
    assert {cell for cell in lit.made_of if cell[0].endswith("scaled_scores")} == {
        (f"{BLOCK}.scaled_scores", 1, column) for column in range(4)
    }
    assert {cell[1] for cell in lit.made_of if cell[0].endswith(".q")} == {1}
    assert {cell[1] for cell in lit.made_of if cell[0].endswith(".k")} == {0, 1, 2, 3}
    assert not any(cell[0].endswith(".v") for cell in lit.made_of)
    assert {cell[:2] for cell in lit.makes} == {(f"{BLOCK}.head_output", 1)}


@pytest.mark.parametrize("name", ["multi-head", "grouped-query"])
def test_a_cell_on_the_sheet_is_that_cell_of_the_value(name: str) -> None:
    trace = opened(name).trace
    heads = trace[WEIGHTS].axis("head").size
    for head in range(heads):
        for part in sheet_of(trace, trace[WEIGHTS], head).parts:
            value, picture = trace[part.path], part.heat_map.picture
            for place in np.ndindex(picture.array.shape):
                index = index_of(value, place, head, heads)
                np.testing.assert_equal(value[index], picture.array[place])
                assert cell_of(value, index, head, heads) == (part.path, *(0, *place)[-2:])


@pytest.mark.parametrize(("step", "index", "head"), [("q", (3, 0, 0), 3), ("k", (1, 0, 0), 2), ("w_q", (0, 4), 2)])
def test_the_sheet_is_of_the_head_that_the_cell_belongs_to(step: str, index: tuple[int, ...], head: int) -> None:
    trace = opened("grouped-query").trace
    value = trace[f"{BLOCK}.{step}"]
    assert head_at(trace, value, index) == head
    if "head" in value.names:
        assert index_of(value, index[1:], head, 4) == index


def test_beyond_the_edge_of_a_tensor_the_cursor_enters_the_next_one(multi_head: Opened) -> None:
    blocks = shown(multi_head, 0).blocks
    assert moved(blocks, (WEIGHTS, 1, 3), 0, 1) == (f"{BLOCK}.head_output", 1, 0)
    assert moved(blocks, (WEIGHTS, 1, 0), 0, -1)[0] == f"{BLOCK}.scaled_scores"
    assert moved(blocks, ("encoder.input", 0, 0), -1, 0) == ("encoder.input", 0, 0)


async def test_a_shows_the_sheet_and_enter_goes_to_a_cell_of_it(explore: Explore) -> None:
    async with explore("multi-head", WEIGHTS, (1, 2, 0), size=(200, 60)) as (pilot, session):
        await pilot.press("A")
        assert isinstance(pilot.app.screen, SheetScreen)
        assert pilot.app.screen._lit.cursor == (WEIGHTS, 2, 0)
        await pilot.press("tab", "down", "enter")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert session.place.value.path == f"{BLOCK}.head_output"
        assert session.place.index == (1, 1, 0)


async def test_where_there_is_no_room_that_is_said(explore: Explore) -> None:
    async with explore("multi-head", WEIGHTS, size=(80, 24)) as (pilot, _):
        await pilot.press("A")
        assert isinstance(pilot.app.screen, ExplorerScreen)
        assert any("more room" in notice.message for notice in pilot.app._notifications)


async def test_the_sheet_follows_the_size_of_the_terminal_and_goes_where_there_is_no_room(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(200, 60)) as (pilot, _):
        await pilot.press("A")
        screen = pilot.app.screen
        assert isinstance(screen, SheetScreen)
        await pilot.resize_terminal(110, 50)
        await until(pilot, lambda: all(block.x + block.layout.width <= 106 for block in screen._shown.blocks))
        assert cell_len(screen._said) <= 106
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: isinstance(pilot.app.screen, ExplorerScreen))


async def test_the_keys_of_the_sheet_are_listed(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(200, 60)) as (pilot, _):
        await pilot.press("A", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
