"""Where the numbers of a parameter are stored: a source, which is read as often as they are asked for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import field
from typing import NoReturn, Protocol, TypeGuard, runtime_checkable

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem


@runtime_checkable
class Source(Protocol):
    """A parameter in a file: a tensor or a part of one, in the shape of the parameter's axes.

    Two sources with one `identity` have the same numbers. They may be read by several threads.
    """

    @property
    def identity(self) -> Hashable:
        """What tells these numbers from all others: the file as it was opened, the tensor, the part."""
        ...

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the parameter's axes."""
        ...

    def read(self, room: Array | None = None) -> Array:
        """Every number. Raises Problem when the file is not what it was when it was opened.

        `room` is memory for so many, laid out in one piece, in which they may be put in the order that the file has.
        """
        ...

    def rows(self, start: int, stop: int) -> Array:
        """The numbers from `start` to before `stop` along the first axis, with no need to read the others."""
        ...

    def columns(self, start: int, stop: int) -> Array:
        """The numbers from `start` to before `stop` along the last axis, likewise where the file allows it."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Where they are stored: file, tensor, part, storage type."""
        ...


def part_of(source: Source, window: tuple[slice, ...]) -> Array:
    """The numbers of a source at a slice of places along each axis, reading as few others as can be."""
    bounds = [part.indices(size)[:2] for part, size in zip(window, source.shape, strict=True)]
    share = [(stop - start) / size for (start, stop), size in zip(bounds, source.shape, strict=True)]
    if share[0] <= share[-1] and share[0] < 1:
        return source.rows(*bounds[0])[(slice(None), *window[1:])]
    if share[-1] < 1:
        return source.columns(*bounds[-1])[(*window[:-1], slice(None))]
    return source.read()[window]


def runs(places: Array) -> list[tuple[int, int]]:
    """The first and the last of each group of neighbours among some places, which stand in ascending order.

    >>> runs(np.array([2, 3, 4, 7]))
    [(2, 4), (7, 7)]
    """
    groups = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [(int(group[0]), int(group[-1])) for group in groups]


@dataclass(frozen=True)
class Elsewhere:
    """Numbers that are not in the trace that names them, in the shape of their value. Who asks for them hears why.

    what       which numbers they are, and where they may be
    hint       how to have them
    described  where they are stored, as the trace says
    """

    what: str
    shape: tuple[int, ...]
    hint: str = ""
    described: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def identity(self) -> Hashable:
        """Nothing else has these numbers."""
        return id(self)

    def read(self, _room: Array | None = None) -> NoReturn:
        """Raises Problem: a file that a trace names is not opened."""
        raise Problem(self.what, hint=self.hint)

    def rows(self, start: int, stop: int) -> NoReturn:
        """The same."""
        self.read()

    def columns(self, start: int, stop: int) -> NoReturn:
        """The same."""
        self.read()

    def describe(self) -> Mapping[str, object]:
        """Where they are stored: file, tensor, part, storage type."""
        return self.described


def is_in_file(source: Source | None) -> TypeGuard[Source]:
    """Whether a file has these numbers, or those that they follow from; others follow from what is in memory alone."""
    return source is not None and (isinstance(source, Elsewhere) or "file" in source.describe())


Numbers = Array | Source
"""What a parameter is given as: its numbers, or where they are stored."""


def is_stored(numbers: Numbers | None) -> TypeGuard[Source]:
    """Whether these are numbers that have to be read."""
    return numbers is not None and not isinstance(numbers, np.ndarray)
