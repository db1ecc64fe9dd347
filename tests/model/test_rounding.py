"""Parameters in other storages: the bytes are those of llama.cpp, and each part comes back as in the whole."""

from __future__ import annotations

import numpy as np
import pytest
from gguf.constants import GGMLQuantizationType
from gguf.quants import quantize

from attn_explore.model.axes import Array
from attn_explore.model.looking.rounded_steps import rounded_steps
from attn_explore.model.looking.stored_bits import bits_of
from attn_explore.model.rounding import STORAGES, Rounded, rounded
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario
from tests.taught import scenario_of


def rows(width: int, seed: int = 3) -> Array:
    """Numbers of many sizes, with halves between two quants, a row of zeros and one of a single number."""
    found = np.random.default_rng(seed).normal(0, 1, (40, width)).astype(np.float32)
    found *= np.float32(10.0) ** np.arange(-20, 20, dtype=np.float32)[:, None]
    found[20] = np.arange(width) / 2 - 31.5
    found[21], found[22] = 0, -0.75
    return found


@pytest.mark.parametrize("name", ["q8_0", "q4_1"])
def test_blocks_have_the_very_bytes_that_gguf_makes(name: str) -> None:
    storage, numbers = STORAGES[name], rows(64)
    with np.errstate(all="ignore"):
        wanted = quantize(numbers, GGMLQuantizationType[storage.name])
        assert storage.pack(storage.blocks(numbers)).tobytes() == wanted.tobytes()


def test_bf16_is_the_nearest_and_of_two_the_even_one() -> None:
    upper = np.arange(0x3F80, 0x3F90, dtype=np.uint32)
    for lower, goes_up in ((0x7FFF, upper < 0), (0x8000, upper % 2 == 1), (0x8001, upper > 0)):
        found = STORAGES["bf16"].rounded((upper << 16 | lower).view(np.float32)[None])
        assert np.array_equal(found[0].view(np.uint32) >> 16, upper + goes_up)
    special = np.array([[np.inf, -np.inf, np.nan, -0.0]], np.float32)
    assert np.array_equal(STORAGES["bf16"].rounded(special), special, equal_nan=True)


def test_int8_is_at_most_half_a_step_off_and_the_largest_of_a_row_is_127_steps() -> None:
    numbers = rows(50)[10:30]
    step = np.abs(numbers).max(1, keepdims=True) / np.float32(127)
    found = STORAGES["int8"].rounded(numbers)
    assert np.all(np.abs(found - numbers) <= step * 0.5001)
    assert np.allclose(np.abs(found).max(1), np.abs(numbers).max(1), rtol=1e-6)


@pytest.mark.parametrize("name", STORAGES)
@pytest.mark.parametrize("path", ["head.w", "decoder.embedding_table"])
def test_any_part_comes_back_as_in_the_whole(path: str, name: str) -> None:
    (found,) = rounded({path: np.random.default_rng(1).normal(0, 1, (20, 48))}, name).values()
    assert isinstance(found, Rounded)
    whole = found.read()
    assert whole.shape == found.shape == (20, 48)
    assert np.array_equal(found.rows(3, 9), whole[3:9])
    assert np.array_equal(found.columns(30, 40), whole[:, 30:40])


def test_gains_and_biases_are_rounded_to_floating_point_numbers_alone() -> None:
    given = {"head.b": rows(8)[20]}
    assert [rounded(given, name)["head.b"] is given["head.b"] for name in STORAGES] == [False, False, True, True, True]


def as_(name: str, storage: str) -> Scenario:
    return scenario_of(name).with_rounded(storage)


@pytest.mark.parametrize("storage", STORAGES)
def test_the_bits_of_a_rounded_number_come_to_what_the_run_reads(storage: str) -> None:
    trace = run(as_("names", storage))
    for path in ("decoder.layers.0.ffn.w_2", "decoder.embedding_table"):  # 64 inputs: two blocks; 16: half of one
        value = trace.parameters[path]
        for index in ((0, 0), (14, 15), (min(40, value.shape[0] - 1), 3)):
            assert bits_of(value, index).reckoned.value == value.array[index]


def test_each_step_is_compared_number_by_number() -> None:
    exact, rounded_run = run(scenario_of("names")), run(as_("names", "q4_1"))
    found = rounded_steps(rounded_run, exact)
    for each in found.steps[:20]:
        both = (np.asarray(of[each.step.path].array, np.float64) for of in (rounded_run, exact))
        ours, theirs = (np.where(np.isfinite(numbers), numbers, 0) for numbers in both)  # masked in both alike
        off = ours - theirs
        assert each.largest == off[each.index]
        assert abs(each.largest) == np.abs(off).max()
        size = np.sqrt(np.square(theirs).sum())
        assert each.relative == pytest.approx(np.sqrt(np.square(off).sum()) / size if size else 0)
    assert found.first is found.matters is found.steps[0]


def test_a_run_is_not_off_from_itself() -> None:
    exact = run(scenario_of("names"))
    found = rounded_steps(exact, exact)
    assert (found.first, found.matters, found.otherwise) == (None, None, 0)
