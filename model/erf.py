"""The error function of arrays, which NumPy has not: to the last bit but one, as the C library has it.

Source: `s_erf.c` of Sun Microsystems' FreeBSD msun, whose rational approximations stand below with its numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Coefficients = tuple[float, ...]

_BLOCK = 2**14
"""So many numbers at a time stay near the processor."""


def erf(x: Array) -> Array:
    """2/√π · ∫₀ˣ e^(−t²) dt, number by number, computed as float64 and rounded to the type of `x`."""
    given = np.asarray(x)
    flat = np.ravel(given)
    found = np.empty(flat.shape, given.dtype)
    for start in range(0, len(flat), _BLOCK):
        found[start : start + _BLOCK] = _of_block(flat[start : start + _BLOCK].astype(np.float64))
    return found.reshape(given.shape)


def _of_block(x: Array) -> Array:
    size = np.abs(x)
    found = np.where(np.isnan(x), x, 1.0)
    lower = 0.0
    for upper, approximation in _RANGES:
        inside = np.flatnonzero((size >= lower) & (size < upper))
        found[inside] = approximation(size[inside])
        lower = upper
    return np.copysign(found, x)


def _near_0(x: Array) -> Array:
    square = x * x
    return np.asarray(x + x * (_polynomial(_PP, square) / _polynomial(_QQ, square)))


def _near_1(x: Array) -> Array:
    return np.asarray(_ERX + _polynomial(_PA, x - 1) / _polynomial(_QA, x - 1))


def _tail(above: Coefficients, below: Coefficients) -> Callable[[Array], Array]:
    """1 − e^(−x² − …)/x, with x² of a shortened x and of what is left, so that the exponent loses no bits."""

    def approximation(x: Array) -> Array:
        inverse = 1 / (x * x)
        short = (x.view(np.uint64) & _HIGH).view(np.float64)
        rest = (short - x) * (short + x) + _polynomial(above, inverse) / _polynomial(below, inverse)
        return np.asarray(1 - np.exp(-short * short - 0.5625) * np.exp(rest) / x)

    return approximation


def _polynomial(coefficients: Coefficients, x: Array) -> Array:
    """c₀ + x·(c₁ + x·(c₂ + …))."""
    *others, last = coefficients
    found = np.full(x.shape, last)
    for coefficient in reversed(others):
        found *= x
        found += coefficient
    return found


_HIGH = np.uint64(0xFFFFFFFF00000000)
_ERX = 8.45062911510467529297e-01

_PP = (
    1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
    -5.77027029648944159157e-03, -2.37630166566501626084e-05,
)  # fmt: skip
_QQ = (
    1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
    1.32494738004321644526e-04, -3.96022827877536812320e-06,
)  # fmt: skip
_PA = (
    -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
    3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
    -2.16637559486879084300e-03,
)  # fmt: skip
_QA = (
    1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
    1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02,
)  # fmt: skip
_RA = (
    -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e01,
    -6.23753324503260060396e01, -1.62396669462573470355e02, -1.84605092906711035994e02,
    -8.12874355063065934246e01, -9.81432934416914548592e00,
)  # fmt: skip
_SA = (
    1.0, 1.96512716674392571292e01, 1.37657754143519042600e02, 4.34565877475229228821e02,
    6.45387271733267880336e02, 4.29008140027567833386e02, 1.08635005541779435134e02,
    6.57024977031928170135e00, -6.04244152148580987438e-02,
)  # fmt: skip
_RB = (
    -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e01,
    -1.60636384855821916062e02, -6.37566443368389627722e02, -1.02509513161107724954e03,
    -4.83519191608651397019e02,
)  # fmt: skip
_SB = (
    1.0, 3.03380607434824582924e01, 3.25792512996573918826e02, 1.53672958608443695994e03,
    3.19985821950859553908e03, 2.55305040643316442583e03, 4.74528541206955367215e02,
    -2.24409524465858183362e01,
)  # fmt: skip

_RANGES = ((0.84375, _near_0), (1.25, _near_1), (1 / 0.35, _tail(_RA, _SA)), (6.0, _tail(_RB, _SB)))
"""Up to which size which approximation is taken; further away it is 1 to the last bit."""
