"""The arithmetic of a cell comes to the cell, of whatever numbers and in whatever type: nothing shown explains another.

Small tensors, so that sums are added in one order; but products of matrices are left to a library with an order of its
own, and may differ by rounding.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_explore.explorer.drawing.arithmetic import blocks
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.model.axes import Array, Axis
from attn_explore.model.backward import record_gradients
from attn_explore.model.changes import Change
from attn_explore.model.explain import arithmetic, explanation
from attn_explore.model.expressions import Evaluation
from attn_explore.model.notation import symbol
from attn_explore.model.ops import Factor
from attn_explore.model.recorder import Recorder
from attn_explore.model.run import run
from attn_explore.model.scenario import parse_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value
from attn_explore.model.variants import ACTIVATIONS, WEIGHTINGS
from attn_explore.model.variants import SCORES as SCORES_OF_MODELS
from tests.building import SEEDS, recorder, tensor
from tests.operation_cases import SIZES, Bench, Case, each_case

ATTENTION = "encoder.layers.0.self_attention"

COMPOSED = frozenset({"additive", "bilinear", "cosine"})
"""Operations whose gradients are computed part by part and explained as one: what overflows on the way may differ."""

ROUNDED = COMPOSED | {"contract", "cross_entropy"}
"""Operations that add products up in an order of their own."""

MAGNITUDES = {"float32": (1.0, 1e10, 1e-10, 1e-42), "float64": (1.0, 1e10, 1e150, 1e-10, 1e-310)}
SPECIAL = (np.nan, np.inf, -np.inf, 0.0)


def numbers(rng: np.random.Generator, kind: str, shape: tuple[int, ...], dtype: str) -> Array:
    """Numbers of one kind, some of them replaced by special ones where the kind says so."""
    size = rng.choice(MAGNITUDES[dtype]) if "any size" in kind else 1.0
    found = (np.full(shape, rng.normal()) if "equal" in kind else rng.normal(size=shape)) * size
    if "largest" in kind:
        found = np.full(shape, float(np.finfo(dtype).max) * rng.uniform(0.5, 1))
    if "special" in kind:
        found = np.where(rng.random(shape) < 0.3, rng.choice(SPECIAL, shape), found)
    return np.asarray(found, dtype)


OF_SIZE_1 = st.sampled_from(["ordinary", "equal", "special", "equal special"])
KINDS = OF_SIZE_1 | st.sampled_from(["of any size", "of any size, special", "equal, of any size", "largest"])


def refilled(value: Value, rng: np.random.Generator, kind: str, dtype: str) -> Value:
    """A value computed again from other numbers."""
    for view in value.operands:
        if view.value.dtype.kind == "f" and not (value.made_by.name == "mask" and view is value.operands[1]):
            view.value.held = numbers(rng, kind, view.value.shape, dtype)
    value.forget()
    return value


def tolerance(value: Value, dtype: str) -> dict[str, float]:
    """How far two ways of adding up may be apart: some roundings of the largest term."""
    eps = float(np.finfo(dtype).eps)
    if value.made_by.name not in ROUNDED:
        return {"rel": 8 * eps, "abs": 8 * float(np.finfo(dtype).smallest_subnormal)}
    finite = (np.abs(np.where(np.isfinite(view.array), view.array, 1)).max(initial=1) for view in value.operands)
    with np.errstate(over="ignore"):
        return {"rel": 32 * eps, "abs": 32 * eps * float(np.prod(list(finite), dtype=np.float64))}


@each_case
@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, size=SIZES, kind=KINDS, dtype=st.sampled_from(["float32", "float64"]))
def test_whatever_the_numbers_the_arithmetic_of_a_cell_comes_to_the_cell(
    case: Case, seed: int, size: dict[str, int], kind: str, dtype: str
) -> None:
    rng = np.random.default_rng(seed)
    value = refilled(case(Bench(rng, size, dtype)), rng, kind, dtype)
    index = tuple(int(rng.integers(0, length)) for length in value.shape)
    explained = arithmetic(value, index)
    found, cell = explained.evaluate.number(explained.expression), float(value.array[index])
    assert found == pytest.approx(cell, **tolerance(value, dtype), nan_ok=True)
    assert explained.number == cell or np.isnan(cell)


@each_case
@settings(max_examples=25, deadline=None)
@given(
    seed=SEEDS,
    size=SIZES,
    kind=OF_SIZE_1,
    incoming=OF_SIZE_1,
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_whatever_the_numbers_the_arithmetic_of_a_gradient_comes_to_the_gradient(
    case: Case, seed: int, size: dict[str, int], kind: str, incoming: str, dtype: str
) -> None:
    rng = np.random.default_rng(seed)
    value = refilled(case(Bench(rng, size, dtype)), rng, kind, dtype)
    if value.made_by.back is None or value.made_by.name in COMPOSED:
        return
    gradient = numbers(rng, incoming, value.shape, dtype)
    found = value.carried_to_operands(gradient)
    read = ((value.names, gradient), (value.names, value.array), *((view.names, view.array) for view in value.operands))
    for place, (operand, carried) in enumerate(zip(value.operands, found, strict=True)):
        if operand.value.dtype.kind == "i":
            continue
        index = tuple(int(rng.integers(0, length)) for length in operand.shape)
        with np.errstate(all="ignore"):
            expression = value.made_by.back(value, place, dict(zip(operand.names, index, strict=True)))
        explained = Evaluation(read, dtype).number(expression)
        rel = 1e-5 if dtype == "float32" else 1e-12
        assert explained == pytest.approx(
            float(carried[index]), rel=rel, abs=tolerance(value, dtype)["abs"], nan_ok=True
        )


# --- what was seen to be explained wrongly


def explained_number(value: Value, index: tuple[int, ...]) -> float:
    found = arithmetic(value, index)
    return found.evaluate.number(found.expression)


def test_a_gelu_far_below_0_is_explained_in_the_type_that_it_was_computed_in() -> None:
    value = recorder("float32").activation("r", "gelu", tensor("token", np.array([-5.2], np.float32)))
    assert explained_number(value, (0,)) == float(value.array[0]) != pytest.approx(-5.18e-07, rel=0.05)


@pytest.mark.parametrize(
    ("dtype", "scores"),
    [("float32", [200000.3, 200000.1, 200000.2]), ("float64", [1e17, 0, 0]), ("float64", [1e17, 1e17, 1e17])],
)
def test_sparsemax_of_large_scores_is_explained_by_what_they_are_below_the_largest(
    dtype: str, scores: list[float]
) -> None:
    value = recorder(dtype).sparsemax("r", tensor("query key", np.array([scores], dtype)), over="key")
    assert [explained_number(value, (0, key)) for key in range(3)] == value.array[0].tolist()
    assert value.array.sum() == pytest.approx(1, abs=1e-6)


def test_hardmax_of_scores_of_which_one_is_no_number_is_no_number() -> None:
    value = recorder().hardmax("r", tensor("query key", np.array([[np.nan, 1.0, 2.0]])), over="key")
    assert np.isnan(value.array).all()
    assert all(np.isnan(explained_number(value, (0, key))) for key in range(3))


@pytest.mark.parametrize("change", [Change((0,), put=1.0), Change((0,), factor=0.0)])
def test_what_an_edit_replaces_has_a_gradient_of_0_whatever_comes_after_it(change: Change) -> None:
    gradient = np.array([np.nan, np.inf])
    change.pull(gradient)
    assert gradient.tolist() == [0, np.inf]


def test_the_gradient_before_a_replacing_edit_is_explained_as_0_where_what_comes_after_it_is_no_number() -> None:
    """0 × ∞ on the way back gives NaN behind the edit, and the number that was replaced has no part in it."""
    t = Recorder(Trace(np.dtype("float64"), changes={"doubled": (Change((0,), put=0.0),)}))
    t.trace.add_parameter("x", (Axis("token", 2),), np.array([1.0, 2.0]))
    x = t.parameter("x")
    doubled = t.scale("doubled", x, Factor(2.0, symbol("2")))
    nothing = t.scale("nothing", doubled, Factor(0.0, symbol("0")))
    total = t.sum("total", t.divide("quotient", doubled, nothing), "token")
    record_gradients(t.trace, total)
    assert np.isnan(t.trace["grad.doubled"].array[0])
    assert t.trace["grad.x"].array[0] == explained_number(t.trace["grad.x"], (0,)) == 0


def explained_gradient(value: Value, gradient: Array, operand: int, at: dict[str, int]) -> float:
    read = ((value.names, gradient), (value.names, value.array), *((view.names, view.array) for view in value.operands))
    assert value.made_by.back is not None
    return Evaluation(read).number(value.made_by.back(value, operand, at))


def test_a_row_of_a_table_gets_nothing_of_what_comes_to_other_words() -> None:
    table, ids = tensor("vocabulary d_model", np.ones((2, 1))), tensor("token", np.array([0, 1, 0]))
    value = recorder().lookup("r", table, ids)
    gradient = np.array([[1.0], [np.nan], [2.0]])
    assert explained_gradient(value, gradient, 0, {"vocabulary": 0, "d_model": 0}) == 3


def test_a_score_gets_nothing_of_what_comes_to_keys_without_a_weight() -> None:
    value = recorder().sparsemax("r", tensor("query key", np.array([[1.0, 0.9, -5.0]])), over="key")
    gradient = np.array([[1.0, 2.0, np.inf]])
    assert explained_gradient(value, gradient, 0, {"query": 0, "key": 0}) == -0.5


def test_a_maximum_gets_nothing_of_what_comes_to_hidden_keys() -> None:
    scores, maximum = tensor("query key", np.array([[1.0, -np.inf]])), tensor("query", np.array([1.0]), "b")
    value = recorder().shift("r", scores, maximum)
    assert explained_gradient(value, np.array([[3.0, np.nan]]), 1, {"query": 0}) == -3


def test_equal_gradients_of_weights_of_sparsemax_are_explained_to_the_bit() -> None:
    value = recorder("float64").sparsemax("r", tensor("query key", np.array([[0.3, 0.1, 0.2]])), over="key")
    gradient = np.full((1, 3), 0.7)
    (carried,) = value.carried_to_operands(gradient)
    explained = [explained_gradient(value, gradient, 0, {"query": 0, "key": key}) for key in range(3)]
    assert explained == carried[0].tolist()


def test_an_infinite_gradient_times_0_is_no_number_in_the_gradient_of_a_gradient_of_softmax_either() -> None:
    of_weights, weights = (tensor("query key", np.array([row])) for row in ([1.0, 1.0], [0.5, 0.5]))
    value = recorder("float64").softmax_backward("r", "query key", of_weights, weights, over="key")
    gradient = np.array([[np.inf, 2.0]])
    with np.errstate(invalid="ignore"):
        carried = value.carried_to_operands(gradient)[1]
        explained = [explained_gradient(value, gradient, 1, {"query": 0, "key": key}) for key in range(2)]
    np.testing.assert_array_equal(explained, carried[0])


def test_a_cell_that_is_rounding_noise_has_one_number() -> None:
    """A product of matrices adds up in an order of its own; the sum that is shown ends in the number of the cell."""
    rng = np.random.default_rng(0)
    a, b = (tensor(axes, rng.normal(size=(9, 9))) for axes in ("token d_model", "d_model d_ff"))
    value = recorder().contract("r", "token d_ff", a, b)
    for index in np.ndindex(*value.shape):
        first = blocks(arithmetic(value, index))[0].rows[0]
        assert next(piece.text for piece in first if piece.role == "result") == short_number(float(value.array[index]))


# --- whole models, through their variants

OVERFLOWING = [
    *(f"score: {name}" for name in SCORES_OF_MODELS),
    *(f"weighting: {name}" for name in WEIGHTINGS),
    *(f"activation: {name}" for name in ACTIVATIONS),
    "norm: rms",
]


def model_of(variant: str, dtype: str, scale: float) -> Trace:
    return run(
        parse_scenario(
            f"model: {{d_model: 4, heads: 2, dtype: {dtype}, head: tokens, classes: [a, b], {variant}, "
            f"weights: {{scale: {scale}}}}}\ninput: {{text: a b a, target: a b a}}\ngradients: {{of: loss}}"
        )
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("variant", OVERFLOWING)
@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e30), ("float64", 1e200)])
def test_numbers_that_overflow_are_explained_as_they_are_and_without_a_warning(
    variant: str, dtype: str, scale: float
) -> None:
    rng = np.random.default_rng(0)
    for step in model_of(variant, dtype, scale).steps.values():
        index = tuple(int(rng.integers(0, length)) for length in step.shape)
        assert blocks(arithmetic(step, index)), step.path
        assert explanation(step)
        found, cell = explained_number(step, index), step.array[index]
        assert np.isfinite(found) == np.isfinite(cell), step.path  # −∞ or NaN: products may overflow only when added


@pytest.mark.parametrize("variant", [f"score: {name}" for name in SCORES_OF_MODELS])
@pytest.mark.parametrize("knocked_out", ["k", "q"])
@pytest.mark.parametrize("number", [0.0, np.nan, np.inf])
def test_scores_and_gradients_of_strange_queries_and_keys_are_explained_as_they_are(
    variant: str, knocked_out: str, number: float
) -> None:
    text = (
        f"model: {{d_model: 4, heads: 2, {variant}, weights: {{scale: 0.7}}}}\ninput: {{text: a b c}}\n"
        f"gradients: {{of: '{ATTENTION}.scores[0, 1, 2]'}}"
    )
    trace = run(parse_scenario(text))
    trace[f"{ATTENTION}.k"].changes = (Change((0, 2), put=0.0),)
    trace[f"{ATTENTION}.{knocked_out}"].changes += (Change((0, 1), put=number),)
    trace.run_again()
    for step in trace.steps.values():
        for index in np.ndindex(*step.shape):
            if not step.is_changed_at(index):
                found, cell = explained_number(step, index), float(step.array[index])
                assert found == pytest.approx(cell, rel=1e-9, abs=1e-12, nan_ok=True), (step.path, index)
