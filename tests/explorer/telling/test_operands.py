"""What stands around a step: in every scenario the lit cells are those that the arithmetic reads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from attn_explore.explorer.drawing.arithmetic import blocks
from attn_explore.explorer.drawing.blocks import links
from attn_explore.explorer.telling.operands import Beside, Stand, around, beside
from attn_explore.explorer.telling.pictures import picture_of
from attn_explore.model.axes import Array
from attn_explore.model.explain import Index, arithmetic
from attn_explore.model.finer import finer_steps
from attn_explore.model.values import Value
from tests.opened import EVERY_BUT_WIDE, Opened, opened


def steps(scenario: Opened) -> Iterator[tuple[Value, Index]]:
    """Every step and finer step, with a cell that is not the first one where there is another."""
    for step in scenario.trace.steps.values():
        for value in (step, *finer_steps(step)):
            yield value, tuple(min(1, size - 1) for size in value.shape)


def lit(found: Beside) -> Array:
    """The lit cells as a matrix of rows and columns."""
    rows, columns = map(sorted, found.lit)
    return found.picture.seen[np.ix_(rows, columns)]


@EVERY_BUT_WIDE
def test_a_product_is_made_of_the_lit_row_and_the_lit_column(scenario: Opened) -> None:
    for value, index in steps(scenario):
        if value.made_by.name != "contract" or value.is_changed_at(index):
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
        written = links(blocks(arithmetic(value, index), unfolded=True))
        for path in {each.view.value.path for each in found}:
            if path.rpartition(".")[2] != "tokens":  # they say which row of a table is read
                cells = {
                    each.cell_at(row, column)
                    for each in found
                    if each.view.value.path == path
                    for row in each.lit[0]
                    for column in each.lit[1]
                }
                assert cells == {link.index for link in written if link.value.path == path}, (value.path, path)


def test_of_a_gradient_only_what_it_is_made_of_stands_beside_it() -> None:
    value = opened("where-gradients-flow").trace["grad.head.b"]
    assert [(each.name, each.lit[1]) for each in beside(value, (1,))] == [("∂L/∂logits", {1})]


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
        if found.left is not None:
            assert found.left.picture.rows.size == own.rows.size
        assert all(each.picture.columns.size == own.columns.size for each in found.above)
