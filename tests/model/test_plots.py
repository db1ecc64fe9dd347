"""Plots: which row of a step is plotted over what, and how the cursor moves in it."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model import plots
from attn_explore.model.axes import Axis
from attn_explore.model.plots import Plot, PlotSpec, cell_further, plot_of
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from tests.building import recorder

WEIGHTS = "encoder.layers.0.self_attention.weights"


def ran(text: str = "I love my dog") -> Trace:
    return run(parse_scenario(f"model: {{heads: 2, d_model: 4}}\ninput: {{text: {text}}}"))


@pytest.fixture
def curve_over_multipliers(monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Three numbers for each of four multipliers, plotted as three curves."""
    t = recorder()
    multipliers = Axis("multiplier", 4)
    t.trace.given["a"] = Value("a", (multipliers,), np.dtype("float64"), held=np.array([0.5, 1, 10, 100]))
    numbers = np.arange(12.0).reshape(4, 3)
    held = Value("y", (multipliers, Axis("key", 3, ("y₁", "y₂", "y₃"))), np.dtype("float64"), held=numbers)
    t.trace.parameters["y"] = held
    set_specs(monkeypatch, y=PlotSpec("multiplier", lines="key", x="a", x_label="a", log_x=True))
    return t.trace


def set_specs(monkeypatch: pytest.MonkeyPatch, **specs: PlotSpec) -> None:
    monkeypatch.setattr(plots, "SPECS", specs)


def test_a_step_without_a_row_of_its_own_is_plotted_as_the_row_under_the_cursor() -> None:
    trace = ran()
    plot = plot_of(trace, trace[WEIGHTS], (1, 2, 3))
    assert plot.x == ("I", "love", "my", "dog")
    assert np.array_equal(plot.curves[0].y, trace[WEIGHTS].array[1, 2])
    assert (plot.kind, plot.marked, plot.curves[0].name) == ("bars", 3, "")
    assert (plot.title, plot.x_label, plot.y_label) == ("Attention weights: head 1, query my", "key", "A")


def test_every_step_and_parameter_of_a_run_can_be_plotted() -> None:
    trace = ran()
    for value in (*trace.steps.values(), *trace.parameters.values(), *trace.given.values()):
        index = tuple(size - 1 for size in value.shape)
        plot = plot_of(trace, value, index)
        assert plot.curves[0].y[plot.marked] == value.array[index]


def test_curves_stand_over_the_coordinates_that_their_row_names(curve_over_multipliers: Trace) -> None:
    plot = plot_of(curve_over_multipliers, curve_over_multipliers["y"], (2, 1))
    assert np.array_equal(plot.x, [0.5, 1, 10, 100])
    assert [curve.name for curve in plot.curves] == ["y₁", "y₂", "y₃"]
    assert [curve.y.tolist() for curve in plot.curves] == np.arange(12.0).reshape(4, 3).T.tolist()
    assert (plot.marked, plot.chosen, plot.log_x, plot.kind) == (2, 1, True, "line")


def test_coordinates_with_other_axes_are_those_of_the_row_under_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    trace, size = Trace(np.dtype("float64")), Axis("size", 2)
    edges = np.array([[0.0, 1, 2], [0, 10, 20]])
    for name, numbers in (("edges", edges), ("counts", edges + 1)):
        trace.parameters[name] = Value(name, (size, Axis("bin", 3)), trace.dtype, held=numbers)
    set_specs(monkeypatch, counts=PlotSpec("bin", x="edges", kind="bars"))
    plot = plot_of(trace, trace["counts"], (1, 0))
    assert np.array_equal(plot.x, [0, 10, 20])
    assert np.array_equal(plot.curves[0].y, [1, 11, 21])


def test_a_number_without_axes_is_one_bar() -> None:
    loss = Value("loss", (), np.dtype("float64"), held=np.array(2.5))
    plot = plot_of(Trace(loss.dtype), loss, ())
    assert plot.x == ("loss",)
    assert plot.curves[0].y.tolist() == [2.5]
    assert cell_further(loss, (), right=1, down=1) == ()


def test_a_word_that_stands_twice_is_told_by_its_place() -> None:
    trace = ran("my dog loves my cat")
    plot = plot_of(trace, trace[WEIGHTS], (0, 3, 0))
    assert plot.x == ("my 0", "dog", "loves", "my 3", "cat")
    assert plot.title.endswith("query my 3")


def test_the_cursor_moves_along_x_and_to_other_rows() -> None:
    weights = ran()[WEIGHTS]
    assert cell_further(weights, (1, 2, 0), right=1) == (1, 2, 1)
    assert cell_further(weights, (1, 2, 0), down=-1) == (1, 1, 0)
    assert cell_further(weights, (1, 2, 0), right=-1) == (1, 2, 0)


def test_the_cursor_moves_along_x_and_to_other_curves(curve_over_multipliers: Trace) -> None:
    y = curve_over_multipliers["y"]
    assert cell_further(y, (0, 0), right=1) == (1, 0)
    assert cell_further(y, (0, 0), down=1) == (0, 1)


@given(st.integers(0, 1), st.integers(0, 3), st.integers(0, 3), st.integers(-9, 9), st.integers(-9, 9))
def test_the_cursor_stays_in_the_tensor(head: int, query: int, key: int, right: int, down: int) -> None:
    axes = (Axis("head", 2), Axis("query", 4), Axis("key", 4))
    found = cell_further(Value("weights", axes, np.dtype("float64")), (head, query, key), right, down)
    assert found == (head, min(3, max(0, query + down)), min(3, max(0, key + right)))


def test_no_row_of_the_table_names_an_axis_twice() -> None:
    rows: Mapping[str, PlotSpec] = plots.SPECS
    assert all(spec.along != spec.lines for spec in rows.values())


def test_a_plot_of_float32_has_its_numbers_exactly() -> None:
    held = np.array([0.1, 0.2], np.float32)
    value = Value("tokens", (Axis("token", 2),), np.dtype("float32"), held=held)
    plot: Plot = plot_of(Trace(value.dtype), value, (0,))
    assert plot.curves[0].y.dtype == np.float64
    assert np.array_equal(plot.curves[0].y.astype(np.float32), held)
