"""The error function of arrays against that of the C library."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_explore.model.erf import erf

ENDS = (0.84375, 1.25, 1 / 0.35, 6.0)
"""Where one approximation ends and the next begins."""


def expected(x: np.ndarray) -> np.ndarray:
    return np.array([math.erf(number) for number in x])


@given(st.lists(st.floats(-8, 8) | st.floats(-1, 1) | st.floats(allow_nan=False), min_size=1))
def test_every_number_is_that_of_the_c_library_but_for_the_last_bit(numbers: list[float]) -> None:
    x = np.array(numbers)
    assert (np.abs(erf(x) - expected(x)) <= np.spacing(np.abs(expected(x)))).all()


@pytest.mark.parametrize("end", ENDS)
def test_approximations_meet(end: float) -> None:
    x = np.array([np.nextafter(end, 0), end, np.nextafter(end, 9)])
    np.testing.assert_allclose(erf(x), expected(x), rtol=2.3e-16)
    np.testing.assert_array_equal(erf(-x), -erf(x))


def test_special_numbers_are_as_they_should_be() -> None:
    found = erf(np.array([np.inf, -np.inf, np.nan, 0.0, -0.0]))
    np.testing.assert_array_equal(found, [1, -1, np.nan, 0, 0])
    assert np.signbit(found[4])


def test_float32_is_rounded_once() -> None:
    x = np.random.default_rng(0).normal(size=(40, 500)).astype(np.float32)  # more than one block
    found = erf(x)
    assert (found.shape, found.dtype) == (x.shape, np.float32)
    np.testing.assert_array_equal(found.ravel(), expected(x.ravel()).astype(np.float32))


def test_a_single_number_is_one() -> None:
    assert erf(np.asarray(0.5)).shape == ()
    assert float(erf(np.asarray(0.5))) == pytest.approx(math.erf(0.5), rel=2.3e-16)
