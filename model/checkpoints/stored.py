"""A parameter of ours as a part of a tensor in a file: which tensor, which part, turned around or not."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.checkpoints.parts import WHOLE, Chosen, Part
from attn_explore.model.cores import share
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.storages import decoded_dtype
from attn_explore.model.files.stores import Block, StoredTensor, TensorStore

_CELLS = 2**18
"""Cells of a tensor that are read at once where some columns are chosen: they fit into the cache."""


@dataclass(frozen=True)
class Stored:
    """Where the numbers of a parameter are; a `Source` (model/sources.py). Nothing is kept: each reading reads again.

    shape   of the parameter
    turned  whether the file has it as [out, in], and we as (in, out): as it multiplies from the right
    part    which of the tensor's outputs belong to it
    """

    store: TensorStore
    tensor: str
    shape: tuple[int, ...]
    turned: bool = False
    part: Part = WHOLE

    @property
    def identity(self) -> Hashable:
        """The file as it was opened, the tensor, and which part of it."""
        return self.store.files[self._stored.file], self.tensor, self.turned, self.part

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape that the tensor must have; there may be axes of length 1 before."""
        shape = list(self.shape[::-1] if self.turned else self.shape)
        shape[self._outputs] = self._chosen.total
        return tuple(shape)

    def read(self, room: Array | None = None) -> Array:
        """All numbers, in the parameter's shape; in `room`, memory for so many, where they come as they are stored."""
        if self.part == WHOLE:
            return self._as_ours(self._whole(room))
        places = self._chosen.find()
        if self._outputs == 1:
            return self._columns(places, room)
        if isinstance(places, slice):
            return self._as_ours(self._rows(places.start, places.stop, room))
        return self._as_ours(self._whole()[places])

    def rows(self, start: int, stop: int) -> Array:
        """Some rows of the parameter; of a table that is stored as we have it, no more than these are read."""
        if self.part == WHOLE and not self.turned:
            return self._rows(start, stop)
        return self.read()[start:stop]

    def columns(self, start: int, stop: int) -> Array:
        """Some numbers along the last axis; of a matrix that is stored turned around, no more than these are read."""
        places = self._chosen.find()
        if self.turned and isinstance(places, slice):
            return self._as_ours(self._rows(places.start + start, places.start + stop))
        return self.read()[..., start:stop]

    def block(self, index: tuple[int, ...]) -> Block:
        """The bytes in the file of the number at an index of the parameter."""
        places, chosen = list(index[::-1] if self.turned else index), self._chosen.find()
        own = places[self._outputs]
        places[self._outputs] = chosen.start + own if isinstance(chosen, slice) else int(chosen[own])
        return self.store.block(self.tensor, int(np.ravel_multi_index(places, self.stored_shape)))

    def describe(self) -> dict[str, object]:
        """What a trace says of where a parameter is stored."""
        outputs = f"{'rows' if self._outputs == 0 else 'columns'} {self._chosen.text}" if self._chosen.text else ""
        part = ", ".join(each for each in (outputs, "transposed" if self.turned else "") if each)
        return {
            "file": str(self._stored.file),
            "tensor": self.tensor,
            **({"part": part} if part else {}),
            "storage": self._stored.storage,
        }

    @property
    def storage(self) -> str:
        """How the numbers are written in the file."""
        return self._stored.storage

    @property
    def _stored(self) -> StoredTensor:
        return self.store.tensors[self.tensor]

    @property
    def _outputs(self) -> int:
        """The axis of the tensor along which it is a part."""
        return 0 if self.turned else len(self.shape) - 1

    @cached_property
    def _chosen(self) -> Chosen:
        return self.part.chosen(self.shape[-1])

    def _whole(self, room: Array | None = None) -> Array:
        return self.store.read(self.tensor, room=room).reshape(self.stored_shape)

    def _rows(self, start: int, stop: int, room: Array | None = None) -> Array:
        """Rows of the tensor."""
        if self._has_axes_before:
            return self._whole()[start:stop]
        return self.store.read(self.tensor, start, stop, room=room)

    def _columns(self, places: slice | Array, room: Array | None) -> Array:
        """Columns of the tensor, chosen from a few rows after the other: what was not chosen is let go at once."""
        rows, width = self.stored_shape
        step = rows if self._has_axes_before else max(1, _CELLS // width)
        found = np.empty(self.shape, decoded_dtype(self._stored.storage)) if room is None else room

        def choose(start: int) -> None:
            found[start : start + step] = self._rows(start, min(start + step, rows))[:, places]

        share(choose, range(0, rows, step))
        return found

    @property
    def _has_axes_before(self) -> bool:
        """Whether the tensor has axes of length 1 that the parameter has not."""
        return len(self._stored.shape) > len(self.shape)

    def _as_ours(self, array: Array) -> Array:
        return array.T if self.turned else array
