"""Parameters that are stored in a file: read when they are asked for, forgotten, and read again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.axes import Axis
from attn_explore.model.backward import gradients
from attn_explore.model.changes import Change
from attn_explore.model.ops import Numbering
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.uses import uses
from attn_explore.model.values import Value
from tests.building import InFile

TABLE = np.arange(40.0, dtype="float32").reshape(10, 4)


def trace_with(source: InFile, changes: tuple[Change, ...] = (), dtype: str = "float32") -> tuple[Trace, Value]:
    trace = Trace(np.dtype(dtype), changes={"table": changes})
    trace.add_parameter("table", (Axis("vocabulary", 10), Axis("d_model", 4)), source)
    return trace, trace.parameters["table"]


def looked_up(trace: Trace, *ids: int) -> Value:
    tokens = trace.give("tokens", (Axis("token", len(ids)),), np.array(ids))
    return Recorder(trace).lookup("embedding", trace.parameters["table"], tokens)


def test_a_stored_parameter_is_a_parameter_that_is_read_when_it_is_asked_for() -> None:
    trace, table = trace_with(file := InFile(TABLE))
    assert trace.unedited["table"] is file
    assert (table.is_leaf, table.is_planned, table.held, file.rows_read) == (True, False, None, 0)
    np.testing.assert_array_equal(table.array, TABLE)
    assert table.array is table.array
    assert file.rows_read == 10


def test_a_stored_parameter_is_forgotten_and_read_again() -> None:
    _, table = trace_with(file := InFile(TABLE))
    before = table.array.tobytes()
    table.forget()
    assert table.held is None
    assert table.array.tobytes() == before
    assert file.rows_read == 20


def test_a_stored_parameter_is_read_in_the_type_of_the_trace() -> None:
    assert trace_with(InFile(TABLE), dtype="float64")[1].array.dtype == np.float64


def test_an_edit_of_a_stored_parameter_is_made_after_each_reading() -> None:
    _, table = trace_with(InFile(TABLE), (Change((2,), factor=2.0), Change((2, 1), put=7.0)))
    for _ in range(2):
        np.testing.assert_array_equal(table.array[2], [16, 7, 20, 22])
        np.testing.assert_array_equal(table.unchanged.array, TABLE)
        table.forget()


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_only_the_rows_that_are_looked_up_are_read(ids: list[int]) -> None:
    trace, table = trace_with(file := InFile(TABLE))
    np.testing.assert_array_equal(looked_up(trace, *ids).array, TABLE[ids])
    assert file.rows_read == len(set(ids))
    assert table.held is None


def test_the_first_rows_of_a_stored_table_are_read_alone() -> None:
    trace, table = trace_with(file := InFile(TABLE))
    rows = Recorder(trace).rows("position", table, Axis("token", 3), Numbering(1))
    np.testing.assert_array_equal(rows.array, [[0] * 4, *TABLE[:2]])
    assert file.rows_read == 2


def test_rows_of_a_table_that_is_held_are_not_read_again() -> None:
    trace, table = trace_with(file := InFile(TABLE))
    _ = table.array
    looked_up(trace, 1, 5)
    assert file.rows_read == 10


def test_rows_of_an_edited_table_are_edited() -> None:
    trace, _ = trace_with(InFile(TABLE), (Change((5,), put=0.5),))
    np.testing.assert_array_equal(looked_up(trace, 5, 1).array, [[0.5] * 4, TABLE[1]])


def test_a_stored_parameter_has_uses_and_gradients_as_any_other() -> None:
    trace, table = trace_with(InFile(TABLE))
    embedding = looked_up(trace, 3, 1, 3)
    found, count = uses(trace, table, (3, 2), most=5)
    assert [(use.value, use.index, use.derivative) for use in found] == [(embedding, (0, 2), 1), (embedding, (2, 2), 1)]
    assert count == 2
    gradient = gradients(trace, {"embedding": np.ones((3, 4))})["table"]
    np.testing.assert_array_equal(gradient.sum(axis=1), [0, 4, 0, 8, 0, 0, 0, 0, 0, 0])


def test_what_is_neither_stored_nor_computed_has_no_numbers() -> None:
    trace = Trace(np.dtype("float32"))
    trace.add_parameter("w", (Axis("token", 2),), None)
    with pytest.raises(LookupError, match="w has no numbers"):
        _ = trace.parameters["w"].array
