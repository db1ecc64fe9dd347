"""What single operations are known for."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.architecture import LinearScaling, Rotary
from attn_explore.model.axes import Axis
from attn_explore.model.explain import arithmetic
from attn_explore.model.expressions import Cell, Number
from attn_explore.model.notation import formula_text, symbol
from attn_explore.model.ops import Factor, hidden_because, is_fully_masked
from attn_explore.model.values import Value
from tests.building import SEEDS, recorder, tensor
from tests.operation_cases import queries_and_keys
from tests.references import alibi_slopes, sinusoids, sparsemax


def test_the_gradient_of_a_row_that_is_looked_up_twice_is_the_sum_of_both() -> None:
    table, ids = tensor("vocabulary d_model", np.zeros((3, 2))), tensor("token", np.array([1, 2, 1]))
    value = recorder().lookup("r", table, ids)
    spread, _ = value.made_by.derivative(value, np.array([[1.0, 2.0], [3.0, 4.0], [10.0, 20.0]]))
    np.testing.assert_array_equal(spread, [[0, 0], [11, 22], [3, 4]])


# --- positions


@pytest.mark.parametrize(("tokens", "width"), [(1, 1), (5, 2), (7, 5), (4, 9), (30, 16)])
def test_positions_are_the_sines_and_cosines_of_the_paper(tokens: int, width: int) -> None:
    value = recorder().sinusoid("r", Axis("token", tokens), Axis("d_model", width))
    np.testing.assert_allclose(value.array, sinusoids(tokens, width), rtol=1e-14, atol=1e-14)


def test_positions_of_float32_are_those_of_float64_rounded_once() -> None:
    axes = (Axis("token", 50), Axis("d_model", 7))
    precise = recorder().sinusoid("r", *axes).array
    np.testing.assert_array_equal(recorder("float32").sinusoid("r", *axes).array, precise.astype(np.float32))


@given(offset=st.integers(0, 20), width=st.integers(1, 6).map(lambda half: 2 * half))
def test_the_position_some_words_on_is_a_rotation_of_the_position(offset: int, width: int) -> None:
    """Section 3.5: "for any fixed offset k, PE(pos+k) can be represented as a linear function of PE(pos)"."""
    table = recorder().sinusoid("r", Axis("token", 40), Axis("d_model", width)).array
    rotation = np.zeros((width, width))
    for i in range(0, width, 2):
        angle = offset / 10000 ** (i / width)
        rotation[i : i + 2, i : i + 2] = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    np.testing.assert_allclose(table[:20] @ rotation, table[offset : offset + 20], atol=1e-12)


# --- masks


def test_a_mask_hides_padding_and_the_future() -> None:
    tokens = tensor("token", np.arange(3))
    value = recorder().visibility("mask", tokens, tokens, pad=tensor("token", np.array([0, 0, 1])), causal=True)
    hidden = [[hidden_because(value, query, key) for key in range(3)] for query in range(3)]
    assert hidden == [[None, "future", "padding"], [None, None, "padding"], [None, None, "padding"]]
    np.testing.assert_array_equal(value.array, [[0, -np.inf, -np.inf], [0, 0, -np.inf], [0, 0, -np.inf]])


def test_a_span_hides_what_is_further_away_on_both_sides() -> None:
    tokens = tensor("token", np.arange(4))
    value = recorder().visibility("mask", tokens, tokens, span=1)
    assert [hidden_because(value, 1, key) for key in range(4)] == [None, None, None, "too far"]
    np.testing.assert_array_equal(value.array == 0, np.abs(np.subtract.outer(range(4), range(4))) <= 1)


@given(row=st.lists(st.floats(-50, 50), min_size=1, max_size=8))
def test_sparsemax_is_the_nearest_point_of_the_simplex(row: list[float]) -> None:
    weights = recorder().sparsemax("weights", tensor("query key", np.array([row])), over="key").array[0]
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(weights, sparsemax(np.array(row)), atol=1e-12)


def test_hardmax_takes_the_first_of_equal_scores_and_says_so() -> None:
    value = recorder().hardmax("weights", tensor("query key", np.array([[1.0, 3.0, 3.0]])), over="key")
    np.testing.assert_array_equal(value.array, [[0, 1, 0]])
    assert arithmetic(value, (0, 2)).expression == Number(0.0, "an earlier key has the same score")


def test_a_vector_of_length_0_is_like_nothing_and_has_no_gradient() -> None:
    q, k = tensor("head query d_k", np.zeros((1, 1, 2))), tensor("head key d_k", np.ones((1, 1, 2)))
    value = recorder().cosine("scores", "head query key", q, k)
    assert value.array == 0
    assert not any(part.any() for part in value.made_by.derivative(value, np.ones((1, 1, 1))))
    assert isinstance(arithmetic(value, (0, 0, 0)).expression, Number)


def _pair(factor: float, dtype: str) -> tuple[Value, Value]:
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(1, 3, 4)), np.array([[[0.5, -2, 1, 0.25], [0, 0, 0, 0]]])
    shapes = zip(("head query d_k", "head key d_k"), vectors, strict=True)
    q, k = (tensor(axes, (array * factor).astype(dtype), axes.split()[1]) for axes, array in shapes)
    return q, k


@pytest.mark.parametrize(
    ("dtype", "factor"), [("float32", 2.0**100), ("float32", 2.0**-100), ("float64", 2.0**900), ("float64", 2.0**-900)]
)
def test_the_cosine_of_vectors_whose_squares_are_no_numbers_is_that_of_their_directions(
    dtype: str, factor: float
) -> None:
    value, usual = (recorder(dtype).cosine("scores", "head query key", *_pair(each, dtype)) for each in (factor, 1.0))
    rounding = 8 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(value.array, usual.array, atol=rounding)
    assert np.abs(value.array[..., 0]).min() > 0.01
    for index in np.ndindex(value.shape):
        explained = arithmetic(value, index)
        assert explained.evaluate.number(explained.expression) == pytest.approx(value.array[index], abs=rounding)
    ones = np.ones(value.shape, dtype)
    for found, expected in zip(*(each.made_by.derivative(each, ones) for each in (value, usual)), strict=True):
        np.testing.assert_allclose(found * factor, expected, atol=4 * rounding)


def test_an_infinite_number_in_a_vector_is_no_length_that_could_be_scaled() -> None:
    q, k = tensor("head query d_k", np.array([[[np.inf, 1.0]]])), tensor("head key d_k", np.ones((1, 1, 2)))
    assert np.isnan(recorder().cosine("scores", "head query key", q, k).array)
    assert recorder().length("length", q, over="d_k").array == np.inf


@pytest.mark.parametrize(
    "turns", [Rotary(6), Rotary(6, 500.0, "halves"), Rotary(4), Rotary(6, scaling=LinearScaling(4.0))]
)
def test_a_rotation_keeps_lengths_and_makes_products_depend_on_the_distance_alone(turns: Rotary) -> None:
    t, rng = recorder(), np.random.default_rng(0)
    same = np.repeat(rng.normal(size=(1, 1, 6)), 5, axis=1)
    other = np.repeat(rng.normal(size=(1, 1, 6)), 5, axis=1)
    q, k = (
        t.rotate(name, tensor("head token d_k", array), turns).array[0] for name, array in (("q", same), ("k", other))
    )
    np.testing.assert_allclose(np.linalg.norm(q, axis=1), np.linalg.norm(same[0, 0]), rtol=1e-14)
    products = q @ k.T
    for distance in range(-4, 5):
        along = np.diagonal(products, distance)
        np.testing.assert_allclose(along, along[0], rtol=1e-12)


def test_the_slopes_of_eight_heads_are_those_of_the_paper() -> None:
    bias = recorder().distance("bias", Axis("head", 8), *queries_and_keys(3)).array
    np.testing.assert_allclose(-bias[:, 0, 1], [1 / 2**power for power in range(1, 9)])
    np.testing.assert_array_equal(bias[:, 0, 2], 2 * bias[:, 0, 1])


@pytest.mark.parametrize("heads", range(1, 26))
def test_the_slopes_of_any_number_of_heads_are_those_of_the_authors(heads: int) -> None:
    bias = recorder().distance("bias", Axis("head", heads), *queries_and_keys(2)).array
    np.testing.assert_allclose(-bias[:, 0, 1], alibi_slopes(heads), rtol=1e-14)


def test_the_slopes_of_twelve_heads_are_those_of_eight_and_four_between_them() -> None:
    bias = recorder().distance("bias", Axis("head", 12), *queries_and_keys(2)).array
    between = [2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]
    np.testing.assert_allclose(-bias[:, 0, 1], [*(2.0**-power for power in range(1, 9)), *between])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_whatever_stands_under_a_mask_does_not_reach_the_weights(bad: float) -> None:
    t = recorder()
    scores = tensor("query key", np.array([[1.0, bad, 2.0]]))
    masked = t.mask("masked", scores, tensor("query key", np.array([[0.0, -np.inf, 0.0]])))
    clean = t.softmax("clean", tensor("query key", np.array([[1.0, 2.0]])), over="key").array
    np.testing.assert_array_equal(t.softmax("weights", masked, over="key").array[:, [0, 2]], clean)
    assert t.trace["weights"].array[0, 1] == 0


def test_the_arithmetic_of_a_hidden_cell_is_its_mask_whatever_the_score() -> None:
    value = recorder().mask("r", tensor("query key", np.array([[np.nan]])), tensor("query key", np.array([[-np.inf]])))
    explained = arithmetic(value, (0, 0))
    assert explained.expression == Cell(1, {"query": 0, "key": 0})
    assert explained.evaluate.number(explained.expression) == -np.inf


def test_what_is_masked_gets_no_gradient_even_where_one_comes_in() -> None:
    value = recorder().mask("r", tensor("query key", np.ones((1, 2))), tensor("query key", np.array([[0.0, -np.inf]])))
    scores, _ = value.made_by.derivative(value, np.array([[3.0, np.nan]]))
    np.testing.assert_array_equal(scores, [[3.0, 0.0]])


# --- softmax


def _softmax(array: np.ndarray) -> np.ndarray:
    return recorder(str(array.dtype)).softmax("r", tensor("query key", array), over="key").array


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0.0, 1.0, 1e4, 1e38, -1e4, -1e38])
def test_rows_of_weights_sum_to_1_for_scores_of_any_size(dtype: str, size: float) -> None:
    scores = (np.random.default_rng(3).uniform(0.5, 1, (50, 9)) * size).astype(dtype)
    weights = _softmax(scores)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=8 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_at_both_ends_of_a_type_give_all_or_nothing(dtype: str) -> None:
    largest = np.finfo(dtype).max
    np.testing.assert_array_equal(_softmax(np.array([[largest, -largest, 0]], dtype)), [[1, 0, 0]])


@given(seed=SEEDS, shift=st.integers(-(2**20), 2**20))
def test_adding_a_number_to_all_scores_of_a_row_changes_no_weight(seed: int, shift: int) -> None:
    scores = np.random.default_rng(seed).integers(-(2**10), 2**10, (3, 5)) / 2**8  # sums of these are exact
    np.testing.assert_array_equal(_softmax(scores + shift), _softmax(scores))


@pytest.mark.filterwarnings("error")
def test_a_row_that_sees_nothing_has_weights_of_zero() -> None:
    weights = _softmax(np.array([[-np.inf, -np.inf], [-np.inf, 5.0]]))
    np.testing.assert_array_equal(weights, [[0, 0], [0, 1]])


def test_only_a_row_without_anything_to_see_is_called_fully_masked() -> None:
    scores = tensor("query key", np.array([[-np.inf, -np.inf], [-np.inf, 5.0]]))
    value = recorder().softmax("r", scores, over="key")
    assert [is_fully_masked(value, {"query": query, "key": 0}) for query in (0, 1)] == [True, False]


# --- reductions, normalise and merge


def test_a_tie_for_the_maximum_shares_its_gradient() -> None:
    value = recorder().maximum("r", tensor("token", np.array([2.0, 1.0, 2.0])), over="token")
    (gradient,) = value.made_by.derivative(value, np.array(6.0))
    np.testing.assert_array_equal(gradient, [3, 0, 3])


def test_the_kink_of_relu_has_no_gradient() -> None:
    value = recorder().activation("r", "relu", tensor("token", np.array([-1.0, 0.0, 1.0])))
    (gradient,) = value.made_by.derivative(value, np.full(3, 5.0))
    np.testing.assert_array_equal(gradient, [0, 0, 5])


@given(seed=SEEDS)
def test_a_normalised_row_has_mean_0_and_variance_1(seed: int) -> None:
    x = np.random.default_rng(seed).normal(3, 5, (4, 6))
    gain, bias = tensor("d_model", np.ones(6)), tensor("d_model", np.zeros(6))
    row = recorder().normalise("r", tensor("token d_model", x), gain, bias, over="d_model", eps=0.0).array
    np.testing.assert_allclose(row.mean(axis=1), 0, atol=1e-14)
    np.testing.assert_allclose(row.var(axis=1), 1, rtol=1e-13)


def _normalised(row: np.ndarray) -> Value:
    gain, bias = (tensor("d_model", np.full(len(row), number, row.dtype)) for number in (2.0, 0.5))
    x = tensor("token d_model", row[None])
    return recorder(str(row.dtype)).normalise("norm", x, gain, bias, over="d_model", eps=1e-5)


@pytest.mark.parametrize(("dtype", "power"), [("float64", p) for p in (-200, 0, 100, 200)] + [("float32", 25)])
def test_a_normalised_number_is_right_or_where_its_variance_overflows_is_not_one(dtype: str, power: int) -> None:
    """The reference has no largest number. Numbers in the result would be wrong if σ² had become ∞ on the way."""
    row = (np.array([3.0, -1.0, 7.0]) * 10.0**power).astype(dtype)
    value = _normalised(row)
    with localcontext(prec=60):
        numbers = [Decimal(float(number)) for number in row]
        mean = sum(numbers, Decimal()) / len(numbers)
        variance = sum(((number - mean) ** 2 for number in numbers), Decimal()) / len(numbers)
        expected = [float((number - mean) / (variance + Decimal("1e-5")).sqrt() * 2) + 0.5 for number in numbers]
    overflows = variance > Decimal(float(np.finfo(dtype).max))
    np.testing.assert_allclose(value.array[0], [math.nan] * 3 if overflows else expected, rtol=1e-14)


@pytest.mark.filterwarnings("error")
def test_the_arithmetic_of_a_norm_says_that_its_variance_overflowed() -> None:
    value = _normalised(np.array([1e200, -1e200]))
    explained = arithmetic(value, (0, 1))
    assert math.isnan(explained.evaluate.number(explained.expression))
    assert isinstance(explained.expression, Number)
    assert explained.expression.text == "σ² is too large for float64"


def test_the_gradient_through_a_norm_whose_variance_overflowed_is_not_a_number() -> None:
    value = _normalised(np.array([1e200, -1e200]))
    with np.errstate(all="ignore"):
        x, gain, bias = value.made_by.derivative(value, np.ones((1, 2)))
    assert np.isnan(x).all()
    assert np.isnan(gain).all()
    np.testing.assert_array_equal(bias, [1, 1])


def test_merged_heads_stand_side_by_side_in_their_order() -> None:
    heads = tensor("head token d_v", np.arange(12).reshape(2, 3, 2))
    merged_heads = recorder().merge("r", heads, "token", last="head d_v")
    np.testing.assert_array_equal(merged_heads.array, [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]])


# --- caps and gains


def test_a_cap_leaves_small_numbers_and_is_never_passed() -> None:
    x = np.array([-1e6, -3.0, 0.01, 3.0, 1e6])
    found = recorder().cap("r", tensor("token", x), 2.0).array
    np.testing.assert_allclose(found, [2 * math.tanh(number / 2) for number in x], rtol=1e-14)
    assert (np.abs(found) <= 2).all()


def test_a_gain_of_0_changes_nothing_where_1_is_added_to_it() -> None:
    x, gain = tensor("token d_model", np.array([[3.0, 4.0]])), tensor("d_model", np.zeros(2))
    plain = recorder().rms_normalise("r", x, tensor("d_model", np.ones(2)), over="d_model", eps=0.0)
    value = recorder().rms_normalise("r", x, gain, over="d_model", eps=0.0, plus_one=True)
    np.testing.assert_array_equal(value.array, plain.array)
    assert formula_text(value.made_by.formula(value, (symbol("x"), symbol("γ")))) == "x/√(mean(x²) + ε) · (1 + γ)"


def test_heads_that_are_normalised_together_have_one_mean_square() -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    ones = tensor("head d_k", np.ones((2, 4)))
    found = recorder().rms_normalise("r", tensor("head token d_k", x), ones, over="head d_k", eps=0.0).array
    np.testing.assert_allclose(np.square(found).mean(axis=(0, 2)), 1, rtol=1e-14)


# --- factors


def test_a_factor_is_written_as_what_it_is_made_of() -> None:
    root = Factor.inverse_root(Axis("d_k", 16))
    assert (root.value, root.text) == (0.25, "1/√dₖ")
    both = root.over(2.0, symbol("T"))
    assert (both.value, both.text) == (0.125, "1/(T·√dₖ)")
    assert Factor.one_over(4.0, symbol("T")).text == "1/T"


def test_a_factor_for_an_axis_that_no_array_can_have_can_still_be_planned() -> None:
    assert Factor.inverse_root(Axis("d_k", 10**400)).value > 0


# --- constants and arrangement


def test_the_way_back_through_softmax_is_the_derivative_that_every_run_uses() -> None:
    x = tensor("key", np.array([0.3, -1.0, 2.0]))
    t = recorder()
    weights = t.softmax("weights", x, over="key")
    back = t.softmax_backward(
        "back", "query key", t.identity("identity", Axis("query", 3), Axis("key", 3)), weights, over="key"
    )
    for row, one in zip(back.array, np.eye(3), strict=True):
        np.testing.assert_array_equal(row, weights.made_by.derivative(weights, one)[0])


def test_even_spacing_begins_at_0_and_ends_where_it_says() -> None:
    spaced = recorder().evenly("r", Axis("token", 201), 100.0).array
    np.testing.assert_array_equal(spaced, np.arange(201) / 2)


@pytest.mark.parametrize("to", [1e307, -1e308, 1e-308])
def test_even_spacing_reaches_as_far_as_there_are_numbers(to: float) -> None:
    spaced = recorder().evenly("r", Axis("token", 201), to).array
    assert np.isfinite(spaced).all()
    np.testing.assert_allclose(spaced[[0, 100, 200]], [0, to / 2, to], rtol=1e-12)


def test_a_vector_of_length_0_passes_no_gradient_on() -> None:
    value = recorder().length("r", tensor("d_k", np.zeros(3)), over="d_k")
    np.testing.assert_array_equal(value.made_by.derivative(value, np.array(1.0))[0], np.zeros(3))
