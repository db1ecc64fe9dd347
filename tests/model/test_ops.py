"""Every row of the table of operations: its derivative, the arithmetic of a cell and of a gradient, its formula."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.model.explain import arithmetic
from attn_explore.model.expressions import Apply, Cell, Constants, Evaluation, Expression, Number, Reduce
from attn_explore.model.notation import formula_text, symbol
from attn_explore.model.ops import OPERATIONS
from attn_explore.model.values import Value
from tests.operation_cases import ALL_DIFFERENT, CASES, Bench, Case, each_case, many_draws, some_draws
from tests.references import difference_quotient


def test_every_operation_has_a_case() -> None:
    assert set(OPERATIONS) - {operation for operation, _ in CASES} == set(), "these are not in tests/operation_cases.py"
    assert {operation for operation, _ in CASES} - set(OPERATIONS) == set(), "these have no row in model/ops/"


def test_every_case_is_of_the_operation_that_it_says() -> None:
    for (operation, _), case in CASES.items():
        value = case(Bench(np.random.default_rng(0), ALL_DIFFERENT))
        assert value.made_by is OPERATIONS[operation]


@each_case
@some_draws
@many_draws
def test_a_derivative_agrees_with_central_differences(case: Case, seed: int, size: dict[str, int]) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    gradient = rng.normal(size=value.shape)
    found = value.made_by.derivative(value, gradient)
    assert [part.shape for part in found] == [operand.shape for operand in value.operands]
    for operand, part in zip(value.operands, found, strict=True):
        if _is_a_constant(value, operand.value):
            assert not part.any()
            continue
        with np.errstate(invalid="ignore"):
            expected = difference_quotient(lambda: value.made_by.compute(value), operand.value.array, gradient)
        carried = operand.carried_back(part)
        assert np.abs(carried - expected).max() <= 1e-6 * max(1e-3, np.abs(expected).max())


def _is_a_constant(value: Value, operand: Value) -> bool:
    """Token ids, widths and the mask itself are given: nothing is learned there."""
    return (
        operand.dtype.kind == "i"
        or value.made_by.name == "tally"
        or (value.made_by.name == "mask" and operand is value.operands[1].value)
    )


@each_case
@some_draws
@many_draws
def test_the_arithmetic_of_a_cell_comes_to_the_cell(case: Case, seed: int, size: dict[str, int]) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    index = tuple(int(rng.integers(0, length)) for length in value.shape)
    explained = arithmetic(value, index)
    assert explained.evaluate.number(explained.expression) == pytest.approx(value.array[index], rel=1e-12, abs=1e-13)


@each_case
@some_draws
@many_draws
def test_a_cell_of_an_operand_can_be_followed_to_where_it_stands(case: Case, seed: int, size: dict[str, int]) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    index = tuple(int(rng.integers(0, length)) for length in value.shape)
    explained = arithmetic(value, index)
    for cell in _cells(explained.expression):
        names = value.operands[cell.operand].names
        free = {name: 0 for name in names if name not in cell.at}
        there = Cell(cell.operand, {**cell.at, **free})
        source, place = explained.source(there)
        np.testing.assert_equal(source.array[place], explained.evaluate.number(there))


def _cells(expression: Expression) -> list[Cell]:
    match expression:
        case Cell():
            return [expression]
        case Number():
            return []
        case Apply(_, arguments):
            return [cell for argument in arguments for cell in _cells(argument)]
        case Reduce(_, _, body):
            return _cells(body)
        case Constants():
            return []


@each_case
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_result_has_the_shape_and_type_that_its_record_says(case: Case, dtype: str) -> None:
    value = case(Bench(np.random.default_rng(1), ALL_DIFFERENT, dtype))
    assert (value.array.shape, value.array.dtype) == (value.shape, value.dtype)


@each_case
def test_every_operation_writes_a_formula(case: Case) -> None:
    value = case(Bench(np.random.default_rng(0), ALL_DIFFERENT))
    right = formula_text(value.made_by.formula(value, tuple(map(symbol, "abcd"[: len(value.operands)]))))
    assert right
    assert "\n" not in right


@each_case
@some_draws
@many_draws
def test_the_arithmetic_of_an_operands_gradient_comes_to_the_derivative(
    case: Case, seed: int, size: dict[str, int]
) -> None:
    rng = np.random.default_rng(seed)
    value = case(Bench(rng, size))
    gradient = rng.normal(size=value.shape)
    read = ((value.names, gradient), (value.names, value.array), *((view.names, view.array) for view in value.operands))
    for place, (operand, found) in enumerate(
        zip(value.operands, value.made_by.derivative(value, gradient), strict=True)
    ):
        if operand.value.dtype.kind == "i" or value.made_by.back is None:
            continue  # nothing changes with which row it is; and what is not explained is told by its slopes
        index = tuple(int(rng.integers(0, length)) for length in operand.shape)
        expression = value.made_by.back(value, place, dict(zip(operand.names, index, strict=True)))
        assert Evaluation(read).number(expression) == pytest.approx(found[index], rel=1e-10, abs=1e-12)
