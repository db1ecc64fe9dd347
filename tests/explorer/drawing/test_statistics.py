"""What is said of the row under the cursor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from attn_explore.explorer.drawing import picture as picture_of
from attn_explore.explorer.drawing.histogram import histogram
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.statistics import statistics_line
from attn_explore.model.axes import Array, Axis

WORDS = ("I", "love", "my", "dog")


def picture(array: Array) -> Picture:
    return Picture(array, (Axis("query", array.shape[0], WORDS[: array.shape[0]]), Axis("key", array.shape[1])))


def test_the_row_of_the_cursor_is_told_by_its_mean_spread_ends_and_length() -> None:
    said = statistics_line(picture(np.array([[9.0, 9, 9, 9], [3, -1, 0, 2]])), (1, 3), 200)
    assert said == "love: mean 1  σ 1.5811  largest 3 at 0  smallest -1 at 1  norm 3.7417  the cell is 2nd of 4"


def test_of_what_has_no_signs_the_sum_is_told() -> None:
    assert "sum 1  " in statistics_line(picture(np.array([[0.5, 0.25, 0.25, 0]])), (0, 0), 200)


def test_of_a_row_of_one_number_no_place_is_the_largest() -> None:
    said = statistics_line(picture(np.array([[0.25, 0.25, 0.25, 0.25]])), (0, 3), 200)
    assert said == "I: all 4 are 0.2500  sum 1  norm 0.5000"


def test_how_all_numbers_are_spread_is_counted_once_for_all_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[Array] = []
    monkeypatch.setattr(picture_of, "histogram", lambda numbers: counted.append(numbers) or histogram(numbers))
    shown = picture(np.random.default_rng(0).normal(size=(4, 40)))
    assert all("▁" in statistics_line(shown, (row, 7), 500) for row in range(4))
    assert len(counted) == 1


def test_no_figure_is_cut() -> None:
    shown = picture(np.random.default_rng(0).normal(size=(4, 40)))
    whole = statistics_line(shown, (0, 0), 500)
    assert "▁" in whole
    for width in range(120):
        said = statistics_line(shown, (0, 0), width)
        assert len(said) <= width
        assert all(part in whole for part in said.split("  "))


def test_what_is_not_finite_is_left_out() -> None:
    said = statistics_line(picture(np.array([[1.0, -np.inf, np.nan, 3]])), (0, 1), 200)
    assert said == "I: mean 2  σ 1  largest 3 at 3  smallest 1 at 0  sum 4  norm 3.1623"
    assert statistics_line(picture(np.full((1, 3), np.nan)), (0, 0), 200) == ""


@pytest.mark.parametrize(("size", "said"), [(1e300, "σ 2.00e300  "), (3e-300, "σ 6.00e-300  ")])
def test_numbers_of_which_the_squares_are_none_have_a_spread_and_a_length(size: float, said: str) -> None:
    found = statistics_line(picture(np.array([[size, 5 * size]])), (0, 0), 200)
    assert said in found
    assert "norm 0" not in found
    assert "∞" not in found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_mean_that_is_0_but_for_rounding_is_0(dtype: type[np.floating[Any]]) -> None:
    row = np.array([[0.1, 0.2, 0.6, -1.3]], dtype)
    row -= row.mean()
    row[0, 0] += np.finfo(dtype).eps
    assert "mean 0  σ 0.7176" in statistics_line(picture(row), (0, 0), 200)
    assert "mean 1.00e-5  " in statistics_line(picture(np.array([[1, 2e-5 - 1]], dtype)), (0, 0), 200)


@pytest.mark.parametrize("ends", [(1 / 3, np.nextafter(1 / 3, 1)), (-1.7e308, 1.7e308), (0.0, 5e-324)])
def test_numbers_are_spread_between_any_two_ends(ends: tuple[float, float]) -> None:
    array = np.full((4, 10), ends[0])
    array[0, :5] = ends[1]
    assert "█              ▂ " in statistics_line(picture(array), (1, 0), 500)


def test_what_a_mask_hides_is_left_out() -> None:
    shown = picture(np.array([[1.0, 0, 0], [0.25, 0.75, 0]]))
    masked = replace(shown, hidden=np.array([[False, True, True], [False, False, True]]))
    said = "love: mean 0.5000  σ 0.2500  largest 0.7500 at 1  smallest 0.2500 at 0  sum 1  norm 0.7906"
    assert statistics_line(masked, (1, 2), 200) == said
    assert statistics_line(masked, (0, 1), 200) == ""


def test_a_question_is_not_answered() -> None:
    veiled = Picture(np.zeros((2, 2)), (Axis("query", 2), Axis("key", 2)), veiled=np.ones((2, 2), bool))
    assert statistics_line(veiled, (0, 0), 200) == ""
