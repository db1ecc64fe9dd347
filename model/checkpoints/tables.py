"""How a family says where our parameters are stored: short tables from our names to theirs.

`{i}` in a name is the layer. A table may name more than a model has: what it lacks is not looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from attn_explore.model.checkpoints.parts import WHOLE, Part
from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True)
class Place:
    """Where a parameter is stored: in the first of these tensors that the file has. See `Stored` for the rest."""

    tensors: tuple[str, ...]
    turned: bool = False
    part: Part = WHOLE

    def in_layer(self, i: int) -> Place:
        """The same with the number of a layer put into the names."""
        return replace(self, tensors=tuple(name.replace("{i}", str(i)) for name in self.tensors))


Places = Mapping[str, Place]


def table(*tensors: str) -> Place:
    """A tensor as we have it: a table of vectors, a gain, a bias."""
    return Place(tensors)


def matrix(*tensors: str, part: Part = WHOLE) -> Place:
    """A matrix that is stored as [out, in]."""
    return Place(tensors, turned=True, part=part)


def linear(name: str, module: str, part: Part = WHOLE, *, turned: bool = True) -> Places:
    """The matrix and the bias of a module: of `ffn.1` they are `ffn.w_1` and `ffn.b_1`."""
    block, _, ending = name.rpartition(".")
    return {
        f"{block}.w_{ending}": Place((f"{module}.weight",), turned, part),
        f"{block}.b_{ending}": Place((f"{module}.bias",), part=part),
    }


def norm(name: str, module: str) -> Places:
    """The gain and the bias of a norm."""
    return {f"{name}_gain": table(f"{module}.weight"), f"{name}_bias": table(f"{module}.bias")}


def in_layers(stack: str, count: int, layer: Places) -> Places:
    """The table of a layer, for each of so many."""
    return {f"{stack}.layers.{i}.{name}": place.in_layer(i) for i in range(count) for name, place in layer.items()}


def joined(tables: Iterable[Places]) -> Places:
    """Several tables as one."""
    return {name: place for each in tables for name, place in each.items()}
