"""Which numbers of a tensor belong to a parameter, where a file keeps several parameters in one tensor.

A part is a choice along one axis: the outputs of a projection, which most files have first and GPT-2 has last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass


class Chosen(NamedTuple):
    """Some of the `total` indices along an axis; `text` is nothing for all of them.

    `find` gives them in the parameter's order, when the tensor is known to have so many: a file may say any size.
    """

    total: int
    find: Callable[[], slice | Array]
    text: str = ""


class Part(Protocol):
    """A choice of `size` indices along an axis of a tensor."""

    def chosen(self, size: int) -> Chosen:
        """Which they are."""
        ...


@dataclass(frozen=True)
class Whole:
    """All of them."""

    def chosen(self, size: int) -> Chosen:
        """Every index."""
        return Chosen(size, lambda: slice(0, size))


@dataclass(frozen=True)
class Block:
    """Indices that follow each other from `start` on, of `length` in all: [q | k | v] of several sizes (Phi-3)."""

    start: int
    length: int

    def chosen(self, size: int) -> Chosen:
        """From the first to the last."""
        end = self.start + size
        return Chosen(self.length, lambda: slice(self.start, end), f"{self.start} to {end - 1}")


@dataclass(frozen=True)
class Share:
    """One of several blocks of the same size: the `place`th of `of` (GPT-2)."""

    place: int
    of: int

    def chosen(self, size: int) -> Chosen:
        """From the first to the last."""
        return Block(self.place * size, self.of * size).chosen(size)


@dataclass(frozen=True)
class OfEachHead:
    """Of each head one of several parts of a `width`: [head][q, k, v][dim] (GPT-NeoX, Bloom)."""

    place: int
    of: int
    width: int

    def chosen(self, size: int) -> Chosen:
        """Head by head."""
        first, total = self.place * self.width, self.of * size
        text = f"{first} to {first + self.width - 1} of each {self.of * self.width}"
        return Chosen(total, lambda: np.arange(total).reshape(-1, self.of, self.width)[:, self.place].ravel(), text)


@dataclass(frozen=True)
class Interleaved:
    """All of them, but in each of the `heads` first half and second half in turns, as llama.cpp reorders Llama's."""

    heads: int

    def chosen(self, size: int) -> Chosen:
        """Of each head the even ones, then the odd ones."""
        text = f"of each {size // self.heads} the even ones, then the odd ones"
        return Chosen(size, lambda: np.arange(size).reshape(self.heads, -1, 2).swapaxes(1, 2).ravel(), text)


WHOLE = Whole()
