"""What the headers of a model's files say of it: nothing is read of its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from attn_explore.model.checkpoints.checkpoint import checkpoint_of
from attn_explore.model.checkpoints.locating import Located, all_names, locate_name
from attn_explore.model.checkpoints.model_files import ModelFiles, models_in, open_files
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.storages import decoded_dtype
from attn_explore.model.files.stores import StoredTensor, TensorStore
from attn_explore.model.keeping import AT_ONCE, LIMIT
from attn_explore.model.problems import Problem

UNKNOWN = "?"
"""The family of a model that does not say it."""


@dataclass(frozen=True)
class Summary:
    """What a model is, as far as it can be told without opening it.

    family      as people write it; of one that is not implemented, what the model itself says
    parameters  how many numbers it has
    storages    how they are stored, that of the most bytes first
    nbytes      of its files
    need        bytes of memory that a run of a short text takes at most: what is kept, and the largest tensors at once
    refused     why it cannot be run, whatever the memory
    """

    name: str
    path: Path
    family: str
    parameters: int
    storages: tuple[str, ...]
    nbytes: int
    need: int
    refused: Problem | None = None


@dataclass(frozen=True)
class Broken:
    """A model that cannot be opened, and why."""

    name: str
    problem: Problem


def all_summaries() -> Iterator[Summary | Broken]:
    """Every model in the usual places. Several GGUF files in a folder are several models, named by their paths."""
    for name in all_names():
        try:
            found = locate_name(name)
        except Problem as problem:
            yield Broken(name, problem)
            continue
        paths = models_in(found.path)
        models = [Located(str(path), path) for path in paths] if len(paths) > 1 else [found]
        yield from map(_summary_or_problem, models)


def _summary_or_problem(located: Located) -> Summary | Broken:
    try:
        return summary_of(located)
    except Problem as problem:
        return Broken(located.name, problem)


def summary_of(located: Located) -> Summary:
    """What a model is. Raises Problem where it cannot be opened."""
    files = open_files(located.path)
    try:
        checkpoint = checkpoint_of(files)
        tensors = [files.store.tensors[name] for name in {each.tensor for each in checkpoint.parameters.values()}]
        return _summary(located, checkpoint.family.name, files.store, tensors)
    except Problem as problem:
        return _summary(located, _said_family(files), files.store, _decoded(files.store), problem)


def _summary(
    located: Located, family: str, store: TensorStore, tensors: Sequence[StoredTensor], refused: Problem | None = None
) -> Summary:
    stored = Counter[str]()
    for tensor in tensors:
        stored[tensor.storage] += tensor.nbytes
    return Summary(
        located.name,
        located.path,
        family,
        sum(tensor.size for tensor in tensors),
        tuple(storage for storage, _ in stored.most_common()),
        store.nbytes,
        need_of([tensor.size * decoded_dtype(tensor.storage).itemsize for tensor in tensors]),
        refused,
    )


def need_of(sizes: Sequence[int]) -> int:
    """The memory of a run over tensors of so many bytes, as `model.memory` counts it; a short text adds little."""
    return min(sum(sizes), LIMIT) + AT_ONCE * max(sizes, default=0)


def _decoded(store: TensorStore) -> list[StoredTensor]:
    """The tensors that may hold numbers of a model, not positions or masks."""
    known = {name for name, storage in store.storages.items() if storage.decode is not None}
    return [tensor for tensor in store.tensors.values() if tensor.storage in known]


def _said_family(files: ModelFiles) -> str:
    said = files.settings.get("general.architecture" if files.is_gguf else "model_type")
    return said if isinstance(said, str) else UNKNOWN
