"""Products of large matrices, in pieces on every core: what NumPy gives, and the same bits again."""

from __future__ import annotations

import numpy as np
import pytest

from attn_explore.model.axes import Array
from attn_explore.model.cores import cores, share
from attn_explore.model.ops import matrices

SHAPES = {
    "rows": ((700, 30), (30, 500)),
    "columns": ((20, 30), (30, 20_000)),
    "one column": ((400_000, 3), (3, 1)),
    "heads": ((12, 200, 16), (12, 16, 150)),
    "one head": ((1, 600, 8), (1, 8, 700)),
    "texts and heads": ((2, 3, 300, 8), (2, 3, 8, 200)),
    "nothing to sum": ((600, 0), (0, 500)),
}
each_shape = pytest.mark.parametrize("name", SHAPES)


def factors(name: str) -> tuple[Array, Array]:
    """Two factors that may be multiplied; the right one lies in memory as it is stored, turned around."""
    draw = np.random.default_rng(0)
    left, right = SHAPES[name]
    turned = draw.normal(size=(*right[:-2], right[-1], right[-2])).astype("float32")
    return draw.normal(size=left).astype("float32"), turned.swapaxes(-1, -2)


def multiplied(name: str) -> Array:
    left, right = factors(name)
    return matrices.multiply(left, right, np.full((left @ right).shape, np.nan, "float32"))


@each_shape
def test_a_product_is_that_of_numpy_but_for_its_rounding(name: str) -> None:
    left, right = factors(name)
    np.testing.assert_allclose(multiplied(name), left.astype("float64") @ right, rtol=1e-4, atol=1e-4)


@each_shape
def test_a_product_has_the_same_bits_again(name: str) -> None:
    assert multiplied(name).tobytes() == multiplied(name).tobytes()


@each_shape
@pytest.mark.parametrize("cores", [1, 2, 7])
def test_pieces_cover_a_product_once(name: str, cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "cores", lambda: cores)
    monkeypatch.setattr(matrices, "CELLS", 2**14)
    left, right = SHAPES[name]
    seen = np.zeros((*left[:-1], right[-1]), int)
    for matrix, rows, columns in matrices._pieces(seen.shape):
        seen[matrix][rows, columns] += 1
    np.testing.assert_array_equal(seen, 1)


def test_the_library_has_its_threads_again_also_after_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr(matrices, "_blas", lambda: matrices._Blas(told.append, 5))
    monkeypatch.setattr(matrices, "share", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        multiplied("rows")
    assert told == [1, 5]


def test_another_library_shares_its_work_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "_blas", lambda: None)
    left, right = factors("rows")
    np.testing.assert_array_equal(multiplied("rows"), left @ right)


def test_after_a_fault_nobody_begins_another_piece() -> None:
    begun: list[int] = []

    def compute(piece: int) -> None:
        begun.append(piece)
        raise ValueError(piece)

    with pytest.raises(ValueError, match=r"^\d$"):
        share(compute, range(100))
    assert len(begun) <= cores()
