"""The grid as a widget of its own, driven by a pilot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from attn_explore.explorer.drawing.lines import HEADER
from attn_explore.explorer.drawing.picture import Index
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.explorer.widgets.tensor_grid import TensorGrid
from attn_explore.model.axes import Array, Axis
from attn_explore.model.values import Value
from tests.standing import until

WORDS = ("I", "love", "my", "dog")
CHINESE = ("我", "喜歡", "我的", "狗")


def value(array: Array, labels: tuple[str, ...] | None = None) -> Value:
    """A value over heads, queries and keys, as many of them as the array has axes."""
    names = ("layer", "head", "query", "key")[-array.ndim :] if array.ndim else ()
    axes = (
        Axis(n, size, labels if n in ("query", "key") else None) for n, size in zip(names, array.shape, strict=True)
    )
    return Value("test", tuple(axes), array.dtype, held=array)


def heads(count: int = 2) -> Value:
    return value(np.linspace(-1, 1, count * 16).reshape(count, 4, 4), WORDS)


def large() -> Value:
    words = tuple(f"w{place}" for place in range(200))
    return value(np.sin(np.arange(200.0 * 200)).reshape(200, 200), words)


class GridApp(App[None]):
    """One grid; it is told to show what it asks for, as the explorer does."""

    CSS = "TensorGrid { height: 1fr; padding: 0 1; }"

    def __init__(self, shown: Value, index: Index, mask: Value | None = None) -> None:
        super().__init__()
        self.shown = (shown, index, picture_of(shown, mask))
        self.chosen: list[Index] = []
        self.drawn: list[int] = []
        self.listens = True

    def compose(self) -> ComposeResult:
        """The grid alone."""
        yield TensorGrid()

    def on_mount(self) -> None:
        """Show the value, and note which lines are drawn."""
        tensor = self.query_one(TensorGrid)
        render_line = tensor.render_line
        tensor.render_line = lambda y: (self.drawn.append(y), render_line(y))[1]  # type: ignore[method-assign]
        tensor.show(*self.shown)
        tensor.focus()

    @on(TensorGrid.CellChosen)
    def chosen_cell(self, event: TensorGrid.CellChosen) -> None:
        """Show the chosen cell."""
        self.chosen.append(event.index)
        if self.listens:
            self.query_one(TensorGrid).show_cell(event.index)


@asynccontextmanager
async def shown(
    tensor: Value, index: Index | None = None, mask: Value | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[None], GridApp, TensorGrid]]:
    app = GridApp(tensor, index if index is not None else (0,) * len(tensor.axes), mask)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield pilot, app, app.query_one(TensorGrid)


def lines(tensor: TensorGrid) -> list[str]:
    return [tensor.render_line(y).text.rstrip() for y in range(tensor.size.height)]


@pytest.mark.parametrize(
    ("keys", "index"),
    [
        (["right"], (1, 2)),
        (["left"], (1, 0)),
        (["down"], (2, 1)),
        (["up"], (0, 1)),
        (["G"], (3, 1)),
        (["g"], (0, 1)),
        (["0"], (1, 0)),
        (["$"], (1, 3)),
        (["ctrl+d"], (3, 1)),
        (["ctrl+u"], (0, 1)),
        (["left", "left", "up", "up"], (0, 0)),
        (["right"] * 5 + ["down"] * 5, (3, 3)),
    ],
)
async def test_each_key_moves_the_cursor_as_it_says(keys: list[str], index: Index) -> None:
    async with shown(value(np.eye(4), WORDS), (1, 1)) as (pilot, _, tensor):
        await pilot.press(*keys)
        await pilot.pause()
        assert tensor.cursor == index


async def test_a_page_is_as_many_rows_as_are_in_sight() -> None:
    async with shown(large()) as (pilot, _, tensor):
        rows = len([line for line in lines(tensor) if line.startswith("w")])
        await pilot.press("ctrl+d")
        assert tensor.cursor == (rows, 0)
        await pilot.press("ctrl+u")
        assert tensor.cursor == (0, 0)


async def test_at_the_edge_nothing_is_said() -> None:
    async with shown(heads(1)) as (pilot, app, _):
        await pilot.press("left", "up", "g", "0")
        assert app.chosen == []


async def test_the_cursor_moves_only_when_it_is_told_to() -> None:
    async with shown(heads()) as (pilot, app, tensor):
        app.listens = False
        await pilot.press("right")
        assert app.chosen == [(0, 0, 1)]
        assert tensor.cursor == (0, 0, 0)


async def test_moving_past_the_edge_of_a_head_enters_the_one_beside_it() -> None:
    async with shown(heads(), (0, 2, 3)) as (pilot, _, tensor):
        await pilot.press("right")
        assert tensor.cursor == (1, 2, 0)
        await pilot.press("left")
        assert tensor.cursor == (0, 2, 3)


async def test_all_heads_or_one_as_the_flag_says_and_as_there_is_room() -> None:
    async with shown(heads()) as (pilot, _, tensor):
        assert "head 1" in lines(tensor)[0]
        tensor.all_planes = False
        assert "head 0 of 2" in lines(tensor)[0]
        tensor.all_planes = True
        await pilot.resize_terminal(46, 24)
        await until(pilot, lambda: "head 0 of 2" in lines(tensor)[0])


async def test_the_one_head_that_is_drawn_is_the_cursors() -> None:
    async with shown(heads()) as (_, _, tensor):
        tensor.all_planes = False
        tensor.show_cell((1, 2, 2))
        assert "head 1 of 2" in lines(tensor)[0]


async def test_a_click_puts_the_cursor_on_the_cell_under_the_mouse() -> None:
    async with shown(value(np.eye(4), CHINESE)) as (pilot, app, tensor):
        header = tensor.render_line(1)
        columns = [header.text.index(word) for word in CHINESE[1:]]
        assert columns == sorted(columns)
        plan = tensor._plan
        assert plan is not None
        left = 1 + plan.label_width  # one cell of padding
        for column in range(4):
            for x in (0, plan.column_width - 1):
                await pilot.click(TensorGrid, offset=(left + column * plan.column_width + x, HEADER + 2))
                assert tensor.cursor == (2, column)
        assert app.chosen == [(2, column) for column in range(4)]


@pytest.mark.parametrize("offset", [(3, 4), (20, 0), (20, 1), (20, 22), (79, 4)])
async def test_a_click_beside_the_cells_does_nothing(offset: tuple[int, int]) -> None:
    async with shown(heads(1), (0, 1, 1)) as (pilot, app, _):
        await pilot.click(TensorGrid, offset=offset)
        assert app.chosen == []


async def test_a_click_on_the_legend_of_a_long_tensor_does_nothing() -> None:
    async with shown(large()) as (pilot, app, tensor):
        await pilot.click(TensorGrid, offset=(20, tensor.size.height - 1))
        assert app.chosen == []


async def test_labels_stay_while_the_cells_scroll() -> None:
    async with shown(large()) as (pilot, _, tensor):
        tensor.show_cell((150, 120))
        await pilot.pause()
        title, header, *rows = lines(tensor)
        assert "key →" in title
        assert header.startswith("query ↓")
        assert header.split()[-1] == "w120"
        labels = [row.split()[0] for row in rows if row.strip().startswith("w")]
        assert labels[-1] == "w150"
        assert f"query {150 - len(labels) + 1}–150/200" in rows[-1]


async def test_the_cell_comes_into_view_from_either_side() -> None:
    async with shown(large(), (100, 100)) as (pilot, _, tensor):
        await pilot.press("g", "0")
        assert lines(tensor)[1].split()[2] == "w0"
        await pilot.press("G", "$")
        assert lines(tensor)[1].split()[-1] == "w199"


async def test_a_single_number_is_shown_where_a_matrix_was_scrolled() -> None:
    async with shown(large(), (0, 190)) as (pilot, _, tensor):
        number = value(np.array(0.25))
        tensor.show(number, (), picture_of(number, None))
        await pilot.pause()
        assert tensor.scroll_offset == (0, 0)
        assert "0.25" in tensor.render_line(HEADER).text


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    async with shown(large()) as (pilot, app, tensor):
        for _ in range(3):
            tensor.post_message(events.MouseScrollDown(tensor, 20, 5, 0, 1, 0, False, False, False))
            await pilot.pause()
        await pilot.wait_for_animation()
        first = lines(tensor)[HEADER].split()[0]
        assert int(first.removeprefix("w")) > 0
        assert lines(tensor)[1].startswith("query ↓")
        assert app.chosen == []


@pytest.mark.parametrize(("key", "most"), [("down", 4), ("right", 3)])
async def test_a_move_draws_only_the_lines_that_change(key: str, most: int) -> None:
    async with shown(large(), (5, 2)) as (pilot, app, _):
        app.drawn.clear()
        await pilot.press(key)
        await pilot.pause()
        assert 0 < len(set(app.drawn)) <= most


async def test_after_a_move_the_screen_is_as_if_it_were_drawn_anew() -> None:
    """Lines that were not drawn again are those that would look the same."""
    async with shown(heads(), (0, 1, 1)) as (pilot, app, tensor):
        await pilot.press("down", "right", "right", "right", "up")
        await pilot.pause()
        kept = [strip.text for strip in app.screen._compositor.render_strips()]
        tensor.refresh()
        await pilot.pause()
        assert [strip.text for strip in app.screen._compositor.render_strips()] == kept


async def test_zoomed_out_a_key_goes_to_the_largest_number_of_the_next_block() -> None:
    array = np.zeros((200, 200))
    array[1, 17] = -9.0
    async with shown(value(array)) as (pilot, _, tensor):
        tensor.zoomed_out = True
        plan = tensor._plan
        assert plan is not None
        block = 17 // plan.blocks[1]
        await pilot.press(*["right"] * block)
        assert tensor.cursor == (1, 17)


async def test_zooming_out_shows_the_whole_tensor() -> None:
    async with shown(large(), (150, 150)) as (pilot, _, tensor):
        tensor.zoomed_out = True
        await pilot.pause()
        assert lines(tensor)[HEADER].startswith("w0")
        assert "each cell: the first of" in lines(tensor)[-1]


async def test_a_resize_keeps_the_cell_in_view_and_gives_digits_to_the_room() -> None:
    async with shown(value(np.full((4, 12), -1 / 3)), (3, 11), size=(120, 24)) as (pilot, _, tensor):
        assert "-0.3333" in lines(tensor)[2]
        await pilot.resize_terminal(60, 10)
        await pilot.pause()
        assert lines(tensor)[1].split()[-1] == "11"
        assert any(line.split()[:1] == ["3"] for line in lines(tensor))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (9, 5), (20, 4)])
@pytest.mark.parametrize("zoomed_out", [False, True])
async def test_a_tiny_widget_draws_what_it_can(size: tuple[int, int], zoomed_out: bool) -> None:
    async with shown(large(), size=size) as (pilot, _, tensor):
        tensor.zoomed_out = zoomed_out
        await pilot.press("right", "down", "G", "$", "g")
        await pilot.pause()
        assert all(tensor.render_line(y).cell_length == tensor.size.width for y in range(tensor.size.height))


@pytest.mark.parametrize("array", [np.array(2.5), np.ones(1), np.ones((1, 1)), np.ones((0, 4)), np.ones((4, 0))])
@pytest.mark.parametrize("zoomed_out", [False, True])
async def test_small_and_empty_tensors_can_be_walked(array: Array, zoomed_out: bool) -> None:
    async with shown(value(array)) as (pilot, _, tensor):
        tensor.zoomed_out = zoomed_out
        await pilot.press("right", "down", "G", "$", "g", "0", "ctrl+d", "ctrl+u")
        await pilot.click(TensorGrid, offset=(12, 3))
        assert len(tensor.cursor) == array.ndim
        assert all(place < max(size, 1) for place, size in zip(tensor.cursor, array.shape, strict=True))


async def test_a_masked_cell_has_its_mark() -> None:
    mask = value(np.array([[0.0, -np.inf], [0.0, 0.0]]))
    async with shown(value(np.array([[1.0, 0.0], [0.5, 0.5]])), mask=mask) as (_, _, tensor):
        assert lines(tensor)[2].endswith("╳")
        assert any("╳ masked" in line for line in lines(tensor))


async def test_another_theme_gives_other_colours_and_the_same_text() -> None:
    async with shown(heads()) as (pilot, app, tensor):
        before, colours = lines(tensor), background(tensor)
        app.theme = "textual-light"
        await pilot.pause()
        assert lines(tensor) == before
        assert background(tensor) != colours


def background(tensor: TensorGrid) -> list[Any]:
    return [segment.style.bgcolor for segment in tensor.render_line(2) if segment.style]


async def test_markup_and_escapes_in_words_are_text() -> None:
    words = ("[red]x[/red]", "\x1b[31m", "[@click=app.quit]", "\u202e")
    async with shown(value(np.eye(4), words)) as (_, _, tensor):
        text = "\n".join(lines(tensor))
        assert "[red]x[/red]" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
