"""A family of checkpoints: what its settings say of the mathematics, and where our parameters are stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial

from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Array, sizes
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.stored import Stored
from attn_explore.model.checkpoints.tables import Places
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.safetensors import shape_text
from attn_explore.model.files.stores import StoredTensor, TensorStore
from attn_explore.model.parameters import Shapes
from attn_explore.model.problems import Fault, Problem, nearest, raise_any

NEVER_READ = re.compile(
    r"(.*\.)?(attn|attn\.attention|attention)\.(masked_)?bias|(.*\.)?position_ids"
    r"|rope_freqs\.weight|(.*\.)?rotary_emb\.(inv_freq|cos_cached|sin_cached)|(.*\.)?(encoder|decoder)\.(version|embed_positions\.(weights|_float_tensor))"
    r"|(.*\.)?pooler\..*|cls\.seq_relationship\..*|sop_classifier\..*|.*\.EncDecAttention\.relative_attention_bias\.weight"
)
"""Tensors that are no parameters: masks, waves, factors of angles, and what other uses of a model read."""


class Tensors:
    """The names in a file, found under any of their spellings.

    `prefix` is how the names of a family's base model begin; a file of the base model alone leaves it out.
    """

    def __init__(self, store: TensorStore, prefix: str) -> None:
        self._store, self._prefix = store, prefix

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def find(self, name: str) -> str | None:
        """How a name is spelled in the file, if it is there."""
        return next((spelling for spelling in self.spellings(name) if spelling in self._store.tensors), None)

    def read(self, name: str) -> Array:
        """The numbers of a tensor that decides what a model is."""
        return self._store.read(name)

    def first(self, names: Iterable[str]) -> str | None:
        """The first of some names that is in the file, as it is spelled there."""
        return next(filter(None, map(self.find, names)), None)

    def spellings(self, name: str) -> Iterator[str]:
        """The name as it is, without the prefix, and as files that were made from TensorFlow call what norms learn."""
        for each in (name, name.removeprefix(self._prefix)):
            yield each
            if "norm" in each.lower():
                yield re.sub(r"\.weight$", ".gamma", re.sub(r"\.bias$", ".beta", each))


@dataclass(frozen=True)
class Family:
    """One kind of checkpoint.

    name          as people write it
    model_types   what `model_type` in config.json may be
    architecture  from the settings, and the names in the file, to what the mathematics needs
    places        where our parameters are stored in a model of that architecture
    prefix        how the names of the base model begin, where there is a head beside it
    """

    name: str
    model_types: tuple[str, ...]
    architecture: Callable[[Settings, Tensors], Architecture]
    places: Callable[[Architecture], Places]
    prefix: str = ""

    def tensors(self, store: TensorStore) -> Tensors:
        """The names in a file."""
        return Tensors(store, self.prefix)


def stored_parameters(
    family: Family, architecture: Architecture, shapes: Shapes, store: TensorStore
) -> dict[str, Stored]:
    """Where each parameter of `shapes` is stored.

    Raises Problem with everything that is missing, has another shape than it must, or is there without use.
    """
    tensors, places = family.tensors(store), family.places(architecture)
    found: dict[str, Stored] = {}
    faults: list[Fault] = []
    for name, axes in shapes.items():
        place = places[name]
        tensor = tensors.first(place.tensors)
        if tensor is None:
            faults.append(_missing(Stored(store, place.tensors[0], sizes(axes), place.turned, place.part)))
            continue
        found[name] = Stored(store, tensor, sizes(axes), place.turned, place.part)
        faults += _misfit(found[name], store.tensors[tensor])
    known = {spelling for name in shapes for each in places[name].tensors for spelling in tensors.spellings(each)}
    unused = [name for name in store.tensors if name not in known and not NEVER_READ.fullmatch(name)]
    raise_any([*faults, *(partial(_without_use, name, known, store) for name in unused)])
    return found


def _missing(stored: Stored) -> Problem:
    what = f"is missing; it must be {shape_text(stored.stored_shape)}"
    return Problem(what, path=stored.store.path, place=_named(stored.tensor))


def _misfit(stored: Stored, tensor: StoredTensor) -> Iterator[Problem]:
    wanted = stored.stored_shape
    more = len(tensor.shape) - len(wanted)
    if more >= 0 and tensor.shape == (1,) * more + wanted:
        return
    transposed = " (is it transposed?)" if tensor.shape == wanted[::-1] else ""
    what = f"has the shape {shape_text(tensor.shape)}{transposed}; it must be {shape_text(wanted)}"
    yield Problem(what, path=tensor.file, place=_named(stored.tensor))


def _without_use(name: str, known: Collection[str], store: TensorStore) -> Problem:
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else ""
    return Problem("this model has no such parameter", hint=hint, path=store.tensors[name].file, place=_named(name))


def _named(tensor: str) -> str:
    return f"tensor {tensor!r}"
