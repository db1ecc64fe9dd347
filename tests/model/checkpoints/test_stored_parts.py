"""Parameters that are parts of tensors: which numbers they are, and that no others are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.parts import WHOLE, Block, Interleaved, OfEachHead, Part, Share
from attn_explore.model.checkpoints.stored import Stored
from attn_explore.model.files.stores import TensorStore, safetensors_store
from attn_explore.model.sources import Source

MATRIX = np.arange(96, dtype=np.float32).reshape(12, 8)
"""12 outputs, 8 inputs, as most files have a matrix."""


@pytest.fixture
def store(tmp_path: Path) -> TensorStore:
    tensors = {
        "matrix": MATRIX,
        "turned": np.ascontiguousarray(MATRIX.T),
        "bias": MATRIX[:, 0].copy(),
        "row": MATRIX[:1],
    }
    save_file(tensors, tmp_path / "model.safetensors")
    return safetensors_store(tmp_path / "model.safetensors")


PARTS: list[tuple[Part, list[int]]] = [
    (WHOLE, list(range(12))),
    (Block(2, 12), [2, 3, 4, 5, 6]),
    (Share(1, 3), [4, 5, 6, 7]),
    (OfEachHead(1, 3, 2), [2, 3, 8, 9]),
    (Interleaved(2), [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]),
]


@pytest.mark.parametrize(("part", "outputs"), PARTS, ids=str)
def test_a_part_of_a_matrix_is_some_of_its_outputs(store: TensorStore, part: Part, outputs: list[int]) -> None:
    wanted = MATRIX[outputs].T
    for tensor, turned in (("matrix", True), ("turned", False)):
        stored = Stored(store, tensor, (8, len(outputs)), turned, part)
        assert stored.stored_shape == store.tensors[tensor].shape
        np.testing.assert_array_equal(stored.read(), wanted)
        np.testing.assert_array_equal(stored.rows(2, 5), wanted[2:5])
        np.testing.assert_array_equal(stored.columns(1, 3), wanted[:, 1:3])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("part", "outputs"), PARTS, ids=str)
def test_a_part_is_the_same_in_memory_that_is_given(
    store: TensorStore, part: Part, outputs: list[int], dtype: str
) -> None:
    for tensor, turned in (("matrix", True), ("turned", False)):
        room = np.full((8, len(outputs)), np.nan, dtype)
        found = Stored(store, tensor, room.shape, turned, part).read(room)
        np.testing.assert_array_equal(found, MATRIX[outputs].T)
        assert np.shares_memory(found, room) is not (turned and part in (OfEachHead(1, 3, 2), Interleaved(2)))


@pytest.mark.parametrize(("part", "outputs"), PARTS, ids=str)
def test_a_part_of_a_bias_is_some_of_its_numbers(store: TensorStore, part: Part, outputs: list[int]) -> None:
    stored = Stored(store, "bias", (len(outputs),), part=part)
    assert stored.stored_shape == (12,)
    np.testing.assert_array_equal(stored.read(), MATRIX[outputs, 0])
    np.testing.assert_array_equal(stored.rows(1, 3), MATRIX[outputs[1:3], 0])


def test_a_stored_parameter_is_a_source(store: TensorStore) -> None:
    assert isinstance(Stored(store, "matrix", (8, 12), turned=True), Source)


def test_a_row_may_be_stored_as_a_matrix_of_one_row(store: TensorStore) -> None:
    np.testing.assert_array_equal(Stored(store, "row", (8,)).read(), MATRIX[0])
    np.testing.assert_array_equal(Stored(store, "row", (8,)).rows(2, 4), MATRIX[0, 2:4])


@pytest.mark.parametrize(
    ("stored_as", "act", "numbers"),
    [
        (("turned", (8, 12), False, WHOLE), "rows", 36),
        (("matrix", (8, 12), True, WHOLE), "columns", 24),
        (("matrix", (8, 4), True, Share(2, 3)), "columns", 24),
        (("matrix", (8, 4), True, Share(2, 3)), "read", 32),
    ],
)
def test_no_more_is_read_than_what_is_asked_for(
    store: TensorStore, monkeypatch: pytest.MonkeyPatch, stored_as: Any, act: str, numbers: int
) -> None:
    read: list[int] = []
    original = TensorStore.read

    def counted(self: TensorStore, *args: Any, **more: Any) -> Array:
        found = original(self, *args, **more)
        read.append(found.size)
        return found

    monkeypatch.setattr(TensorStore, "read", counted)
    stored = Stored(store, *stored_as)
    _ = stored.read() if act == "read" else getattr(stored, act)(1, 4)
    assert read == [numbers]


def test_what_was_not_chosen_is_let_go(store: TensorStore) -> None:
    chosen = Stored(store, "turned", (8, 4), part=Share(0, 3)).read()
    assert chosen.base is None or chosen.base.size == chosen.size


def test_two_parts_of_a_tensor_are_two_things(store: TensorStore) -> None:
    parts = [Stored(store, "matrix", (8, 4), turned=True, part=Share(place, 3)) for place in (0, 1, 1)]
    assert parts[0].identity != parts[1].identity == parts[2].identity


def test_a_parameter_says_where_it_is(store: TensorStore) -> None:
    found = Stored(store, "matrix", (8, 4), turned=True, part=OfEachHead(1, 3, 2)).describe()
    assert found == {
        "file": str(store.path),
        "tensor": "matrix",
        "part": "rows 2 to 3 of each 6, transposed",
        "storage": "F32",
    }
    assert "part" not in Stored(store, "bias", (12,)).describe()


@pytest.mark.parametrize("part", [OfEachHead(1, 3, 10**6), Interleaved(4), Share(1, 3), Block(7, 10**16)])
def test_how_much_of_a_tensor_there_must_be_is_known_without_listing_it(part: Part) -> None:
    assert part.chosen(10**15).total >= 10**15
