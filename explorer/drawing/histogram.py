"""How many of some numbers lie in each part of their range, and numbers in a unit that fits them."""

from __future__ import annotations

import math

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass

BINS = 16


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many numbers lie in each of some equal parts between the smallest and the largest."""

    smallest: float
    largest: float
    counts: Array


def histogram(numbers: Array) -> Histogram | None:
    """Of the finite ones; None where they are too few for that, or all the same."""
    finite = numbers[np.isfinite(numbers)].astype(np.float64)
    if finite.size < 2 * BINS or finite.min() == finite.max():
        return None
    shares, _ = shares_of(finite)
    shares = (shares - shares.min()) / np.ptp(shares)  # by hand: NumPy refuses ends with no number between them
    counts = np.bincount(np.minimum(BINS * shares, BINS - 1).astype(int), minlength=BINS)
    return Histogram(float(finite.min()), float(finite.max()), counts)


def shares_of(finite: Array) -> tuple[Array, float]:
    """Numbers in a unit in which their squares and differences are neither infinite nor 0: a power of two."""
    unit = math.ldexp(1, math.frexp(float(np.abs(finite).max()))[1] - 1)
    return finite.astype(np.float64) / unit, unit
