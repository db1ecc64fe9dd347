"""Memory that is used again, and large arrays in blocks: for every operation, the numbers that it has otherwise."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

from attn_explore.model import buffers, cores
from attn_explore.model.axes import Array
from attn_explore.model.buffers import Buffers
from attn_explore.model.keeping import Keeper
from attn_explore.model.ops import blocks, matrices
from attn_explore.model.values import Value
from tests.operation_cases import ALL_DIFFERENT, Bench, Case, each_case

FLOAT = np.dtype("float64")
each_type = pytest.mark.parametrize("dtype", ["float32", "float64"])


def computed(case: Case, dtype: str, keeper: Keeper | None = None) -> Value:
    return case(Bench(np.random.default_rng(1), ALL_DIFFERENT, dtype, keeper))


@pytest.fixture
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of any size lie in memory that is used again."""
    monkeypatch.setattr(buffers, "SMALLEST", 0)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays of any size are computed in blocks of a few rows, by two threads."""
    for module in (blocks, matrices):
        monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(blocks, "BLOCK", 7)
    monkeypatch.setattr(matrices, "CELLS", 7)
    monkeypatch.setattr(matrices, "TOGETHER", 1)
    for module in (cores, matrices):
        monkeypatch.setattr(module, "cores", lambda: 2)


def poison(memory: Buffers) -> int:
    """Fill what waits to be used again with NaN. Returns how many bytes these are."""
    nbytes = memory.nbytes
    for free in memory._free:
        free[:] = 0xFF
    return nbytes


@each_case
@each_type
@pytest.mark.usefixtures("small_buffers", "small_blocks")
def test_an_operation_in_memory_that_is_used_again_and_in_blocks_gives_the_same_bits(case: Case, dtype: str) -> None:
    with pytest.MonkeyPatch.context() as whole:
        whole.setattr(blocks, "LARGE", 2**18)
        expected = computed(case, dtype).array
    keeper = Keeper()
    value = computed(case, dtype, keeper)
    if value.made_by.name == "contract":  # how the last bit is rounded depends on the size of the piece
        assert _order(value.array) == _order(expected)
        np.testing.assert_allclose(value.array, expected, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-6)
        expected = value.array.copy(order="K")
    for _ in range(2):
        assert value.array.tobytes() == expected.tobytes()
        assert _order(value.array) == _order(expected)
        value.forget()
        poison(keeper._buffers)


@pytest.mark.parametrize("there", [0.0, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("hidden", ["nothing", "the future", "the past", "all but the first", "everything"])
def test_weights_have_the_same_bits_in_blocks_whatever_is_hidden(
    hidden: str, there: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    query, key = np.ogrid[:30, :30]
    rules = {"nothing": key < 0, "the future": key > query, "the past": key < query, "all but the first": key > 0}
    scores = np.random.default_rng(0).normal(size=(2, 30, 30)).astype("float32")
    scores[1, 20, 0] = there
    scores = np.where(rules.get(hidden, key >= 0), np.float32(-np.inf), scores)
    bench = Bench(np.random.default_rng(0), {"head": 2, "query": 30, "key": 30}, "float32")
    weights = bench.t.softmax("weights", bench.leaf("head query key", scores), over="key")
    expected = weights.array.tobytes()
    monkeypatch.setattr(blocks, "LARGE", 0)
    for rows in (1, 4, 30):
        monkeypatch.setattr(blocks, "BLOCK", 30 * rows)
        weights.compute_again()
        assert weights.array.tobytes() == expected


def _order(array: Array) -> list[int]:
    """The axes from the one that varies slowest: what sums along them depends on it."""
    return sorted(
        (axis for axis, size in enumerate(array.shape) if size > 1), key=lambda axis: -abs(array.strides[axis])
    )


@each_case
@pytest.mark.usefixtures("small_buffers", "small_blocks")
def test_memory_is_not_used_again_while_somebody_has_a_part_of_it(case: Case) -> None:
    keeper = Keeper()
    value = computed(case, "float32", keeper)
    part = value.view().array[..., :1] if value.shape else value.array
    before = part.tobytes()
    value.forget()
    poison(keeper._buffers)
    _ = value.array
    assert part.tobytes() == before


@pytest.fixture
def memory() -> Iterator[Buffers]:
    gc.disable()  # what comes back does so at once, and not when somebody looks
    yield Buffers()
    gc.enable()


def test_memory_comes_back_when_the_last_view_is_gone(memory: Buffers) -> None:
    array = memory.empty((100, 100), FLOAT)
    array[:] = 1.0
    view = array.reshape(-1)[50:60].view()
    assert array.flags.c_contiguous
    del array
    assert memory.nbytes == 0
    np.testing.assert_array_equal(view, np.ones(10))
    del view
    assert memory.nbytes == 80_000


def test_memory_of_the_same_size_is_used_again(memory: Buffers) -> None:
    place = memory.empty((100, 100), FLOAT).ctypes.data
    assert memory.empty((50, 400), np.dtype("float32")).ctypes.data == place
    again = memory.empty((10, 1000), FLOAT)
    assert (again.ctypes.data, memory.nbytes) == (place, 0)
    assert memory.empty((10, 1000), FLOAT).ctypes.data != place


def test_small_arrays_are_not_worth_it(memory: Buffers) -> None:
    del_at_once = memory.empty((10,), FLOAT)
    del del_at_once
    assert memory.nbytes == 0


def test_memory_that_waits_longest_is_let_go_first(memory: Buffers) -> None:
    for size in (20_000, 30_000, 40_000):
        memory.empty((size,), FLOAT)
    memory.shrink(700_000)
    assert [free.nbytes for free in memory._free] == [240_000, 320_000]
    memory.shrink(0)
    assert memory.nbytes == 0


def test_what_waits_counts_towards_the_limit() -> None:
    keeper = Keeper(1_000_000)
    bench = Bench(np.random.default_rng(0), {"token": 500, "d_model": 100}, "float64", keeper)
    x = bench.normal("token d_model")
    for place in range(6):
        bench.t.add(f"sum{place}", x, x)
        assert keeper.nbytes + keeper._buffers.nbytes <= 1_000_000


def test_blocks_cover_an_array_once(small_blocks: None) -> None:
    for shape in ((3, 5), (2, 3, 5), (4, 2, 2, 3), (1, 1), (20, 1), (2, 3, 50)):
        seen = np.zeros(shape, int)
        for place in blocks._blocks(shape):
            seen[place] += 1
        np.testing.assert_array_equal(seen, np.ones(shape))


def test_a_fault_in_another_thread_is_raised(small_blocks: None) -> None:
    value = Bench(np.random.default_rng(0), {"token": 40, "d_model": 4}).normal("token d_model")

    def fails(array: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        blocks.by_rows(value, fails, value.array)


@pytest.mark.filterwarnings("error")
def test_an_overflow_in_another_thread_is_shown_and_not_warned_of(small_blocks: None) -> None:
    bench = Bench(np.random.default_rng(0), {"token": 40, "d_model": 4})
    assert np.isinf(bench.t.exp("r", bench.leaf("token d_model", np.full((40, 4), 1e4))).array).all()
