"""Which part of a step is printed on a handout, which tables stand there already, and which questions name numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.telling.named_numbers import names_a_number
from attn_explore.explorer.telling.printed_tables import COLUMNS, ROWS, Printed, places_of_tables, tables
from attn_explore.model.axes import Axis
from tests.opened import opened


def test_of_a_large_tensor_what_is_around_the_cell_is_printed_and_the_rest_counted() -> None:
    value = opened("wide").trace["encoder.layers.0.self_attention.weights"]
    at = (1, 200, 250)
    found = list(tables(value, at, None, at))[1]
    assert len(list(tables(value, at, None, at))) == 4
    assert (len(found.rows), len(found.heads)) == (ROWS, COLUMNS)
    assert f"printed: {ROWS} of {value.shape[1]} along query" in found.left_out
    marked = [cell.text for row in found.rows for cell in row.cells if cell.is_marked]
    assert marked == [short_number(float(value.array[at]))]


def test_of_many_heads_that_of_the_cell_is_printed() -> None:
    value, at = opened("wide").trace["encoder.layers.0.self_attention.weights"], (2, 0, 0)
    six = replace(value, axes=(replace(value.axes[0], size=6), *value.axes[1:]), held=np.repeat(value.array[:1], 6, 0))
    (found,) = tables(six, at, None, at)
    assert found.caption == "head 2"
    assert "printed: 1 of 6 along head" in found.left_out


def test_a_stop_that_looks_at_another_part_of_a_step_has_its_own_tables() -> None:
    value = opened("wide").trace["encoder.layers.0.self_attention.weights"]
    looks = [(0, 0, 0), (1, 0, 3), (1, 200, 250)]
    groups = [Printed(place, value.path, (*tables(value, at, None, at),)) for place, at in enumerate(looks, 1)]
    assert places_of_tables(groups, "") == [0, 1, 0]


@pytest.mark.parametrize(
    ("asked", "is_named"),
    [
        ("Which word gets most in head 1?", False),
        ("Which letter does the row of “e” look at in heads 0 and 2?", False),
        ("What does layer 2 add to token 3 by `layers.2.x_1`?", False),
        ("What is it at dₖ = 64, and for the “7”?", False),
        ("What is it for the 7?", True),
        ("Which is the only word above 0 in unit 1?", True),
        ("Which row 0.25 + 0.5 comes from?", True),
        ("“dog” gives −0.1887 in head 1. What is left?", True),
        ("In step 3 and 1.5 of it", True),
    ],
)
def test_a_place_is_no_number_that_other_weights_change(asked: str, is_named: bool) -> None:
    assert names_a_number(asked, (Axis("width", 2, ("dₖ = 64", "7")),)) is is_named
