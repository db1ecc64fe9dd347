"""A checkpoint: what its settings and the names in its files say that it is, and where its parameters are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from attn_explore.model.architecture import Architecture, contradictions
from attn_explore.model.axes import Axis
from attn_explore.model.checkpoints.families import family_of
from attn_explore.model.checkpoints.families.family import Family, stored_parameters
from attn_explore.model.checkpoints.families.of_gguf import family_of_gguf
from attn_explore.model.checkpoints.model_files import ModelFiles, open_files
from attn_explore.model.checkpoints.pooling import MODULES
from attn_explore.model.checkpoints.settings import Settings
from attn_explore.model.checkpoints.stored import Stored
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.stores import TensorStore
from attn_explore.model.parameters import Shapes, StackSizes, parameter_axes
from attn_explore.model.problems import Problem, raise_any


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A real model on the disk, of which no number was read yet.

    vocabulary  how many words it knows
    notes       what has to be said of how its settings were read
    """

    files: ModelFiles
    family: Family
    architecture: Architecture
    vocabulary: int
    notes: tuple[str, ...] = ()

    @property
    def store(self) -> TensorStore:
        """Its tensors."""
        return self.files.store

    @cached_property
    def shapes(self) -> Shapes:
        """Name and axes of every parameter; the words of the vocabulary have no labels here."""
        return shapes_of(self.architecture, Axis("vocabulary", self.vocabulary))

    @cached_property
    def parameters(self) -> Mapping[str, Stored]:
        """Where each parameter is stored. Raises Problem with everything that does not fit."""
        return stored_parameters(self.family, self.architecture, self.shapes, self.store)


def open_checkpoint(path: Path) -> Checkpoint:
    """The checkpoint in a folder or a GGUF file. Raises Problem for what is none, or is not implemented."""
    return checkpoint_of(open_files(path))


def checkpoint_of(files: ModelFiles) -> Checkpoint:
    """What the files of a model say that it is. Raises Problem for every setting that is not implemented."""
    return _in_gguf(files) if files.is_gguf else _in_folder(files)


def _in_folder(files: ModelFiles) -> Checkpoint:
    settings = Settings(files.settings, files.settings_path)
    family = family_of(settings)
    settings.expect("quantization_config")
    vocabulary = settings.size("vocab_size")
    architecture = _architecture(family, settings, files)
    return Checkpoint(files, family, _pooled(architecture, files), vocabulary)


def _architecture(family: Family, settings: Settings, files: ModelFiles) -> Architecture:
    """What the settings say of the mathematics. Raises Problem where they contradict each other or are not known."""
    architecture = family.architecture(settings, family.tensors(files.store))
    settings.refuse_unread()
    raise_any(Problem(what, path=settings.path) for what in contradictions(architecture))
    return architecture


def _pooled(architecture: Architecture, files: ModelFiles) -> Architecture:
    """The same with the one vector of a text that the folder asks for."""
    if (pooling := files.pooling) is None:
        return architecture
    if architecture.has_decoder:
        raise Problem("one vector of a text is made by encoders alone", path=files.path, place=MODULES)
    return replace(architecture, pooling=pooling.way, unit_length=pooling.is_unit_length)


def _in_gguf(files: ModelFiles) -> Checkpoint:
    family, settings = family_of_gguf(files.settings, files.path)
    architecture = _architecture(family, settings, files)
    return Checkpoint(files, family, architecture, _rows_of("token_embd.weight", files.store))


def _rows_of(name: str, store: TensorStore) -> int:
    """How many rows a table has."""
    table = store.tensors.get(name)
    if table is None or not table.shape:
        raise Problem("is missing" if table is None else "is no table", path=store.path, place=f"tensor {name!r}")
    return table.shape[0]


def shapes_of(architecture: Architecture, vocabulary: Axis) -> Shapes:
    """Name and axes of every parameter of a model that knows these words."""
    exists = {"encoder": architecture.has_encoder, "decoder": architecture.has_decoder}
    sizes = StackSizes(vocabulary, architecture.positions or 1)
    predicted = vocabulary if architecture.head == "vocabulary" else None
    return parameter_axes(architecture, {stack: sizes for stack, there in exists.items() if there}, predicted)
