"""What stands around a step: in every scenario the lit cells are those that the arithmetic reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from attn_explore.explorer.drawing.arithmetic import Manner, blocks
from attn_explore.explorer.drawing.blocks import links
from attn_explore.explorer.session.gradients import run_with_gradients
from attn_explore.explorer.telling.operands import Beside, Stand, around, beside
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.model.axes import Array
from attn_explore.model.explain import Index, arithmetic
from attn_explore.model.finer import finer_steps
from attn_explore.model.ops import is_gradient, readers_of
from attn_explore.model.trace import Trace
from attn_explore.model.traces.export import trace_npz
from attn_explore.model.traces.reading import read_trace
from attn_explore.model.traces.wanted import Wanted
from attn_explore.model.values import Value
from tests.opened import EVERY_BUT_WIDE, Opened, opened

NORMS = ("normalise", "rms_normalise")


@lru_cache(maxsize=1)
def with_gradients(scenario: Opened) -> Trace:
    """The run with the gradients of the number that tells most, where it has none."""
    return scenario.trace if scenario.kept.run.output else run_with_gradients(scenario.kept.run).trace


def steps(scenario: Opened) -> Iterator[tuple[Value, Index]]:
    """Every step, finer step and gradient, with a cell that is not the first one where there is another."""
    for step in with_gradients(scenario).steps.values():
        for value in (step, *finer_steps(step)):
            yield value, tuple(min(1, size - 1) for size in value.shape)


def is_product(value: Value) -> bool:
    """Whether a step is a product of matrices, or the gradient by what one product alone was made of."""
    if not is_gradient(value):
        return value.made_by.name == "contract"
    readers = readers_of(value)
    return len(readers) == 1 and readers[0].step.made_by.name == "contract"


def lit(found: Beside) -> Array:
    """The lit cells as a matrix of rows and columns."""
    rows, columns = map(sorted, found.lit)
    return found.picture.seen[np.ix_(rows, columns)]


@EVERY_BUT_WIDE
def test_a_product_is_made_of_the_lit_row_and_the_lit_column(scenario: Opened) -> None:
    for value, index in steps(scenario):
        if not is_product(value) or value.is_changed_at(index):
            continue
        found = beside(value, index)
        factors = [each for each in found if each.stand is Stand.left or len(each.lit[0]) > 1 or each.rows]
        if len(factors) == 2:
            left, above = sorted(factors, key=lambda each: each.stand is Stand.above)
            bias = sum(float(lit(each)[0, 0]) for each in found if each not in factors)
            assert float((lit(left) @ lit(above))[0, 0]) + bias == pytest.approx(
                float(value[index]), rel=1e-5, abs=1e-6
            )


@EVERY_BUT_WIDE
def test_what_is_written_in_the_arithmetic_is_lit_and_nothing_else(scenario: Opened) -> None:
    for value, index in steps(scenario):
        found = beside(value, index)
        if not found or value.is_changed_at(index):
            continue
        written = links(blocks(arithmetic(value, index), Manner(unfolded=True)))
        for path in {each.view.value.path for each in found}:
            if path.rpartition(".")[2] != "tokens":  # they say which row of a table is read
                cells = {
                    each.cell_at(row, column)
                    for each in found
                    if each.view.value.path == path
                    for row in each.lit[0]
                    for column in each.lit[1]
                }
                here = {link.index for link in written if link.value.path == path}
                assert cells == with_means(value, path, here), (value.path, path)


def with_means(value: Value, path: str, written: set[Index]) -> set[Index]:
    """What is written of what a norm reads; for the gradient by its gain a number stands for the mean of each row."""
    for reader in readers_of(value) if is_gradient(value) else ():
        x, *learned = reader.step.operands
        if reader.step.made_by.name in NORMS and x.path == path and learned[0].path == value.options["by"]:
            return {(*row, place) for *row, _ in written for place in range(x.shape[-1])}
    return written


def test_around_a_gradient_stand_what_is_carried_back_and_the_other_factor_turned_as_it_is_read() -> None:
    trace = with_gradients(opened("where-gradients-flow"))
    layer = "grad.encoder.layers.3.self_attention"
    for name, index, expected in (
        ("weights", (0, 1, 2), [("∂L/∂head_output", "left"), ("Vᵀ", "above")]),
        ("v", (0, 1, 2), [("∂L/∂head_output", "above"), ("Aᵀ", "left")]),
        ("scaled_scores", (0, 1, 2), [("∂L/∂A", "above"), ("A", "above")]),
        ("q", (0, 1, 0), [("∂L/∂scores", "left"), ("K", "above")]),
        ("k", (0, 1, 0), [("∂L/∂scoresᵀ", "left"), ("Q", "above")]),
        ("w_q", (1, 0), [("∂L/∂Q", "above"), ("normᵀ", "left")]),
        ("norm", (1, 2), [("∂L/∂V", "left"), ("W_Vᵀ", "above"), ("∂L/∂K", "left"), ("W_Kᵀ", "above"),
                          ("∂L/∂Q", "left"), ("W_Qᵀ", "above")]),
        ("norm_bias", (1,), [("∂L/∂norm", "above")]),
    ):  # fmt: skip
        found = beside(trace[f"{layer}.{name}"], index)
        assert [(each.name, each.stand) for each in found] == expected, name


def test_the_gradient_of_a_row_of_scores_is_made_of_the_whole_row_of_the_weights_and_of_what_is_carried_back() -> None:
    trace = with_gradients(opened("where-gradients-flow"))
    value = trace["grad.encoder.layers.3.self_attention.scaled_scores"]
    every = frozenset(range(value.shape[2]))
    assert {each.lit for each in beside(value, (0, 1, 2))} == {(frozenset({1}), every)}


def test_of_a_gradient_only_what_it_is_made_of_stands_beside_it() -> None:
    value = opened("where-gradients-flow").trace["grad.head.b"]
    assert [(each.name, each.lit[1]) for each in beside(value, (1,))] == [("∂L/∂logits", {1})]


@pytest.mark.parametrize(
    ("scenario", "path"),
    [
        ("encoder-layer", "encoder.layers.0.self_attention.concat"),
        ("gradient-vanishing", "experiment.embedding_medians"),
    ],
)
def test_numbers_that_are_only_put_side_by_side_do_not_stand_there_twice(scenario: str, path: str) -> None:
    value = opened(scenario).trace[path]
    assert beside(value, (0,) * len(value.axes)) == []


@EVERY_BUT_WIDE
def test_every_cell_of_a_matrix_is_the_cell_of_its_value(scenario: Opened) -> None:
    for value, index in steps(scenario):
        for found in beside(value, index):
            array = found.picture.seen
            row, column = (size - 1 for size in array.shape)
            np.testing.assert_equal(array[row, column], found.view.value[found.cell_at(row, column)])


@EVERY_BUT_WIDE
def test_the_rows_of_the_left_one_and_the_columns_of_those_above_are_the_steps_own(scenario: Opened) -> None:
    for value, index in steps(scenario):
        own = picture_of(value, None)
        found = around(own, value, index)
        if found is None:
            continue
        assert all(each.picture.rows.size == own.rows.size for each in found.left)
        assert all(each.picture.columns.size == own.columns.size for each in found.above)


def test_nothing_stands_around_a_step_that_is_made_of_what_a_trace_leaves_out(tmp_path: Path) -> None:
    scenario = opened("i-love-my-dog")
    content = b"".join(trace_npz(scenario.trace, scenario.scenario, Wanted(("weights",))))
    (tmp_path / "trace.npz").write_bytes(content)
    _, trace = read_trace(tmp_path / "trace.npz", 2**26)
    assert [beside(step, tuple(0 for _ in step.shape)) for step in trace.steps.values()] == [[]]
