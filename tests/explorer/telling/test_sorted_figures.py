"""Figures of a sorted tensor, and how a command line says by what it is sorted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.explorer.drawing.order import Order
from attn_explore.explorer.drawing.picture import Picture
from attn_explore.explorer.drawing.plots.formats import figure_bytes
from attn_explore.explorer.drawing.plots.heat_map import HeatMap
from attn_explore.explorer.telling.sorted_figures import in_order
from attn_explore.explorer.telling.sorting import Sorted, Sorting
from attn_explore.explorer.telling.sorting_names import names_of, sortings_named
from attn_explore.model.axes import Axis
from attn_explore.model.naming import shown
from attn_explore.model.plots import Curve, Plot
from attn_explore.model.problems import Problem
from tests.opened import opened
from tests.program import here

WORDS = ("la", "dog", "la", '"2"', "mask", "the")
PLACES = st.permutations(range(6)).map(np.array)
WEIGHTS = "encoder.layers.0.self_attention.weights"
CELLS = st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 3))


def table(figure: HeatMap | Plot) -> tuple[list[str], dict[tuple[str, str], str]]:
    """The names of the columns of a figure's table, and its numbers by the names of row and column."""
    (_, *columns), *rows = csv.reader(io.StringIO(figure_bytes(figure, ".csv").decode()))
    return columns, {(row[0], name): number for row in rows for name, number in zip(columns, row[1:], strict=True)}


@given(PLACES, PLACES)
def test_in_a_sorted_heat_map_each_number_stands_under_its_own_name(rows: np.ndarray, columns: np.ndarray) -> None:
    axes = (Axis("query", 6, WORDS), Axis("key", 6, WORDS))
    figure = HeatMap("A", "a", Picture(np.arange(36.0).reshape(6, 6), axes))
    drawn = in_order(figure, Order(rows, columns, ("columns by dog",)))
    assert isinstance(drawn, HeatMap)
    names, numbers = table(drawn)
    assert names == [shown(axes[1], int(place)) for place in columns]
    assert numbers == table(figure)[1]
    assert drawn.title == "A, columns by dog"


@given(PLACES, st.permutations(range(2)).map(np.array))
def test_in_sorted_bars_each_number_stands_over_its_own_name(columns: np.ndarray, rows: np.ndarray) -> None:
    curves = (Curve("a", np.arange(6.0)), Curve("b", np.r_[np.arange(5.0), np.nan], gaps=(5,)))
    plot = Plot("A", "key", "y", np.arange(6), curves, "bars", marked=4, chosen=1)
    drawn = in_order(plot, Order(rows, columns, ("by b",)))
    assert isinstance(drawn, Plot)
    assert table(drawn)[0] == [curves[int(place)].name for place in rows]
    assert table(drawn)[1] == table(plot)[1]
    chosen = drawn.curves[drawn.chosen]
    assert (drawn.x[drawn.marked], chosen.name, [drawn.x[gap] for gap in chosen.gaps]) == ("4", "b", ["5"])


@given(st.dictionaries(st.sampled_from(Sorted), st.tuples(CELLS, st.booleans())), CELLS)
def test_what_a_line_says_of_an_order_brings_it_back(
    wanted: dict[Sorted, tuple[tuple[int, ...], bool]], index: tuple[int, ...]
) -> None:
    value = opened("multi-head").trace[WEIGHTS]
    sortings = {what: Sorting(WEIGHTS, *each) for what, each in wanted.items()}
    names = list(names_of(sortings, value, index))
    again = sortings_named(names, value, index)
    assert list(names_of(again, value, index)) == names
    assert all("[" in name or again[what].cell == index for what, name in zip(sortings, names, strict=True))


def test_a_line_says_no_order_by_a_row_that_the_run_does_not_have() -> None:
    value = opened("multi-head").trace[WEIGHTS]
    sortings = {what: Sorting(WEIGHTS, value.shape) for what in Sorted}
    assert list(names_of(sortings, value, (0, 0, 0))) == []


@pytest.mark.parametrize(
    ("step", "sort", "says"),
    [
        ("weights", "words", "neither columns nor rows"),
        ("weights", "columns:largest", "neither columns nor rows"),
        ("weights", "columns[cat]", "no cat along query"),
        ("weights", "rows[dog]", "1 index for 2 axes"),
        ("weights[dog]", "rows", "of one row"),
        ("map", "columns", "this figure is not sorted"),
    ],
)
def test_what_cannot_be_sorted_is_said(capsys: pytest.CaptureFixture[str], step: str, sort: str, says: str) -> None:
    status, _, errors = here(capsys, "plot", "i-love-my-dog", step, "--sort", sort)
    assert status == 2
    assert says in errors


def test_one_row_is_not_sorted_in_the_explorer_either() -> None:
    trace = opened("write-word-by-word").trace
    with pytest.raises(Problem, match="one row stands here"):
        sortings_named(["rows"], trace["candidates"], (0,))


def written(path: Path) -> Sequence[str]:
    return list(json.loads(path.read_text())["axes"][-1]["labels"])


def test_plot_writes_a_figure_sorted_by_the_row_that_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target, row = tmp_path / "a.json", opened("i-love-my-dog").trace[WEIGHTS]
    status, _, _ = here(
        capsys, "plot", "i-love-my-dog", "weights", "--sort", "columns[love]:smallest", "-o", str(target)
    )
    assert status == 0
    assert written(target) == [row.axes[-1].label(int(place)) for place in row.array[0, 1].argsort()]
