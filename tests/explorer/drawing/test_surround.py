"""Matrices around a matrix, as text."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment

from attn_explore.explorer.drawing.colours import Ground
from attn_explore.explorer.drawing.grid_layout import GAP, GLYPHS
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.surround import (
    NOTHING,
    Around,
    Named,
    Surround,
    above_lines,
    left_lines,
    place_above,
    place_left,
)
from attn_explore.model.axes import Array, Axis

DARK = Ground((18, 18, 18), (224, 224, 224))
WORDS = ("I", "love", "my", "dog")


def named(name: str, array: Array, rows: Axis, columns: Axis) -> Named:
    row, column = (frozenset({1}), frozenset({1}))
    return Named(
        name,
        Picture(array, (rows, columns)),
        (row, frozenset(range(columns.size))) if name == "X" else (frozenset(range(rows.size)), column),
    )


def product(rows: int = 4, inner: int = 6, columns: int = 5) -> Around:
    """X, W and their product Q, the row and column 1 lit."""
    generator = np.random.default_rng(0)
    x, w = generator.normal(size=(rows, inner)), generator.normal(size=(inner, columns))
    token, model, key = (
        Axis("token", rows, WORDS[:rows] if rows <= 4 else None),
        Axis("d_model", inner),
        Axis("d_k", columns),
    )
    own = Picture(x @ w, (token, key))
    pair = (
        Named("X[love]", Picture(x[1:2], (Axis("", 1, ("X[love]",)), model)), NOTHING),
        Named("W[1]", Picture(w[:, 1][None], (Axis("", 1, ("W[1]",)), model)), NOTHING),
    )
    return Around("Q", own, (named("X", x, token, model),), (named("W", w, model, key),), pair=pair)


def text(lines: list[list[Segment]]) -> list[str]:
    return ["".join(segment.text for segment in line).rstrip() for line in lines]


def test_the_left_factor_stands_to_the_left_and_the_right_factor_above() -> None:
    found = product().placed(100, 10, 0)
    assert found is not None
    assert text(left_lines(found.left, DARK)) == [
        "        X   d_model →",
        "token ↓       0      1      2      3      4      5",
        "I         0.126 -0.132  0.640  0.105 -0.536  0.362",
        "love      1.304  0.947 -0.704 -1.265 -0.623  0.041",
        "my       -2.325 -0.219 -1.246 -0.732 -0.544 -0.316",
        "dog       0.412  1.043 -0.129  1.366 -0.665  0.352",
    ]
    above = text(above_lines(found, DARK, 100))
    assert above[0].split() == ["W", "d_k", "→"]
    assert len(above) == found.lines_above == 8


def test_what_a_row_above_has_along_it_is_said_once_over_it() -> None:
    bias = Picture(np.ones((1, 5)), (Axis("", 1), Axis("d_k", 5)))
    around = product()
    found = Around("Q", around.own, around.left, (Named("b", bias, NOTHING),)).placed(100, 10, 0)
    assert found is not None
    assert [line.split() for line in text(above_lines(found, DARK, 100))[:2]] == [["b", "d_k", "→"], list("01234")]


def test_the_name_of_a_single_number_is_whole() -> None:
    one, row = Axis("", 1, ("",)), Axis("class", 2, ("negative", "positive"))
    logits, passed_on = Picture(np.array([[-0.1, 0.2]]), (one, row)), Picture(np.array([[1.0]]), (one, one))
    found = Around("∂L/∂logits", logits, (Named("∂L/∂L", passed_on, NOTHING),)).placed(100, 10, 0)
    assert found is not None
    assert [line.split() for line in text(left_lines(found.left, DARK))] == [["∂L/∂L"], [], ["1"]]


def test_where_there_is_little_room_the_row_and_the_column_stand_number_over_number() -> None:
    found = product().placed(50, 3, 10)
    assert found is not None
    assert found.fit is None
    assert text(above_lines(found, DARK, 50)) == [
        "d_model →        0       1       2       3 … of 6",
        "X[love]     1.3040  0.9471 -0.7037 -1.2654",
        "W[1]        0.0940 -1.0096  0.3554 -1.2591",
    ]


def test_where_there_is_none_nothing_stands_there() -> None:
    assert product().placed(40, 3, 1) is None


def test_where_there_is_less_the_row_and_the_column_are_colours() -> None:
    found = product().placed(50, 3, 2)
    assert found is not None
    assert found.lines_above == 2
    lines = text(above_lines(found, DARK, 50))
    assert [line.split()[0] for line in lines] == ["X[love]", "W[1]"]
    assert len({line.index(line.split()[1]) for line in lines}) == 1  # number over number
    assert lines[0].endswith("these numbers, as shades,")
    assert lines[1].endswith("times these make the cell")
    assert product().placed(40, 3, 2) is None  # no shade without a word of what it is


def alike(width: int) -> Surround | None:
    """The sum of two matrices."""
    generator = np.random.default_rng(0)
    axes, lit = (Axis("token", 4, WORDS), Axis("d_model", 6)), (frozenset({1}), frozenset({2}))
    x, z = (Picture(generator.normal(size=(4, 6)), axes) for _ in "XZ")
    return Around("Y", x, above=(Named("X", x, lit, 0), Named("Z", z, lit, 1))).placed(width, 3, 0)


def test_matrices_for_whose_numbers_there_is_no_room_are_blocks_of_colour_beside_their_rows() -> None:
    found = alike(90)
    assert found is not None
    assert not found.above
    title, header, *rows = text(left_lines(found.left, DARK))
    assert title.split() == ["X", "Z"]
    assert header.split() == ["d_model", "→"] * 2
    assert len(rows) == 4
    assert not any(letter.isdigit() for row in rows for letter in row)
    second = 6 * GLYPHS + GAP
    assert place_left(found.left, second + 2 * GLYPHS, 3) == (1, 1, 2)
    assert place_left(found.left, second - 1, 3) is None
    assert alike(70) is None


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(20, 160))
def test_nothing_is_cut_whatever_the_width(rows: int, inner: int, columns: int, width: int) -> None:
    found = product(rows, inner, columns).placed(width, 100, 0) if rows > 1 and columns > 1 else None
    if found is None or found.fit is None:
        return
    lines = text(left_lines(found.left, DARK))
    assert max(map(len, lines)) <= found.left_width
    assert found.left_width + max(map(len, text(above_lines(found, DARK, width)))) <= width
    assert found.left_width + found.fit.label_width + columns * found.fit.column_width <= width


def test_a_click_finds_the_cell_that_is_drawn_there() -> None:
    found = product().placed(100, 10, 0)
    assert found is not None
    layout = found.left[0].layout
    third_row, third_column = 2 + 3, layout.label_width + 2 * layout.column_width
    assert place_left(found.left, third_column, third_row) == (0, 3, 2)
    assert place_left(found.left, 0, third_row) is None
    assert place_left(found.left * 2, found.left_width + third_column, third_row) == (0, 3, 2)
    assert place_above(found.above, 0, 0) is None
