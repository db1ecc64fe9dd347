"""Experiments: what each comes to, and that each is a run like any other."""

from __future__ import annotations

import math
import tracemalloc
from dataclasses import replace
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.model.backward import gradients
from attn_explore.model.explain import arithmetic
from attn_explore.model.formulas import formula
from attn_explore.model.memory import DRAWING, memory_needed
from attn_explore.model.ops import pair_counts
from attn_explore.model.ops.pair_counts import Drawing, counted_pairs
from attn_explore.model.plots import SPECS, plot_of
from attn_explore.model.prepared import prepare
from attn_explore.model.run import plan, run
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import WRITERS
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.values import Value
from tests.trained import DATA, record
from tests.wording import told, unwritten

SMALL = {
    "softmax_saturation": "logits: [1, 1, 2], multipliers: [1, 10, 100]",
    "softmax_jacobian": "logits: [0.5, -1, 2, 0], multipliers: [0, 1, 8]",
    "dot_product_variance": "widths: [1, 4, 64], pairs: 3000, row: 4",
    "gradient_vanishing": "widths: [1, 4, 32], tokens: 3",
}
"""Every kind of experiment, small."""

each_kind = pytest.mark.parametrize("kind", SMALL)
logits_of_any_size = st.lists(st.floats(-20, 20), min_size=1, max_size=5)


def scenario_of(kind: str, said: str | None = None) -> Scenario:
    return parse_scenario(f"experiment: {{kind: {kind}, {SMALL[kind] if said is None else said}}}")


def ran(kind: str, said: str | None = None) -> Trace:
    return run(scenario_of(kind, said))


def exactly(row: list[float]) -> list[float]:
    """Softmax of a row, written out."""
    exponentials = [math.exp(x - max(row)) for x in row]
    return [x / math.fsum(exponentials) for x in exponentials]


# --- a run like any other


@each_kind
def test_every_step_stands_under_experiment_and_has_a_formula_and_words(kind: str) -> None:
    trace = ran(kind)
    assert all(path.startswith("experiment.") for path in (*trace.steps, *trace.parameters))
    assert all(formula(step) for step in trace.steps.values())
    missing = unwritten(trace)
    assert not missing, told(missing)


@each_kind
def test_the_arithmetic_of_every_cell_comes_to_the_cell(kind: str) -> None:
    for step in ran(kind).steps.values():
        for index in list(np.ndindex(step.shape))[:300]:
            explained = arithmetic(step, index)
            found = explained.evaluate.number(explained.expression)
            assert found == pytest.approx(step.array[index], rel=1e-12, abs=1e-15), (step.path, index)


def test_every_row_of_the_table_of_plots_is_a_step_with_those_axes() -> None:
    scenario = prepare(read_scenario(DATA / "reverse.yaml")).scenario
    traces = [*(ran(kind) for kind in SMALL), run(scenario, record=record())]
    for path, spec in SPECS.items():
        trace = next(trace for trace in traces if path in trace.steps)
        plot = plot_of(trace, trace[path], tuple(0 for _ in trace[path].axes))
        assert [len(curve.y) for curve in plot.curves] == [trace[path].axis(spec.along).size] * len(plot.curves)
        assert spec.x is None or np.array_equal(plot.x, trace[spec.x].array)


@each_kind
def test_a_plan_has_the_records_of_the_run_and_no_number(kind: str) -> None:
    planned, trace = plan(scenario_of(kind)), ran(kind)
    assert list(planned.steps) == list(trace.steps)
    for before, after in zip(planned.steps.values(), trace.steps.values(), strict=True):
        assert (before.axes, before.dtype, before.options) == (after.axes, after.dtype, after.options)
        assert before.held is None


@each_kind
def test_the_memory_that_is_foretold_is_enough(kind: str) -> None:
    need = memory_needed(scenario_of(kind))
    assert ran(kind).nbytes < need.nbytes < 2 * ran(kind).nbytes + DRAWING + 10**6


@each_kind
@pytest.mark.parametrize("ending", WRITERS)
def test_an_exported_experiment_opens_again(kind: str, ending: str, tmp_path: Path) -> None:
    scenario, file = scenario_of(kind), tmp_path / f"trace{ending}"
    trace = run(scenario)
    file.write_bytes(b"".join(WRITERS[ending](trace, scenario)))
    again, read = read_trace(file, 2**30)
    assert again.as_dict() == scenario.as_dict()
    assert list(read.steps) == list(trace.steps)
    for path, step in (*trace.steps.items(), *trace.parameters.items()):
        np.testing.assert_array_equal(read[path].array, step.array)


def test_a_seed_of_more_than_64_bits_survives_an_export(tmp_path: Path) -> None:
    scenario, file = scenario_of("dot_product_variance", f"widths: [2], pairs: 16, seed: {2**70}"), tmp_path / "t.json"
    file.write_bytes(b"".join(WRITERS[".json"](run(scenario), scenario)))
    assert read_trace(file, 2**30)[0].experiment == scenario.experiment


@each_kind
def test_an_experiment_is_the_same_every_time(kind: str) -> None:
    for one, other in zip(ran(kind).steps.values(), ran(kind).steps.values(), strict=True):
        np.testing.assert_array_equal(one.array, other.array)


def test_a_large_experiment_is_refused_by_its_memory_without_being_made() -> None:
    numbers = ", ".join(map(str, range(1000)))
    scenario = scenario_of("softmax_jacobian", f"logits: [{numbers}], multipliers: [{numbers}]")
    assert memory_needed(scenario).nbytes > 8 * 1000**3


# --- softmax saturation


def test_the_figures_of_the_article_come_out_but_for_the_rounding_of_the_last_digit() -> None:
    y = ran("softmax_saturation")["experiment.probabilities"].array[:, 2]
    assert y[0] == 0.5761168847658291
    assert y[1] == pytest.approx(0.9999092083843412, rel=0, abs=4e-16)
    assert y[2] == 1.0


def test_the_figures_are_those_of_exact_arithmetic_rounded() -> None:
    y = ran("softmax_saturation")["experiment.probabilities"].array[:, 2]
    with localcontext() as context:
        context.prec = 40
        exact = [float(1 / (1 + 2 * Decimal(-a).exp())) for a in (1, 10, 100)]
    assert (np.abs(y - exact) <= np.spacing(exact)).all()


def test_an_edit_of_a_logit_runs_on_from_there() -> None:
    scenario = scenario_of("softmax_saturation")
    edit = Edit(at="experiment.logits", index=(2,), set=1.0)
    trace = run(replace(scenario, edits=(edit,)), before=run(scenario))
    np.testing.assert_allclose(trace["experiment.probabilities"].array, 1 / 3)
    np.testing.assert_allclose(trace["experiment.curve.probabilities"].array, 1 / 3)


def test_the_curve_runs_from_0_to_the_largest_multiplier_in_even_steps() -> None:
    trace = ran("softmax_saturation")
    np.testing.assert_array_equal(trace["experiment.curve.multipliers"].array, np.arange(201) / 2)
    y = trace["experiment.curve.probabilities"].array
    np.testing.assert_allclose(y[0], 1 / 3, rtol=1e-15)
    for place, name in ((2, "a = 1"), (20, "a = 10"), (200, "a = 100")):
        assert trace["experiment.curve.probabilities"].axes[0].label(place) == name
        assert y[place].tolist() == trace["experiment.probabilities"].array[(2, 20, 200).index(place)].tolist()


def test_slopes_are_those_of_central_differences() -> None:
    logits, h = [0.3, -1.0, 2.0], 1e-6
    slopes = ran("softmax_saturation", f"logits: {logits}, multipliers: [1, 3]")["experiment.slopes"].array
    for row, a in zip(slopes, (1, 3), strict=True):
        scaled = [a * x for x in logits]
        for i, slope in enumerate(row):
            up, down = ([x + (k == i) * by for k, x in enumerate(scaled)] for by in (h, -h))
            assert slope == pytest.approx((exactly(up)[i] - exactly(down)[i]) / (2 * h), abs=1e-9)


# --- the Jacobian of softmax


@given(logits=logits_of_any_size)
@settings(max_examples=50)
def test_all_ways_to_the_jacobian_agree_with_it_written_out(logits: list[float]) -> None:
    trace = ran("softmax_jacobian", f"logits: {logits}, multipliers: [1]")
    y = exactly(logits)
    expected = [[y[i] * ((i == j) - y[j]) for j in range(len(y))] for i in range(len(y))]
    for name in ("jacobian", "quotients", "backward.jacobian"):
        np.testing.assert_allclose(trace[f"experiment.{name}"].array, expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(trace["experiment.finite.slopes"].array, expected, atol=1e-9)
    np.testing.assert_allclose(trace["experiment.grown.jacobian"].array[0], expected, rtol=1e-12, atol=1e-14)


@given(logits=logits_of_any_size)
@settings(max_examples=25)
def test_its_rows_and_columns_sum_to_0_and_it_is_symmetric(logits: list[float]) -> None:
    jacobian = ran("softmax_jacobian", f"logits: {logits}, multipliers: [1]")["experiment.jacobian"].array
    np.testing.assert_allclose(jacobian.sum(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(jacobian.sum(axis=1), 0, atol=1e-15)
    np.testing.assert_allclose(jacobian, jacobian.T, rtol=1e-12, atol=1e-16)


def test_it_is_what_the_walk_backwards_through_the_graph_finds() -> None:
    trace = ran("softmax_jacobian")
    jacobian = trace["experiment.jacobian"].array
    for path in ("experiment.probabilities", "experiment.backward.probabilities"):
        for row, one in zip(jacobian, np.eye(4), strict=True):
            np.testing.assert_allclose(gradients(trace, {path: one})["experiment.logits"], row, atol=1e-15)


def test_the_disagreement_is_the_largest_of_all_entries() -> None:
    trace = ran("softmax_jacobian")
    for place, name in enumerate(("quotients", "finite.slopes", "backward.jacobian")):
        apart = np.abs(trace[f"experiment.{name}"].array - trace["experiment.jacobian"].array).max()
        assert trace["experiment.check.disagreement"].array[place] == apart
    assert trace["experiment.check.disagreement"].array.max() < 1e-9


def test_it_shrinks_to_0_as_the_row_nears_one_hot() -> None:
    largest = ran("softmax_jacobian", "logits: [1, 1, 2], multipliers: [1, 2, 4, 8, 16, 32, 800]")
    entries = largest["experiment.grown.largest_entry"].array
    assert (np.diff(entries) < 0).all()
    assert entries[-1] == 0
    assert entries[0] == pytest.approx(0.2442, abs=1e-4)


def test_logits_that_are_all_knocked_out_leave_zeros_and_a_word_about_it() -> None:
    edit = Edit(at="experiment.logits", knock_out=True)
    trace = run(replace(scenario_of("softmax_jacobian"), edits=(edit,)))
    assert not trace["experiment.backward.probabilities"].array.any()


# --- the variance of dot products


@pytest.fixture(scope="module")
def variances() -> Trace:
    return ran("dot_product_variance", "widths: [1, 4, 16, 64, 256], pairs: 40000")


def test_mean_and_variance_are_within_five_standard_errors_of_theory(variances: Trace) -> None:
    for name in ("mean_deviation", "variance_deviation"):
        assert np.abs(variances[f"experiment.{name}"].array).max() < 5
    np.testing.assert_array_equal(variances["experiment.theory"].array.T, [[1, 4, 16, 64, 256], [1] * 5])
    np.testing.assert_allclose(variances["experiment.variance"].array[:, 1], 1, atol=0.1)


def test_standard_errors_are_those_of_the_normal_distribution_for_wide_vectors(variances: Trace) -> None:
    """Of n normal numbers with variance σ², the mean has the standard error σ/√n and the variance σ²√(2/n)."""
    assert variances["experiment.mean_error"].array[4, 0] == pytest.approx(16 / 200, rel=0.05)
    assert variances["experiment.variance_error"].array[4, 0] == pytest.approx(256 * math.sqrt(2) / 200, rel=0.05)


def test_every_score_falls_into_a_bin(variances: Trace) -> None:
    np.testing.assert_array_equal(variances["experiment.counts"].array.sum(axis=-1), 40000)
    histogram = variances["experiment.histogram"]
    inside = [histogram.axes[-1].label(place) for place in range(16, 18)]
    assert inside == ["-1", "+0"]
    assert histogram.array[1, 4, 16:18].sum() == pytest.approx(math.erf(1 / math.sqrt(2)), abs=0.01)
    assert histogram.array[0, 4, [0, -1]].sum() == pytest.approx(math.erfc(1 / math.sqrt(2)), abs=0.01)


def test_without_the_root_softmax_gets_sure_of_itself_and_lets_less_through(variances: Trace) -> None:
    for name in ("entropy", "gradient"):
        plain, scaled = variances[f"experiment.{name}"].array.T
        assert (np.diff(plain[1:]) < 0).all()
        assert plain[-1] < scaled[-1] / 2
        assert np.ptp(scaled[1:]) < 0.1


def pairs_written_out(width: int, pairs: int, seed: int) -> list[float]:
    """The scores of the first batch, one after another."""
    stream = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(width, 0))))
    q, k = (stream.standard_normal((pairs, width), np.float32).tolist() for _ in range(2))
    return [math.fsum(a * b for a, b in zip(one, other, strict=True)) for one, other in zip(q, k, strict=True)]


def test_what_is_counted_is_what_pairs_written_out_one_by_one_come_to() -> None:
    counted = counted_pairs(5, Drawing(seed=3, pairs=10, row=4))
    for root, found in zip((1, math.sqrt(5)), counted, strict=True):
        scores = [score / root for score in pairs_written_out(5, 10, 3)]
        rows = [exactly(scores[start : start + 4]) for start in (0, 4)]
        entropies = [-math.fsum(y * math.log(y) for y in row) for row in rows]
        sizes = [
            math.sqrt(math.fsum((a * ((i == j) - b)) ** 2 for i, a in enumerate(row) for j, b in enumerate(row)))
            for row in rows
        ]
        powers = [math.fsum(s**power for s in scores) for power in (1, 2, 4)]
        np.testing.assert_allclose(found[:5], [*powers, math.fsum(entropies), math.fsum(sizes)], rtol=1e-5)


def test_what_is_drawn_does_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = Drawing(seed=7, pairs=20_000, row=16)
    alone, together = [], []
    for workers, found in ((1, alone), (5, together)):
        monkeypatch.setattr(pair_counts, "WORKERS", workers)
        found.append(counted_pairs.__wrapped__(64, drawing))
    np.testing.assert_array_equal(alone, together)


def test_a_width_draws_the_same_pairs_whatever_stands_beside_it(variances: Trace) -> None:
    alone = ran("dot_product_variance", "widths: [64], pairs: 40000")
    np.testing.assert_array_equal(alone["experiment.tallies"].array[0], variances["experiment.tallies"].array[3])


@pytest.mark.parametrize(("width", "few", "many"), [(64, 20_000, 200_000), (65_536, 100, 400)])
def test_memory_does_not_grow_with_the_number_of_pairs(
    width: int, few: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers, peaks = pair_counts.WORKERS, []
    monkeypatch.setattr(pair_counts, "WORKERS", 1)  # whether two are at their peak together is up to the machine
    for pairs in (few, many):
        tracemalloc.start()
        counted_pairs.__wrapped__(width, Drawing(seed=7, pairs=pairs, row=16))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert workers * peaks[1] < DRAWING


def test_whoever_listens_hears_of_the_drawing_and_can_end_it() -> None:
    heard: list[str] = []

    def listen(value: Value) -> None:
        heard.append(value.path)
        if "dₖ = 33" in value.path:
            raise KeyboardInterrupt

    counted_pairs.cache_clear()
    with pytest.raises(KeyboardInterrupt):
        run(scenario_of("dot_product_variance", "widths: [3, 33], pairs: 500"), listen)
    assert heard == ["experiment.tallies: 100% of dₖ = 3", "experiment.tallies: 100% of dₖ = 33"]


def test_an_edit_of_a_width_draws_other_pairs_and_one_that_is_none_leaves_no_number() -> None:
    scenario = scenario_of("dot_product_variance", "widths: [3, 5], pairs: 500")
    edits = [Edit(at="experiment.widths", index=(0,), set=4.0), Edit(at="experiment.widths", index=(1,), set=2.5)]
    trace = run(replace(scenario, edits=tuple(edits)), before=run(scenario))
    other = ran("dot_product_variance", "widths: [4], pairs: 500")
    np.testing.assert_array_equal(trace["experiment.tallies"].array[0], other["experiment.tallies"].array[0])
    assert np.isnan(trace["experiment.variance"].array[1]).all()


# --- vanishing gradients


@pytest.fixture(scope="module")
def vanishing() -> Trace:
    return ran("gradient_vanishing", "widths: [1, 4, 64, 1024], tokens: 16, seed: 11")


def test_the_way_back_written_out_is_the_walk_backwards_through_the_graph(vanishing: Trace) -> None:
    for width in (1, 4, 64):
        block = f"experiment.{width}"
        for scaling in range(2):
            found = gradients(vanishing, {f"{block}.objective": np.eye(2)[scaling]})
            for name, path in (("q", f"{block}.q"), ("k", f"{block}.k"), ("x", "experiment.x")):
                expected = found[path]
                written = vanishing[f"{block}.back.{name}"].array[scaling]
                np.testing.assert_allclose(written, expected, rtol=1e-9, atol=1e-12)


def test_the_way_back_is_the_slope_of_the_chosen_number() -> None:
    scenario = scenario_of("gradient_vanishing", "widths: [8], tokens: 3")
    trace, h = run(scenario), 1e-6
    for index in ((0, 0), (2, 7), (1, 30)):
        up, down = (
            run(replace(scenario, edits=(Edit(at="experiment.x", index=index, set=x),)))
            for x in trace["experiment.x"].array[index] + np.array([h, -h])
        )
        slope = (up["experiment.8.objective"].array - down["experiment.8.objective"].array) / (2 * h)
        np.testing.assert_allclose(trace["experiment.8.back.x"].array[:, *index], slope, rtol=1e-6, atol=1e-8)


def test_queries_keys_and_values_have_variance_1(vanishing: Trace) -> None:
    for path in ("experiment.1024.q", "experiment.1024.k", "experiment.v"):
        assert vanishing[path].array.var() == pytest.approx(1, abs=0.3)
    assert vanishing["experiment.1024.scores"].array.std() == pytest.approx(32, rel=0.2)


def test_without_the_root_the_gradient_of_the_middle_query_vanishes_and_with_it_it_stays(vanishing: Trace) -> None:
    plain, scaled = vanishing["experiment.query_medians"].array.T
    assert plain[-1] < scaled[-1] / 5
    assert scaled[1:].max() < 2 * scaled[1:].min()


def test_the_summaries_are_those_of_every_width(vanishing: Trace) -> None:
    for place, width in enumerate((1, 4, 64, 1024)):
        for name, path in (("query", "q"), ("key", "k"), ("embedding", "x")):
            back = vanishing[f"experiment.{width}.back.{path}"].array
            lengths = np.sqrt((back**2).sum(axis=-1))
            norms, medians = (vanishing[f"experiment.{name}_{what}"].array[place] for what in ("norms", "medians"))
            np.testing.assert_allclose(norms, np.sqrt((back**2).sum(axis=(1, 2))), rtol=1e-12)
            np.testing.assert_allclose(medians, np.median(lengths, axis=1), rtol=1e-12)


def test_embeddings_still_hear_by_way_of_the_values(vanishing: Trace) -> None:
    plain, scaled = vanishing["experiment.embedding_medians"].array[-1]
    assert plain > scaled / 2
