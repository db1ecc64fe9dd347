"""Some spoiled files for every reader, with a fixed seed, and what the fuzzer itself has to be able to tell."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest

from attn_explore.model.problems import Problem
from tests.fuzz.__main__ import fuzz
from tests.fuzz.judging import MEMORY, bounds, judged, smaller
from tests.fuzz.readers import READERS

COUNTS = {
    "scenario": 300,
    "trace": 250,
    "npz": 250,
    "tensors": 1000,
    "shards": 500,
    "gguf": 750,
    "folder": 500,
    "tokenizer": 60,
    "gguf_tokenizer": 150,
    "checkpoint_trace": 150,
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_reads_a_spoiled_file_or_refuses_it_in_words(name: str) -> None:
    reader, count = READERS[name](), COUNTS.get(name, 3000)
    tally = fuzz(reader, seed=12, count=count)
    assert not tally.findings
    assert tally.read
    assert tally.read < count or name == "places"


@pytest.mark.parametrize("name", READERS)
def test_what_is_spoiled_was_read_before(name: str) -> None:
    reader = READERS[name]()
    assert all(judged(reader.read, seed).is_read for seed in reader.seeds)


@pytest.mark.parametrize("name", READERS)
def test_a_number_is_always_the_same_file(name: str) -> None:
    reader = READERS[name]()
    files = [reader.spoiled(3, number) for number in range(20)]
    assert files == [reader.spoiled(3, number) for number in range(20)]
    assert len(set(files)) > 10


def _raising(error: BaseException) -> Callable[[bytes], object]:
    def read(_content: bytes) -> None:
        raise error

    return read


def _too_long(_content: bytes) -> None:
    while True:
        pass


FAULTS: dict[str, tuple[Callable[[bytes], object], str]] = {
    "an exception": (_raising(KeyError("x")), "KeyError"),
    "a panic": (_raising(BaseException("x")), "BaseException"),
    "a warning": (lambda _content: warnings.warn("x", stacklevel=1), "UserWarning"),
    "too long": (_too_long, "TooLong"),
    "too much memory": (lambda _content: bytearray(10 * MEMORY), "MemoryError"),
    "another status": (_raising(Problem("x", exit_status=3)), "a refusal that breaks the contract"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_what_is_neither_read_nor_refused_is_a_finding(case: str) -> None:
    read, fault = FAULTS[case]
    with bounds():
        assert judged(read, b"", seconds=0.1).fault.startswith(fault)


def test_a_refusal_in_words_is_none() -> None:
    found = judged(_raising(Problem("x", hint="y", path="z")), b"")
    assert (found.is_read, found.fault) == (False, "")


def test_a_finding_is_made_smaller_while_it_shows_the_same() -> None:
    assert smaller(b"a" * 500 + b"{" + b"b" * 300, lambda content: b"{" in content) == b"{"
