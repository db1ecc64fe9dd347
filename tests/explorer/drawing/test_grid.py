"""How a tensor is laid out and drawn, without a widget."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from attn_explore.explorer.drawing import lines
from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.grid_layout import GAP, GLYPHS, Layout, Window, lay_out
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.model.axes import Array, Axis

GROUND = Ground((18, 18, 18), (224, 224, 224))
WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["我", "喜歡", "狗", "👨‍👩‍👧", "❤️", "🇩🇪", "e" + "\u0301" * 50, "กำ", "\x1b[31m", "[red]x[/]", "a\nb"]
    ),
)


def picture(array: Array, words: list[str] | None = None, hidden: Array | None = None) -> Picture:
    """Heads of queries and keys; with `words`, these are on both axes."""
    labels = tuple(words) if words is not None else None
    names = ("head", "query", "key")[-array.ndim :]
    axes = (Axis(name, size, None if name == "head" else labels) for name, size in zip(names, array.shape, strict=True))
    return Picture(array, tuple(axes), hidden)


def text_of(segments: list[Segment]) -> str:
    return "".join(segment.text for segment in segments)


def laid_out(shown: Picture, width: int = 80, lines: int = 20, **settings: Any) -> Layout:
    lead = (0,) * (len(shown.axes) - 2)
    return lay_out(shown, lead, width, lines, settings.get("all_planes", False), settings.get("zoomed_out", False))


def window(layout: Layout, width: int = 80, cursor: tuple[int, ...] | None = None) -> Window:
    return Window(width, 0, cursor or (0,) * len(layout.picture.axes), GROUND)


def lines_of(layout: Layout, width: int = 80) -> list[str]:
    view = window(layout, width)
    return [
        text_of(lines.header_line(layout, view)),
        *(text_of(lines.row_line(layout, view, row)) for row in range(layout.drawn[0])),
    ]


@given(words=st.lists(WORDS, min_size=1, max_size=8), heads=st.integers(1, 3), data=st.data())
def test_the_right_edge_is_the_same_on_every_line_whatever_the_words_are(
    words: list[str], heads: int, data: st.DataObject
) -> None:
    numbers = st.floats(-1e6, 1e6) | st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1e-300])
    flat = data.draw(st.lists(numbers, min_size=heads * len(words) ** 2, max_size=heads * len(words) ** 2))
    shown = picture(np.array(flat).reshape(heads, len(words), len(words)), words)
    for settings in ({}, {"all_planes": True}):
        widths = {cell_len(line) for line in lines_of(laid_out(shown, 200, **settings), 200)}
        assert len(widths) == 1


def test_words_stand_on_both_axes_and_axes_have_their_names() -> None:
    layout = laid_out(picture(np.eye(2), ["I", "dog"]))
    header, *rows = lines_of(layout)
    assert header.split() == ["query", "↓", "I", "dog"]
    assert [row.split()[0] for row in rows] == ["I", "dog"]
    assert "key →" in text_of(lines.title_line(layout, window(layout)))


def test_numbers_have_more_digits_where_there_is_more_room() -> None:
    shown = picture(np.full((2, 8), -1 / 3))
    narrow, wide = (lines_of(laid_out(shown, width), width)[1].split()[1] for width in (60, 120))
    assert (narrow, wide) == ("-0.333", "-0.3333")


def test_heads_are_side_by_side_where_they_fit_and_one_at_a_time_where_not() -> None:
    shown = picture(np.zeros((3, 4, 4)) + 0.5)
    assert len(laid_out(shown, 120, all_planes=True).planes) == 3
    assert len(laid_out(shown, 60, all_planes=True).planes) == 1
    assert len(laid_out(shown, 120).planes) == 1


def test_a_masked_cell_is_marked_by_more_than_a_colour() -> None:
    hidden = np.array([[False, True], [False, True]])
    layout = laid_out(picture(np.array([[1.0, 0.0], [1.0, 0.0]]), ["I", "<pad>"], hidden))
    assert lines_of(layout)[1].endswith("╳")
    assert "masked" in text_of(lines.legend_line(layout, window(layout), range(2)))


def test_what_is_not_finite_is_counted_and_does_not_stretch_the_scale() -> None:
    shown = picture(np.array([[np.nan, 2.0], [-1.0, np.inf]]))
    assert shown.end == 2.0
    layout = laid_out(shown)
    assert "2 not finite" in text_of(lines.legend_line(layout, window(layout), range(2)))


def test_a_tensor_of_zeros_says_so() -> None:
    layout = laid_out(picture(np.zeros((2, 2))))
    assert "every number is 0" in text_of(lines.legend_line(layout, window(layout), range(2)))


@pytest.mark.parametrize(
    ("number", "expected"),
    [(np.nan, "no number is finite"), (-np.inf, "no number is finite"), (0.0, "every number is 0")],
)
def test_a_tensor_of_one_number_that_has_no_scale_says_what_it_is(number: float, expected: str) -> None:
    layout = laid_out(picture(np.full((2, 3), number)))
    assert expected in text_of(lines.legend_line(layout, window(layout), range(2)))


def test_numbers_that_are_none_do_not_touch_each_other() -> None:
    layout = laid_out(picture(np.full((2, 3), np.nan)))
    assert "NaN NaN NaN" in text_of(lines.row_line(layout, window(layout), 0))


def test_only_the_columns_in_sight_are_drawn_and_the_legend_says_which() -> None:
    layout = laid_out(picture(np.ones((5, 500)) / 3))
    view = Window(80, 100, (0, 100), GROUND)
    columns = view.columns(layout)
    assert columns.start == 100
    assert len(columns) < 15
    assert f"key 100–{columns.stop - 1}/500" in text_of(lines.legend_line(layout, view, range(5)))


def test_zoomed_out_each_cell_is_the_largest_of_its_block() -> None:
    array = np.zeros((100, 100))
    array[57, 83] = -5.0
    layout = laid_out(picture(array), 60, 10, zoomed_out=True)
    height, width = layout.blocks
    assert layout.drawn[0] <= 10
    assert layout.width <= 60
    rows = [text_of(lines.row_line(layout, window(layout, 60, (0, 0)), row)) for row in range(layout.drawn[0])]
    row, column = 57 // height, 83 // width
    place = layout.label_width + 2 * column
    assert rows[row][place : place + 2] == "█-"
    assert sum(line.count("█") for line in rows) == 1


@pytest.mark.parametrize("shape", [(1,), (7,), (1, 1), (3, 0)])
def test_vectors_single_numbers_and_nothing_can_be_drawn(shape: tuple[int, ...]) -> None:
    layout = laid_out(picture(np.ones(shape)))
    assert len(lines_of(layout)) == layout.drawn[0] + 1


def test_the_cell_under_the_mouse_is_found_in_each_plane() -> None:
    layout = laid_out(picture(np.zeros((2, 3, 3)) + 0.25), 120, all_planes=True)
    for plane in (0, 1):
        for column in range(3):
            x = layout.label_width + plane * (layout.plane_width + GAP) + column * layout.column_width
            assert layout.column_at(x, 0) == (plane, column)
    assert layout.column_at(0, 0) is None
    assert layout.column_at(layout.label_width + layout.plane_width, 0) is None


def test_zoomed_out_columns_have_labels_where_they_stand() -> None:
    layout = laid_out(picture(np.ones((4, 200)), None), 60, zoomed_out=True)
    header = text_of(lines.header_line(layout, window(layout, 60)))
    for column in range(0, layout.drawn[1] - lines.TICK, lines.TICK):
        label = str(column * layout.blocks[1])
        assert header[layout.label_width + GLYPHS * column :].startswith(f"{label} ")


def test_a_heat_map_of_a_few_words_has_columns_as_wide_as_these_and_no_numbers() -> None:
    layout = laid_out(
        picture(np.array([[1.0, -0.5, 0.25], [0.0, 0.0, -1.0]]), ["I", "love", "dog"]), 60, zoomed_out=True
    )
    view = window(layout, 60, (1, 1))
    assert (layout.column_width, layout.blocks) == (5, (1, 1))
    assert text_of(lines.header_line(layout, view))[layout.label_width :] == "I    love dog  "
    assert text_of(lines.row_line(layout, view, 0))[layout.label_width :] == "█████▒▒▒▒-░░░░░"
    assert text_of(lines.row_line(layout, view, 1))[layout.label_width :] == "     [   ]████-"


def test_a_heat_map_has_every_head_beside_the_other_where_they_fit_and_else_the_one_that_is_looked_at() -> None:
    shown = picture(np.ones((2, 3, 5)))
    assert laid_out(shown, 60, all_planes=True, zoomed_out=True).planes == ((0,), (1,))
    assert laid_out(shown, 60, zoomed_out=True).planes == ((0,),)
    for width in (24, 30):
        layout = laid_out(shown, width, all_planes=True, zoomed_out=True)
        assert layout.planes == ((0,),)
        assert layout.width <= width


@given(words=st.lists(WORDS, min_size=1, max_size=40))
def test_zoomed_out_the_right_edge_is_the_same_on_every_line_whatever_the_words_are(words: list[str]) -> None:
    layout = laid_out(picture(np.ones((len(words), len(words))), words), 60, zoomed_out=True)
    assert {cell_len(line) for line in lines_of(layout, 60)} == {layout.width}


def test_zoomed_out_the_cell_of_a_block_is_the_one_that_it_shows() -> None:
    array = np.zeros((2, 100, 100))
    array[1, 57, 83] = -5.0
    shown = picture(array)
    layout = lay_out(shown, (1,), 60, 10, all_planes=False, zoomed_out=True)
    height, width = layout.blocks
    assert layout.peak((1,), 57 // height, 83 // width) == (57, 83)
    assert laid_out(shown).peak((0,), 7, 9) == (7, 9)


def test_the_cursor_stands_out_from_the_strongest_colour() -> None:
    layout = laid_out(picture(np.array([[1.0, 0.5]])))
    cells = lines.row_line(layout, window(layout, cursor=(0, 0)), 0)[1:]
    assert [bool(cell.style and cell.style.reverse) for cell in cells[:2]] == [True, False]


def test_the_legend_says_when_a_number_is_beyond_the_scale() -> None:
    array = np.linspace(-1, 1, 400).reshape(20, 20)
    array[3, 3] = 3000.0
    layout = laid_out(picture(array))
    assert "and beyond, to 3000" in text_of(lines.legend_line(layout, window(layout), range(20)))


@pytest.mark.parametrize("width", range(10, 120, 10))
def test_no_part_of_the_legend_is_cut(width: int) -> None:
    array = np.where(np.eye(50) > 0, np.nan, -1 / 3)
    layout = laid_out(picture(array, hidden=np.tri(50, k=-20) > 0), width)
    parts = lines.legend_line(layout, window(layout, width), range(20))
    text = text_of(parts)
    assert cell_len(text) <= width or not text.startswith("-0.3333")
    assert "query 0–19/50" in text


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (100, "0 ··░░▒▒▓▓██ 1 and beyond, to 62   each cell: the largest of 20 × 5"),
        (62, "0 ··░░▒▒▓▓██ 1 and beyond, to 62   largest of 20 × 8"),
        (40, "0 ░░▓▓██ 1 … 62   largest of 20 × 13"),
    ],
)
def test_where_there_is_little_room_the_legend_has_fewer_words_before_it_has_but_one_colour(
    width: int, expected: str
) -> None:
    array = np.ones((200, 200))
    array[3, 3] = 62
    layout = laid_out(picture(array), width, 10, zoomed_out=True)
    said = text_of(lines.legend_line(layout, window(layout, width), range(10)))
    assert " ".join(said.split()) == " ".join(expected.split())


def test_of_random_numbers_zoomed_out_the_first_is_seen_since_the_largest_would_show_its_sign_alone() -> None:
    array = np.random.default_rng(0).uniform(-1, 1, (200, 200))
    layout = laid_out(picture(array), 100, 10, zoomed_out=True)
    assert layout.row((), 2, range(40)) == list(array[40, ::5])
    assert layout.peak((), 2, 3) == (40, 15)
    said = text_of(lines.legend_line(layout, window(layout, 100), range(10)))
    assert "each cell: the first of 20 × 5" in said


def test_of_numbers_with_signs_the_one_that_is_shown_is_the_largest_by_size() -> None:
    array = np.full((20, 20), -0.1)
    array[:, 1] = -2.0
    layout = laid_out(picture(array), 20, 8, zoomed_out=True)
    assert layout.row((), 0, range(1)) == [-2.0]
    assert "largest by size of" in text_of(lines.legend_line(layout, window(layout, 60), range(7)))


def test_zoomed_out_what_is_large_in_few_blocks_is_seen() -> None:
    array = np.random.default_rng(0).uniform(-1, 1, (200, 200))
    array[47, 18] = -5
    layout = laid_out(picture(array), 100, 10, zoomed_out=True)
    assert (layout.row((), 2, range(40))[3], layout.peak((), 2, 3)) == (-5, (47, 18))


def test_each_axis_before_the_matrix_says_where_in_it_the_plane_is() -> None:
    axes = (Axis("layer", 2), Axis("head", 3), Axis("query", 1), Axis("key", 1))
    layout = laid_out(Picture(np.ones((2, 3, 1, 1)), axes))
    title = text_of(lines.title_line(layout, window(layout, cursor=(1, 2, 0, 0))))
    assert "0 of 2 · head 0 of 3" in title


@pytest.mark.parametrize("labels", [None, ()])
@pytest.mark.parametrize("zoomed_out", [False, True])
def test_a_tensor_without_rows_can_be_drawn(labels: tuple[str, ...] | None, zoomed_out: bool) -> None:
    shown = Picture(np.ones((0, 3)), (Axis("token", 0, labels), Axis("d_model", 3)))
    layout = laid_out(shown, zoomed_out=zoomed_out)
    assert layout.drawn[0] == 0
    assert "token ↓" in text_of(lines.header_line(layout, window(layout)))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_legend_shows_the_ends_of_the_scale_and_what_is_in_sight(width: int) -> None:
    layout = laid_out(picture(np.full((512, 512), -3.21987)), width)
    text = text_of(lines.legend_line(layout, window(layout, width), range(20)))
    assert text.startswith("-3.2199 ")
    assert " 3.2199 " in text
    assert "query 0–19/512" in text
