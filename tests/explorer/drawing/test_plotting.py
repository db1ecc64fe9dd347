"""How a plot is drawn in so many columns: scales, ticks, thinning, and the glyphs of the curves."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from attn_explore.explorer.drawing.plots.labels import Line, above, axis_labels, readings
from attn_explore.explorer.drawing.plots.layout import MARKS, lay_out, mark, scale_over, shown, thinned, unbroken
from attn_explore.explorer.drawing.plots.text import plot_lines
from attn_explore.model.axes import Array
from attn_explore.model.plots import Curve, Plot

NUMBERS = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=60).map(np.array)
SIZES = st.tuples(st.integers(12, 200), st.integers(4, 60))


def plot_of_rows(*rows: Array, kind: str = "line", **more: object) -> Plot:
    """Curves over 0, 1, 2 …"""
    curves = tuple(Curve(f"curve {place}", np.asarray(row, float)) for place, row in enumerate(rows))
    found: dict[str, object] = {"x": np.arange(curves[0].y.size, dtype=float), "kind": kind} | more
    return Plot("title", "x", "y (nats)", curves=curves, **found)  # type: ignore[arg-type]


def text(line: Line) -> str:
    return "".join(piece.text for piece in line)


@example(525925925926.0, 648148148149.0, 2)  # the next finer step has four numbers here
@example(6925363.0, 1e-09, 2)  # next to no number is between these
@given(st.floats(-1e12, 1e12), st.floats(1e-9, 1e12), st.integers(2, 12))
def test_ticks_are_round_numbers_within_the_axis_and_no_more_than_asked_for(
    low: float, length: float, most: int
) -> None:
    scale = scale_over(np.array([low, low + length]))
    ticks = scale.ticks(most)
    assert 2 <= len(ticks) <= most + 1
    rounding = length * 1e-9 + abs(low) * 1e-15
    assert all(scale.low - rounding <= tick.at <= scale.high + rounding for tick in ticks)


def test_ticks_say_where_they_are() -> None:
    assert [(tick.at, tick.label) for tick in scale_over(np.array([0.0, 1.0])).ticks(5)] == [
        (0.0, "0.0"),
        (0.5, "0.5"),
        (1.0, "1.0"),
    ]


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten() -> None:
    scale = scale_over(np.array([1.0, 4096.0]), is_log=True)
    assert [(tick.at, tick.label) for tick in scale.ticks(6)] == [(0, "1"), (1, "10"), (2, "100"), (3, "1000")]


def test_ticks_of_a_short_logarithmic_axis_have_numbers_between_the_powers() -> None:
    labels = [tick.label for tick in scale_over(np.array([1.5, 60.0]), is_log=True).ticks(6)]
    assert labels == ["2", "5", "10", "20", "50"]


def test_a_logarithmic_axis_has_no_place_for_what_has_no_logarithm() -> None:
    found = scale_over(np.array([0.1, 10.0]), is_log=True).at(np.array([-1.0, 0.0, 1.0, np.inf, np.nan]))
    assert np.array_equal(found, [np.nan, np.nan, 0, np.nan, np.nan], equal_nan=True)


def test_bars_on_a_logarithmic_axis_stand_on_a_power_below_the_smallest() -> None:
    scale = scale_over(np.array([1e-5, 0.9]), is_log=True, from_zero=True)
    assert scale.at(np.array([1e-5]))[0] == pytest.approx(1)
    assert scale.low == 0


@pytest.mark.parametrize("number", [0.0, 3.0, -3.0, 1e-280, 1e299])
@pytest.mark.parametrize("from_zero", [False, True])
def test_numbers_that_are_all_equal_have_an_axis(number: float, from_zero: bool) -> None:
    scale = scale_over(np.full(5, number), from_zero=from_zero)
    assert scale.low < scale.high
    assert scale.low <= number <= scale.high


@given(NUMBERS, st.integers(2, 40))
def test_a_curve_is_thinned_out_to_no_more_points_than_asked_for_with_its_extremes(y: Array, most: int) -> None:
    kept = thinned(y, most)
    assert kept.size <= most + 1
    assert list(kept) == sorted(set(kept))
    finite = y[np.isfinite(y)]
    if finite.size:
        assert np.nanmin(np.where(np.isfinite(y[kept]), y[kept], np.nan)) == finite.min()
        assert np.nanmax(np.where(np.isfinite(y[kept]), y[kept], np.nan)) == finite.max()


def test_a_needle_among_a_million_points_is_kept() -> None:
    y = np.zeros(10**6)
    y[123_456], y[765_432] = 5, -5
    assert {123_456, 765_432} <= set(thinned(y, 200).tolist())


def test_a_curve_is_broken_where_it_has_no_numbers() -> None:
    y = np.array([np.nan, 1, 2, np.nan, np.inf, 3, np.nan])
    found = [part.tolist() for _, part in unbroken(np.arange(7.0), y)]
    assert found == [[1, 2], [3]]


@given(st.integers(1, 40), st.data())
def test_curves_that_are_shown_together_have_glyphs_of_their_own(count: int, data: st.DataObject) -> None:
    chosen = data.draw(st.integers(0, count - 1))
    curves = shown(plot_of_rows(*np.zeros((count, 3)), chosen=chosen))
    assert chosen in curves
    assert len(curves) == min(count, len(MARKS))
    assert len({mark(curve) for curve in curves}) == len(curves)


@given(NUMBERS, st.sampled_from(["line", "bars"]), st.booleans(), st.booleans(), SIZES)
def test_any_numbers_can_be_laid_out_and_read_in_any_space(
    y: Array, kind: str, log_x: bool, log_y: bool, size: tuple[int, int]
) -> None:
    plot = plot_of_rows(y, y[::-1], kind=kind, log_x=log_x, log_y=log_y, marked=y.size - 1)
    drawing = lay_out(plot, *size)
    assert drawing.y_scale.low < drawing.y_scale.high
    assert drawing.places.scale.low < drawing.places.scale.high
    for line in (above(plot, size[0]), axis_labels(drawing, size[0])):
        assert cell_len(text(line)) <= size[0]
    assert len(readings(plot, size[0], 2)) <= 2
    assert all(cell_len(line) <= max(size[0], 80) for line in plot_lines(plot, size[0]))


@given(st.integers(1, 60), st.integers(1, 8), st.integers(20, 200))
def test_bars_are_at_least_a_column_wide_and_do_not_cover_each_other(places: int, count: int, width: int) -> None:
    drawing = lay_out(plot_of_rows(*np.ones((count, places)), kind="bars"), width, 20)
    if not drawing.has_bars:
        assert places * count > drawing.columns
        return
    column = (drawing.places.scale.high - drawing.places.scale.low) / drawing.columns
    edges = sorted((float(a), float(b)) for curve in range(count) for a, b in zip(*drawing.bars(curve), strict=True))
    assert all(right - left >= 0.999 * column for left, right in edges)
    if places * count * 2 <= drawing.columns:
        assert all(edges[place][1] <= edges[place + 1][0] + 1e-9 for place in range(len(edges) - 1))


@given(st.integers(1, 300), st.integers(20, 200))
def test_the_mouse_finds_the_place_that_is_drawn_under_it(places: int, width: int) -> None:
    drawing = lay_out(plot_of_rows(np.arange(places)), width, 20)
    for place in {0, places // 2, places - 1}:
        found = drawing.nearest(drawing.column(float(drawing.places.at[place])))
        assert drawing.column(float(drawing.places.at[found])) == drawing.column(float(drawing.places.at[place]))


def test_labels_under_the_axis_do_not_run_into_each_other_and_the_cursor_s_is_there() -> None:
    labels = tuple(f"我喜歡{place}" for place in range(30))
    plot = plot_of_rows(np.arange(30), x=labels, kind="bars", marked=7)
    line = axis_labels(lay_out(plot, 60, 12), 60)
    words = [piece.text for piece in line if piece.text.strip()]
    assert words == text(line).split()
    assert set(words) <= set(labels)
    assert [piece.text for piece in line if piece.role == "here"] == ["我喜歡7"]


def test_the_reading_tells_every_curve_with_its_glyph_and_its_unit() -> None:
    two = plot_of_rows(np.array([1.0, 0.25]), np.array([2.0, 0.5]), marked=1, chosen=1)
    assert text(readings(two, 80, 2)[0]) == "x = 1:  o curve 0 0.2500  + curve 1 0.5000"
    one = Plot("", "a", "entropy (nats)", np.array([3.0]), (Curve("", np.array([math.nan])),))
    assert text(readings(one, 80, 2)[0]) == "a = 3:  entropy (nats) = NaN"


def test_a_reading_that_is_too_long_says_that_there_is_more() -> None:
    lines = readings(plot_of_rows(*np.zeros((20, 2)), chosen=9), 40, 2)
    assert len(lines) == 2
    assert text(lines[-1]).endswith("…")
    assert "(6–13 of 20)" in text(readings(plot_of_rows(*np.zeros((20, 2)), chosen=9), 400, 2)[0])


def test_what_a_file_says_cannot_reach_the_terminal() -> None:
    evil = "\x1b[31m[/]\u202e"
    plot = Plot(evil, evil, evil, (evil, "b"), (Curve(evil, np.ones(2)), Curve("b", np.zeros(2))), "bars")
    drawing = lay_out(plot, 80, 20)
    lines = [text(line) for line in (above(plot, 80), axis_labels(drawing, 80), *readings(plot, 80, 3))]
    said = "\n".join([*lines, *plot_lines(plot, 80)])
    assert not {"\x1b", "\u202e"} & set(said)
    assert "␛[31m[/]⟨U+202E⟩" in said


def test_a_row_of_numbers_as_text_is_a_bar_for_each() -> None:
    plot = Plot("Weights", "key", "A", ("I", "love"), (Curve("", np.array([0.25, 1.0])),), "bars", marked=1)
    lines = list(plot_lines(plot, 40))
    assert lines[0] == "Weights"
    assert lines[2].split() == ["key", "A"]
    assert [line.split()[:-1] for line in lines[3:5]] == [["I", "0.2500"], [">", "love", "1"]]
    assert lines[4].count("=") == pytest.approx(4 * lines[3].count("="), abs=3)
    assert all(line.isascii() for line in lines)


def test_text_of_a_million_points_has_the_highest_and_the_lowest() -> None:
    y = np.zeros(10**6)
    y[123_456], y[765_432] = 5, -5
    lines = list(plot_lines(plot_of_rows(y), 80))
    assert len(lines) < 60
    assert any(line.startswith("  123456 ") for line in lines)
    assert "of 1000000 places" in lines[-1]


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=9), st.integers(3, 40))
def test_bars_above_and_below_zero_part_in_the_middle_of_a_line(numbers: list[float], height: int) -> None:
    scale = lay_out(plot_of_rows(np.array(numbers), kind="bars"), 80, height).y_scale
    assert scale.low <= min(0, *numbers)
    assert scale.high >= max(0, *numbers)
    if scale.low < 0:
        lines_above = max(1, height - 2) * scale.high / (scale.high - scale.low)
        assert lines_above % 1 == pytest.approx(0.5)
