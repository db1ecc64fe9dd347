"""Numbers taken apart into bits: every one comes to what NumPy, or the package `gguf`, reads from the same bytes."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from gguf.constants import GGMLQuantizationType
from gguf.quants import dequantize
from hypothesis import example, given
from hypothesis import strategies as st

from attn_explore.model.checkpoints.checkpoint import open_checkpoint
from attn_explore.model.checkpoints.stored import Stored
from attn_explore.model.files.storages import GGUF
from attn_explore.model.files.stores import Block
from attn_explore.model.looking.stored_bits import QUANTISED, taken_apart
from attn_explore.model.problems import Problem
from tests.checkpoints import DATA

KINDS = {"F64": ("<d", 8), "F32": ("<f", 4), "F16": ("<e", 2), "BF16": ("<f", 2)}


def block(storage: str, content: bytes, place: int = 0) -> Block:
    """Some bytes as if they stood in a file."""
    return Block(Path("m"), "t", storage, content, 0, GGUF[storage].numbers, place)


def reckoned(written: str) -> float:
    """What an arithmetic comes to as it is written."""
    return float(eval(written.replace("^", "**").replace("×", "*").replace("−", "-"), {}))  # noqa: S307 (our own text)


@given(st.sampled_from(sorted(KINDS)), st.binary(min_size=8, max_size=8))
@example("F16", bytes(8))
@example("F32", b"\0\0\x80\x7f" * 2)
@example("BF16", b"\xc0\xff" * 4)
def test_sign_exponent_and_fraction_come_to_the_number(storage: str, content: bytes) -> None:
    form, nbytes = KINDS[storage]
    found = taken_apart(block(storage, content[:nbytes]))
    widened = bytes(2) + content[:2] if storage == "BF16" else content[:nbytes]
    (wanted,) = struct.unpack(form, widened)
    assert found.value == wanted or (math.isnan(found.value) and math.isnan(wanted))
    if math.isfinite(wanted):
        assert reckoned(found.written) == wanted


@pytest.mark.parametrize("name", QUANTISED)
def test_every_number_of_a_block_comes_to_what_gguf_makes_of_it(name: str) -> None:
    blocks = np.random.default_rng(0).integers(0, 256, (4, GGUF[name].nbytes), np.uint8)
    with np.errstate(all="ignore"):
        wanted = dequantize(blocks, GGMLQuantizationType[name])
        found = [[taken_apart(block(name, each.tobytes(), at)) for at in range(GGUF[name].numbers)] for each in blocks]
    values = np.array([[each.value for each in row] for row in found])
    assert np.array_equal(values, wanted.astype(np.float64), equal_nan=True)
    for each in (each for row in found for each in row if np.isfinite(each.value)):
        assert reckoned(each.written) == pytest.approx(each.value, rel=1e-5, abs=1e-5 * _largest_term(each.written))


def _largest_term(written: str) -> float:
    """The size of what is added up: where two numbers nearly cancel, rounding is a share of these."""
    return max(abs(reckoned(term)) for term in re.split(r" \+ | − (?!\d+\))", written))


def test_bits_are_written_from_the_highest_on() -> None:
    found = taken_apart(block("Q4_1", bytes.fromhex("003c 00c0") + bytes([0xB4]) + bytes(15), 16))
    assert [part.bits for part in found.parts] == ["0 01111 0000000000", "1011", "1 10000 0000000000"]
    assert (found.formula, found.written, found.value) == ("d × q + m", "1 × 11 + -2", 9.0)


@pytest.mark.parametrize("family", ["gguf-llama", "gpt2", "gpt-neox", "phi3"])
def test_a_parameter_is_found_in_its_file_whichever_part_of_a_tensor_it_is(family: str) -> None:
    model = open_checkpoint(DATA / "families" / family)
    for name, source in model.parameters.items():
        assert isinstance(source, Stored)
        whole = source.read()
        for draw in np.random.default_rng(len(name)).random((4, whole.ndim)):
            index = tuple(int(share * size) for share, size in zip(draw, whole.shape, strict=True))
            assert taken_apart(source.block(index)).value == float(whole[index]), (name, index)


def test_a_type_that_is_not_taken_apart_is_refused_with_those_that_are() -> None:
    with pytest.raises(Problem, match="IQ4_NL") as refused:
        taken_apart(block("IQ4_NL", bytes(18)))
    assert "Q4_K" in refused.value.hint
