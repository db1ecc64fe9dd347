"""Where the numbers of a parameter are stored: a source, which is read as often as they are asked for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Protocol, runtime_checkable

from attn_explore.model.axes import Array


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

    def read(self) -> Array:
        """Every number. Raises Problem when the file is not what it was when it was opened."""
        ...

    def rows(self, start: int, stop: int) -> Array:
        """The numbers from `start` to before `stop` along the first axis, with no need to read the others."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Where they are stored: file, tensor, part, storage type."""
        ...


Numbers = Array | Source
"""What a parameter is given as: its numbers, or where they are stored."""
