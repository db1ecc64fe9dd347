"""The arithmetic of a cell as a tree that is evaluated."""

from __future__ import annotations

import gc
import math

import numpy as np
import pytest

from attn_explore.model.expressions import FUNCTIONS, REDUCTIONS, Apply, Cell, Evaluation, Expression, Number, Reduce

A = (("query", "d_k"), np.array([[1.0, 2.0], [3.0, 4.0]]))
B = (("d_k", "key"), np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]]))


def evaluate(expression: Expression) -> float:
    return Evaluation([A, B]).number(expression)


def test_a_cell_with_all_its_axes_fixed_is_a_number() -> None:
    assert evaluate(Cell(1, {"key": 2, "d_k": 0})) == 30


def test_an_axis_that_a_cell_leaves_free_stays() -> None:
    result = Evaluation([A, B])(Cell(1, {"key": 2}))
    assert result.names == ("d_k",)
    np.testing.assert_array_equal(result.array, [30, 60])


def test_free_axes_of_the_same_name_meet_whatever_their_order() -> None:
    product = Evaluation([A, B])(Apply("multiply", (Cell(0, {}), Cell(1, {}))))
    assert product.names == ("query", "d_k", "key")
    np.testing.assert_array_equal(product.array, np.einsum("qd,dk->qdk", A[1], B[1]))


def test_a_score_is_the_sum_of_products() -> None:
    terms = Apply("multiply", (Cell(0, {"query": 1}), Cell(1, {"key": 2})))
    assert evaluate(Reduce("sum", ("d_k",), terms)) == 3 * 30 + 4 * 60


def test_a_reduction_keeps_the_axes_that_it_does_not_run_over() -> None:
    result = Evaluation([A, B])(Reduce("maximum", ("key",), Cell(1, {})))
    assert result.names == ("d_k",)
    np.testing.assert_array_equal(result.array, [30, 60])


RESULTS: list[tuple[str, tuple[float, ...], float]] = [
    ("add", (1, 2, 4), 7),
    ("subtract", (1, 4), -3),
    ("multiply", (3, 4), 12),
    ("divide", (3, 4), 0.75),
    ("power", (2, 10), 1024),
    ("square", (-3,), 9),
    ("cube", (-3,), -27),
    ("negate", (2,), -2),
    ("taken_over", (3,), 3),
    ("tanh", (0,), 0),
    ("erf", (0.5,), math.erf(0.5)),
    ("is_equal", (2, 2), 1),
    ("let_through", (math.nan, 0), 0),
    ("let_through", (3, 2), 6),
    ("exp", (0,), 1),
    ("log", (1,), 0),
    ("sqrt", (49,), 7),
    ("absolute", (-2,), 2),
    ("sin", (0,), 0),
    ("cos", (0,), 1),
    ("maximum", (0, -2), 0),
    ("ratio", (6, 3), 2),
    ("ratio", (6, 0), 0),
]
"""Functions with arguments and what they give."""


@pytest.mark.parametrize(("function", "arguments", "expected"), RESULTS)
def test_a_function_is_the_one_of_its_name(function: str, arguments: tuple[float, ...], expected: float) -> None:
    assert evaluate(Apply(function, tuple(map(Number, arguments)))) == expected


def test_what_is_no_number_is_neither_equal_nor_unequal_to_anything() -> None:
    assert math.isnan(evaluate(Apply("is_equal", (Number(math.nan), Number(math.nan)))))


def test_constants_are_rounded_to_a_type_only_where_they_meet_a_number_of_it() -> None:
    third = Apply("divide", (Number(1), Number(3)))
    in_float32 = Evaluation([((), np.array(3, np.float32))], np.float32)
    assert in_float32(third).array == 1 / 3
    assert in_float32.number(Apply("multiply", (Cell(0, {}), third))) == float(np.float32(3) * np.float32(1 / 3))


def test_every_function_is_tried() -> None:
    assert {function for function, _, _ in RESULTS} == set(FUNCTIONS)


@pytest.mark.parametrize(("function", "expected"), [("sum", 3), ("mean", 1.5), ("median", 1.5), ("maximum", 2)])
def test_a_reduction_is_the_one_of_its_name(function: str, expected: float) -> None:
    assert evaluate(Reduce(function, ("d_k",), Cell(0, {"query": 0}))) == expected
    assert function in REDUCTIONS


def test_a_part_that_stands_twice_in_a_tree_is_evaluated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []
    monkeypatch.setitem(FUNCTIONS, "square", lambda x: calls.append(float(x)) or x * x)
    part = Apply("square", (Number(3),))
    assert evaluate(Apply("add", (part, part))) == 18
    assert calls == [3]


def test_expressions_made_and_dropped_one_after_the_other_are_not_taken_for_each_other() -> None:
    evaluation = Evaluation([])
    for number in range(200):
        assert evaluation.number(Number(number)) == number
        gc.collect(0)


@pytest.mark.filterwarnings("error")
def test_a_division_by_zero_is_shown_and_not_warned_of() -> None:
    assert evaluate(Apply("divide", (Number(1), Number(0)))) == np.inf
