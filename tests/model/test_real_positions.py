"""Positions as checkpoints have them: waves, angles, buckets and slopes against references, and what PyTorch gives."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.architecture import (
    EachScaling,
    LinearScaling,
    Llama3Scaling,
    RelativePositions,
    Rotary,
)
from attn_explore.model.axes import Array, Axis
from attn_explore.model.explain import arithmetic
from attn_explore.model.expressions import Number
from attn_explore.model.ops import Numbering, hidden_because
from tests.building import recorder, tensor
from tests.references import bucket

# --- which position a token has


def test_the_first_word_has_the_first_position_and_what_is_before_it_has_none() -> None:
    numbering = Numbering(2, offset=5)
    assert [numbering.position(token) for token in range(5)] == [None, None, 5, 6, 7]
    assert numbering.positions(5).tolist() == [-1, -1, 5, 6, 7]


def test_padding_on_both_sides_stands_where_it_is_said_to() -> None:
    numbering = Numbering(1, 3, 2, padding=1)
    assert [numbering.position(token) for token in range(5)] == [1, 2, 3, 1, 1]
    assert numbering.positions(5).tolist() == [1, 2, 3, 1, 1]


def test_rows_of_a_table_are_those_of_the_positions() -> None:
    table = tensor("position d_model", np.arange(12.0).reshape(6, 2))
    rows = recorder().rows("r", table, Axis("token", 4), Numbering(1, 3, 2, padding=1))
    np.testing.assert_array_equal(rows.array, table.array[[1, 2, 3, 1]])


# --- waves


@pytest.mark.parametrize("width", [4, 6, 7])
def test_in_halves_all_sines_come_before_all_cosines(width: int) -> None:
    """Source: MarianSinusoidalPositionalEmbedding of transformers."""
    found = recorder().sinusoid("r", Axis("token", 5), Axis("d_model", width), waves="halves").array
    sines = math.ceil(width / 2)
    for position in range(5):
        for column in range(width):
            wave, i = (math.sin, column) if column < sines else (math.cos, column - sines)
            expected = wave(position / math.pow(10000, 2 * i / width))
            assert found[position, column] == pytest.approx(expected, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("width", [4, 6, 7])
def test_the_waves_of_fairseq_end_with_the_slowest_and_begin_with_another_position(width: int) -> None:
    """Source: M2M100SinusoidalPositionalEmbedding of transformers."""
    found = recorder().sinusoid(
        "r", Axis("token", 5), Axis("d_model", width), numbering=Numbering(offset=2), waves="fairseq"
    )
    half = width // 2
    for token in range(5):
        for i in range(half):
            angle = (token + 2) * math.exp(-i * math.log(10000) / (half - 1))
            np.testing.assert_allclose(found.array[token, i], math.sin(angle), rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(found.array[token, half + i], math.cos(angle), rtol=1e-12, atol=1e-14)
        assert width % 2 == 0 or found.array[token, -1] == 0


# --- rotary positions


def _turned(x: Array, rotary: Rotary, angles: list[float]) -> Array:
    """Each pair as a complex number, multiplied by e^(i·m·θ)."""
    found = x.copy()
    for i, angle in enumerate(angles):
        first, second = (i, i + rotary.dims // 2) if rotary.pairs == "halves" else (2 * i, 2 * i + 1)
        for m in range(len(x)):
            turned = complex(x[m, first], x[m, second]) * cmath.exp(1j * m * angle)
            found[m, first], found[m, second] = turned.real, turned.imag
    return found


@given(
    dims=st.sampled_from([2, 4, 6]),
    pairs=st.sampled_from(["halves", "neighbours"]),
    base=st.sampled_from([10.0, 10000.0, 5e5]),
    seed=st.integers(0, 99),
)
def test_a_rotation_turns_the_pairs_that_it_says(dims: int, pairs: str, base: float, seed: int) -> None:
    x, rotary = np.random.default_rng(seed).normal(size=(5, 6)), Rotary(dims, base, pairs)  # type: ignore[arg-type]
    found = recorder().rotate("r", tensor("token d_k", x), rotary).array
    expected = _turned(x, rotary, [base ** (-2 * i / dims) for i in range(dims // 2)])
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(found[:, dims:], x[:, dims:])


def test_scalings_make_angles_smaller() -> None:
    x, plain = np.random.default_rng(0).normal(size=(7, 4)), [1.0, 0.01]
    scaled: dict[LinearScaling | EachScaling, list[float]] = {
        LinearScaling(4.0): [each / 4 for each in plain],
        EachScaling((2.0, 5.0)): [plain[0] / 2, plain[1] / 5],
    }
    for scaling, angles in scaled.items():
        rotary = Rotary(4, 10000.0, "halves", scaling)
        found = recorder().rotate("r", tensor("token d_k", x), rotary).array
        np.testing.assert_allclose(found, _turned(x, rotary, angles), rtol=1e-12, atol=1e-14)


LLAMA_3 = Llama3Scaling(factor=8.0, low=1.0, high=4.0, original=8192)

LLAMA_3_ANGLES = {
    0: 1.0, 28: 0.0032114461064338684, 29: 0.0021665706299245358, 31: 0.0008567514596506953,
    34: 0.0001785077911335975, 35: 9.556212171446532e-05, 63: 3.068925877869333e-07,
}  # fmt: skip
"""By pair, what transformers 5.24.0 computes for a base of 500,000 and 128 columns, in float32: `ROPE_INIT_FUNCTIONS`.

The first two are fast and kept, the last two slow, those between are mixed.
"""


@pytest.mark.parametrize("pair", LLAMA_3_ANGLES)
def test_the_angles_of_llama_3_are_those_of_transformers(pair: int) -> None:
    x = np.zeros((2, 128))
    x[:, pair] = 1
    found = recorder().rotate("r", tensor("token d_k", x), Rotary(128, 500000.0, "halves", LLAMA_3)).array
    assert math.atan2(found[1, pair + 64], found[1, pair]) == pytest.approx(LLAMA_3_ANGLES[pair], rel=1e-6)


# --- buckets of distances


@pytest.mark.parametrize("both_ways", [True, False])
def test_the_buckets_of_t5_are_those_of_its_authors(both_ways: bool) -> None:
    rules = RelativePositions(32, 128, both_ways)
    found = recorder().buckets("r", Axis("query", 300), Axis("key", 300), rules).array
    expected = [[bucket(key - query, 32, 128, both_ways) for key in range(300)] for query in range(300)]
    np.testing.assert_array_equal(found, expected)


def test_a_bias_is_the_row_of_the_bucket_for_each_head() -> None:
    table = tensor("bucket head", np.arange(16.0).reshape(8, 2))
    found = recorder().relative("r", table, Axis("query", 5), Axis("key", 5), RelativePositions(8, 10)).array
    assert found.shape == (2, 5, 5)
    assert found[1, 3, 1] == table.array[bucket(-2, 8, 10, True), 1]
    assert found[0, 1, 3] == table.array[bucket(2, 8, 10, True), 0]


def test_the_arithmetic_of_a_bucket_says_which_key_it_is_of() -> None:
    value = recorder().buckets("r", Axis("query", 4), Axis("key", 4), RelativePositions(8, 10))
    assert arithmetic(value, (3, 1)).expression == Number(2, "bucket of a key 2 behind")
    assert arithmetic(value, (1, 2)).expression == Number(5, "bucket of a key 1 ahead")
    assert arithmetic(value, (1, 1)).expression == Number(0, "bucket of the query itself")


# --- slopes by the key


def test_a_bias_by_the_key_is_that_by_the_distance_but_for_what_a_row_has_in_common() -> None:
    """After softmax, which sees differences alone, they are the same where later keys are hidden."""
    axes = Axis("head", 4), Axis("query", 5), Axis("key", 5)
    by_key = recorder().key_position("r", *axes).array
    by_distance = recorder().distance("r", *axes).array
    seen = np.tril(np.ones((5, 5), bool))
    differences = by_key - by_distance
    for head in range(4):
        for query in range(5):
            np.testing.assert_allclose(differences[head, query, seen[query]], differences[head, query, 0], rtol=1e-12)


# --- windows


def test_a_window_lets_a_query_see_itself_and_those_just_before() -> None:
    tokens = tensor("token", np.arange(5))
    value = recorder().visibility("mask", tokens, tokens, causal=True, window=2)
    assert [hidden_because(value, 3, key) for key in range(5)] == ["too far", "too far", None, None, "future"]
    expected = [[0 <= query - key < 2 for key in range(5)] for query in range(5)]
    np.testing.assert_array_equal(value.array == 0, expected)
