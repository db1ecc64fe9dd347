"""One head of attention on one sheet: where its tensors stand, and which cells make which."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from rich.cells import cell_len

from attn_explore.explorer.drawing.sheet_lines import Block, height_of, is_marked, moved
from attn_explore.explorer.screens.explorer.screen import ExplorerScreen
from attn_explore.explorer.screens.help import HelpScreen
from attn_explore.explorer.screens.sheet_screen import SheetScreen
from attn_explore.explorer.telling.block_sheet import outline_of
from attn_explore.explorer.telling.blocks_around import BlocksAround
from attn_explore.explorer.telling.head_sheet import head_at, head_outline
from attn_explore.explorer.telling.planes import Outline
from attn_explore.explorer.telling.sheet_links import edges_of, lit
from attn_explore.explorer.telling.sheet_windows import Arrangement
from attn_explore.explorer.widgets.sheet_panel import SheetPanel
from attn_explore.model.axes import Array
from attn_explore.model.axes import Index as IndexOf
from attn_explore.model.explain import Index, arithmetic
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.explorer.conftest import Explore
from tests.opened import Opened, opened
from tests.standing import until

BLOCK = "encoder.layers.0.self_attention"
WEIGHTS = f"{BLOCK}.weights"
LARGE = (200, 60)


@pytest.fixture(scope="module")
def multi_head() -> Opened:
    return opened("multi-head")


def shown(scenario: Opened, path: str, index: Index, room: tuple[int, int] = LARGE) -> list[Block]:
    value = scenario.trace[path]
    outline = outline_of(scenario.trace, value, index)
    assert outline is not None
    found = Arrangement(outline).blocks(value, index, *room)
    assert found is not None
    return found


def test_all_of_a_head_stands_on_one_sheet(multi_head: Opened) -> None:
    names = [block.part.path.rpartition(".")[2] for block in shown(multi_head, WEIGHTS, (1, 0, 0))]
    assert names == ["input", "q", "k", "v", "scores", "scaled_scores", "weights", "head_output"]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("encoder.position", "embedding position input"),
        ("encoder.layers.0.self_attention.residual", "head_output input concat output residual norm"),
        ("encoder.layers.0.ffn.hidden", "norm hidden_pre hidden output residual norm"),
    ],
)
def test_a_block_is_the_steps_under_one_path_with_what_enters_them(path: str, names: str) -> None:
    blocks = shown(opened("encoder-layer"), path, (0, 0))
    assert [block.part.path.rpartition(".")[2] for block in blocks] == names.split()


def test_the_end_of_a_model_is_a_block_as_well() -> None:
    blocks = shown(opened("names"), "probabilities", (0, 0))
    assert [block.part.path for block in blocks][1:] == ["logits", "probabilities", "candidates"]


def stacked(scenario: Opened, path: str, room: tuple[int, int]) -> tuple[Arrangement, list[Block]]:
    """The sheet of a step's block, with others around it in the lines that it leaves free."""
    value = scenario.trace[path]
    index = tuple(0 for _ in value.axes)
    outline = outline_of(scenario.trace, value, index)
    assert outline is not None
    found = Arrangement(outline, BlocksAround(outline, 0, ()))
    blocks = found.blocks(value, index, *room)
    assert blocks is not None
    return found, blocks


@pytest.mark.parametrize("room", [(140, 30), (140, 45), (226, 60), (300, 100)])
@pytest.mark.parametrize("path", ["encoder.input", WEIGHTS, f"{BLOCK}.residual", "encoder.layers.0.ffn.hidden"])
def test_in_lines_that_are_free_the_blocks_around_stand_whole_in_the_order_of_the_run(
    path: str, room: tuple[int, int]
) -> None:
    scenario = opened("encoder-layer")
    _, blocks = stacked(scenario, path, room)
    own = shown(scenario, path, tuple(0 for _ in scenario.trace[path].axes), room)
    steps, paths = list(scenario.trace.steps), [block.part.path for block in blocks]
    first = [steps.index(block.part.path) for block in blocks if block.heading]
    assert len(set(paths)) == len(paths)
    assert set(paths) >= {block.part.path for block in own}
    assert first == sorted(first)
    taken = {(block.x, y) for block in blocks for y in range(block.y - bool(block.heading), block.y + block.height)}
    assert len(taken) == sum(block.height + bool(block.heading) for block in blocks)
    assert height_of(blocks) <= room[1]
    again = next(block for block in blocks if block.part.path == path)
    assert again.layout.column_width == next(block for block in own if block.part.path == path).layout.column_width


def test_all_of_a_small_model_is_one_sheet_and_a_cell_is_lit_through_all_of_it() -> None:
    scenario, path = opened("encoder-layer"), "encoder.layers.0.ffn.norm"
    found, blocks = stacked(scenario, path, (300, 100))
    assert {block.part.path for block in blocks} == set(scenario.trace.steps)
    lit_up = found.lit(scenario.trace[path], (1, 2))
    assert set(lit_up.made_of) == set(scenario.trace.steps) - {path}
    other = found.lit(scenario.trace["encoder.embedding"], (1, 2))
    assert path in other.makes
    assert found.link((WEIGHTS, 1, 2)).index == (0, 1, 2)


def test_nothing_stands_around_a_block_that_would_have_to_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = opened("encoder-layer")
    monkeypatch.setattr(Value, "is_away", property(lambda value: value.path == WEIGHTS))
    _, blocks = stacked(scenario, "encoder.input", (300, 100))
    assert not any(block.heading for block in blocks)


@pytest.mark.parametrize("room", [(200, 60), (120, 40), (300, 100)])
def test_tensors_lie_beside_each_other_and_within_the_sheet(multi_head: Opened, room: tuple[int, int]) -> None:
    taken: set[tuple[int, int]] = set()
    for block in shown(multi_head, WEIGHTS, (0, 0, 0), room):
        own = {(block.x + x, block.y + y) for x in range(block.width) for y in range(block.height)}
        assert not own & taken
        assert max(x for x, _ in own) < room[0]
        assert max(y for _, y in own) < room[1]
        taken |= own


def test_of_a_large_tensor_the_page_with_the_cell_is_shown_and_said() -> None:
    found = shown(opened("wide"), "encoder.layers.0.ffn.hidden", (0, 200), (100, 40))
    block = next(block for block in found if block.part.path.endswith(".hidden"))
    rows, columns = block.shown.window
    assert 200 in columns
    assert len(columns) < block.shown.whole[1]
    assert f"d_ff {columns.start}–{columns.stop - 1}" in block.shown.title
    value = opened("wide").trace["encoder.layers.0.ffn.hidden"]
    drawn = block.part.heat_map.picture.array[()]
    np.testing.assert_array_equal(drawn, value.array[rows.start : rows.stop, columns.start : columns.stop])
    assert block.cell_at(block.x + block.layout.label_width, block.y + 2) == (value.path, 0, columns.start)


def test_what_is_not_in_memory_is_not_computed_for_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Value.__getitem__

    def read(value: Value, index: IndexOf) -> Array:
        assert not value.path.endswith(".hidden_pre"), "it was asked for"
        return own(value, index)

    monkeypatch.setattr(Value, "is_away", property(lambda value: value.path.endswith(".hidden_pre")))
    monkeypatch.setattr(Value, "__getitem__", read)
    blocks = shown(opened("encoder-layer"), "encoder.layers.0.ffn.hidden", (0, 0))
    away = next(block for block in blocks if block.part.path.endswith(".hidden_pre"))
    assert away.height == 1
    assert away.shown.title.endswith("4×12  not in memory")
    assert away.is_title_at(away.x, away.y)


def reached(trace: Trace, outline: Outline, path: str, index: Index) -> dict[str, set[Index]]:
    """All cells on a sheet from which a cell is made, by the arithmetic of one cell after the other."""
    steps, found = {step.path for step in outline.steps}, dict[str, set[Index]]()
    waiting = [(path, index)]
    while waiting:
        path, index = waiting.pop()
        if path not in steps:
            continue
        made = arithmetic(trace[path], index)
        for cell in made.cells:
            view = made.value.operands[cell.operand]
            free = [[cell.at[axis.name]] if axis.name in cell.at else range(axis.size) for axis in view.axes]
            for place in product(*free):
                there = view.source_index(place)
                if there not in found.setdefault(view.path, set()):
                    found[view.path].add(there)
                    waiting.append((view.path, there))
    return found


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("encoder-layer", f"{BLOCK}.head_output"),
        ("encoder-layer", f"{BLOCK}.norm"),
        ("grouped-query", f"{BLOCK}.weights"),
        ("positions-rotary", f"{BLOCK}.scores"),
        ("names", "decoder.layers.0.ffn.residual"),
        ("names", "candidates"),
        ("softmax-jacobian", "experiment.jacobian"),
        ("where-gradients-flow", "grad.encoder.layers.0.ffn.norm"),
        ("where-gradients-flow", "grad.encoder.layers.0.self_attention.q"),
    ],
)
def test_what_is_lit_is_what_the_arithmetic_reads_and_what_reads_it(name: str, path: str) -> None:
    trace = opened(name).trace
    value = trace[path]
    index = tuple(size - 1 for size in value.shape)
    outline = outline_of(trace, value, index)
    assert outline is not None
    edges = edges_of(outline)
    made = reached(trace, outline, path, index)
    found = lit(outline, edges, value, index)
    for plane in outline.planes.values():
        for row, column in np.ndindex(plane.rows.size, plane.columns.size):
            cell, place = (plane.path, row, column), plane.index_of(row, column)
            assert is_marked(found.made_of, cell) is (place in made.get(plane.path, ())), cell
            if is_marked(found.made_of, cell) and (row + column) % 7 == 0:
                assert is_marked(lit(outline, edges, plane.value, place).makes, found.cursor), cell


def test_a_weight_is_made_of_its_row_of_scores_and_goes_into_its_row_of_the_output(multi_head: Opened) -> None:
    trace = multi_head.trace
    outline = head_outline(trace, trace[WEIGHTS], 2)
    found = lit(outline, edges_of(outline), trace[WEIGHTS], (2, 1, 3))
    assert found.cursor == (WEIGHTS, 1, 3)
    assert {row for row in range(4) if is_marked(found.made_of, (f"{BLOCK}.scaled_scores", row, 0))} == {1}
    assert not is_marked(found.made_of, (f"{BLOCK}.v", 0, 0))
    assert {row for row in range(4) if is_marked(found.makes, (f"{BLOCK}.head_output", row, 0))} == {1}


@pytest.mark.parametrize("name", ["multi-head", "grouped-query"])
def test_a_cell_on_the_sheet_is_that_cell_of_the_value(name: str) -> None:
    trace = opened(name).trace
    heads = trace[WEIGHTS].axis("head").size
    for head in range(heads):
        for plane in head_outline(trace, trace[WEIGHTS], head).planes.values():
            for row, column in np.ndindex(plane.rows.size, plane.columns.size):
                index = plane.index_of(row, column)
                np.testing.assert_equal(plane.value[index], np.atleast_2d(plane.array)[row, column])
                assert plane.cell_of(index) == (row, column)


@pytest.mark.parametrize(("step", "index", "head"), [("q", (3, 0, 0), 3), ("k", (1, 0, 0), 2), ("w_q", (0, 4), 2)])
def test_the_sheet_is_of_the_head_that_the_cell_belongs_to(step: str, index: tuple[int, ...], head: int) -> None:
    trace = opened("grouped-query").trace
    value = trace[f"{BLOCK}.{step}"]
    assert head_at(trace, value, index) == head
    if "head" in value.names:
        plane = head_outline(trace, value, head).planes[value.path]
        assert plane.index_of(*plane.cell_of(index)) == index


def test_beyond_the_edge_of_a_tensor_the_cursor_enters_the_next_one(multi_head: Opened) -> None:
    blocks = shown(multi_head, WEIGHTS, (0, 0, 0))
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


async def test_the_sheet_follows_the_size_of_the_terminal_and_keeps_the_cursor_in_sight(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(200, 60)) as (pilot, _):
        await pilot.press("A")
        screen = pilot.app.screen
        assert isinstance(screen, SheetScreen)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: all(block.x + block.width <= 76 for block in screen._blocks))
        assert cell_len(screen._said) <= 76
        panel = screen.query_one(SheetPanel)
        for _ in screen._blocks:
            await pilot.press("tab")
            drawn = [line.text for line in panel.draw_lines()]
            block = next(each for each in screen._blocks if each.part.path == screen._lit.cursor[0])
            assert any(block.shown.title in line for line in drawn)
            first = panel._first
            assert not first or not any(each.y <= first < each.y + each.height for each in screen._blocks)
        assert any("more lines" in line for line in drawn)


async def test_the_keys_of_the_sheet_are_listed(explore: Explore) -> None:
    async with explore("i-love-my-dog", WEIGHTS, size=(200, 60)) as (pilot, _):
        await pilot.press("A", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
