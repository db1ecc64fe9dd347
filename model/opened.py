"""A checkpoint that a scenario names, open: what its model is, what it reads, and where its parameters are stored.

Opening reads settings and headers. Numbers are read when a run asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attn_explore.model.architecture import Architecture
from attn_explore.model.axes import Axis
from attn_explore.model.config import Dtype, InputConfig, ModelConfig
from attn_explore.model.dataclass import dataclass
from attn_explore.model.files.regular import resolve_inside
from attn_explore.model.parameters import Shapes
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario, scenario_from_dict
from attn_explore.model.scenario.source import KeyPath
from attn_explore.model.scenario.tokens import FileOfWeights, Reading, Token, generates
from attn_explore.model.sources import Source

if TYPE_CHECKING:  # what no scenario of the course needs is imported where it is used
    from attn_explore.model.checkpoints.checkpoint import Checkpoint
    from attn_explore.model.checkpoints.tokenizing import Tokenizer
    from attn_explore.model.checkpoints.tokens.codec import SpecialIds

CHECKPOINT: KeyPath = ("model", "weights", "checkpoint")
"""Where a scenario names its checkpoint."""

OPEN = ("dtype", "weights")
"""Keys of `model` that a checkpoint leaves open."""

Ids = tuple[int, ...]

_IS_NAME = re.compile(r"(ollama:)?[\w-][\w.:-]*(/[\w-][\w.:-]*)?(?<!\.gguf)")
"""What is a name of a model, where there is no such file: NAME, ORG/NAME or ollama:NAME:TAG."""


@dataclass(eq=False)
class Opened:
    """A checkpoint, and how it reads what a scenario gives it."""

    checkpoint: Checkpoint
    _said: dict[str, None] = field(default_factory=dict, init=False, repr=False)
    _read: dict[InputConfig, dict[str, Reading]] = field(default_factory=dict, init=False, repr=False)

    @property
    def path(self) -> Path:
        """The folder, or the file, that it was opened from."""
        return self.checkpoint.files.path

    @property
    def inputs(self) -> list[Path]:
        """Every file that it may be read from."""
        return [self.path] if self.checkpoint.files.is_gguf else list(self.path.iterdir())

    @property
    def family(self) -> str:
        """What kind of model it is."""
        return self.checkpoint.family.name

    @cached_property
    def files(self) -> tuple[FileOfWeights, ...]:
        """The files of its weights, all read through. Raises Problem where one is no longer what was opened."""
        store = self.checkpoint.store
        return tuple(FileOfWeights(path.name, file.size, file.sha256()) for path, file in store.files.items())

    def read_through(self, tell: Callable[[int, int], object]) -> None:
        """Read the files of its weights through, which `files` needs; `tell` hears how many bytes of how many."""
        files, done = self.checkpoint.store.files.values(), 0

        def count(nbytes: int) -> None:
            nonlocal done
            done += nbytes
            tell(done, sum(file.size for file in files))

        for file in files:
            file.sha256(count)

    @property
    def architecture(self) -> Architecture:
        """The model, as the checkpoint's own configuration says."""
        return self.checkpoint.architecture

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of how it was read."""
        return (*self.checkpoint.notes, *self._said)

    @property
    def tokenizer(self) -> Tokenizer | None:
        """What turns texts into ids; None where the files have none that can be read."""
        return None if isinstance(self._tokenizer, Problem) else self._tokenizer

    @cached_property
    def _tokenizer(self) -> Tokenizer | Problem:
        """What turns texts into ids, or why there is nothing that does: a model reads ids all the same."""
        from attn_explore.model.checkpoints.tokenizing import tokenizer_of

        files = self.checkpoint.files
        try:
            return tokenizer_of(files.path, self.checkpoint.vocabulary, files.settings if files.is_gguf else None)
        except Problem as problem:
            return problem

    @cached_property
    def special(self) -> SpecialIds:
        """The ids that begin a text, end it and fill it up; without a tokenizer, as far as the settings say."""
        return self._special_of_settings() if self.tokenizer is None else self.tokenizer.special

    def _special_of_settings(self) -> SpecialIds:
        from attn_explore.model.checkpoints.tokens.codec import SpecialIds

        def said(key: str) -> int | None:
            found = self.checkpoint.files.settings.get(f"{key}_token_id")
            return found if type(found) is int and 0 <= found < self.checkpoint.vocabulary else None

        end = said("eos")
        return SpecialIds(said("bos"), () if end is None else (end,), said("pad"), said("decoder_start"))

    @property
    def ends(self) -> frozenset[int]:
        """The ids that end a generated text."""
        return frozenset(self.special.ends)

    @property
    def around(self) -> Ids:
        """The ids that the tokenizer puts around a text, in their order: those of a text of nothing."""
        return () if self.tokenizer is None else self.tokenizer.encode("").ids

    @cached_property
    def vocabulary(self) -> Axis:
        """The rows of the embedding table, with the tokens that they stand for where there is a tokenizer."""
        tokenizer = self.tokenizer
        return Axis("vocabulary", self.checkpoint.vocabulary, tokenizer.labels if tokenizer else None)

    def parameters(self, shapes: Shapes) -> dict[str, Source]:
        """Where every parameter of `shapes` is stored. Raises Problem with all that does not fit."""
        return dict(self.checkpoint.parameters)

    def readings(self, config: InputConfig) -> dict[str, Reading]:
        """What each stack reads at first.

        Raises Problem for ids that the model does not have, and for a text that is longer than it reads.
        """
        if config not in self._read:
            found = dict(self._readings(config))
            for stack, reading in found.items():
                self._check(stack, reading)
            self._read[config] = found
        return self._read[config]

    def _readings(self, given: InputConfig) -> Iterator[tuple[str, Reading]]:
        model = self.architecture
        source = given.ids if given.ids is not None else self._encoded(given.text or "")
        more = given.max_new_tokens - 1 if generates(model, given) else 0  # the last word is not read any more
        if not model.has_decoder:
            yield "encoder", self._reading(source, given.pad_to)
        elif not model.has_encoder:
            yield "decoder", self._reading(source + self._behind(given), given.pad_to, more)
        else:
            yield "encoder", self._reading(source, given.pad_to)
            fed = self._fed(given)
            yield "decoder", Reading(self._labels(fed), len(fed), len(fed) + more, fed)

    def _behind(self, given: InputConfig) -> Ids:
        """The target of a decoder that stands alone goes on with the text."""
        if given.target_ids is not None:
            return given.target_ids
        return () if given.target is None else self._bare(self._encoded(given.target))

    def _fed(self, given: InputConfig) -> Ids:
        """What a decoder beside an encoder is fed: its start token, and the target without what ends it."""
        if given.target_ids is not None:
            return given.target_ids
        start = self.special.decoder_start
        if start is None:
            hint = "give `target_ids`, the start token included"
            raise Problem("the checkpoint does not say what its decoder begins with", hint=hint)
        target = () if given.target is None else self._encoded(given.target)
        return (start, *self._bare(target))

    def _encoded(self, text: str) -> Ids:
        tokenizer = self._tokenizer
        if isinstance(tokenizer, Problem):
            raise tokenizer
        found = tokenizer.encode(text)
        self._said.update(dict.fromkeys((*tokenizer.notes, *found.notes)))
        return found.ids

    def _bare(self, ids: Ids) -> Ids:
        """A text without what begins a text and what ends it."""
        begin = 1 if ids and ids[0] == self.special.start else 0
        end = next((place for place in range(len(ids), begin, -1) if ids[place - 1] not in self.ends), begin)
        return ids[begin:end]

    def _reading(self, ids: Ids, pad_to: int | None, more: int = 0) -> Reading:
        length, pad = max(len(ids), pad_to or 0), self.special.pad
        if length > len(ids) and pad is None:
            raise Problem("the checkpoint has no token that fills up", hint="leave `pad_to` out")
        filler = None if pad is None else Token(pad, self.vocabulary.label(pad))
        return Reading(self._labels(ids), length, length + more, ids, filler)

    def _labels(self, ids: Ids) -> tuple[str, ...]:
        size = self.vocabulary.size
        return tuple(self.vocabulary.label(each) if 0 <= each < size else str(each) for each in ids)

    def _check(self, stack: str, reading: Reading) -> None:
        size, longest = self.vocabulary.size, self.architecture.positions
        if not reading.length:
            raise Problem(f"there are no tokens for the {stack}", hint="give a text with at least one")
        outside = next((each for each in reading.ids or () if not 0 <= each < size), None)
        if outside is not None:
            what = f"there is no token {outside}: the embedding table has {size} rows"
            raise Problem(what, hint=f"take ids from 0 to {size - 1}")
        if longest is not None and reading.longest > longest:
            generated = " with those that are generated" if reading.longest > reading.length else ""
            what = f"the text has {reading.longest} tokens{generated}, and the model has {longest} positions"
            raise Problem(what, hint="take a shorter text")


def opened(path: Path) -> Opened:
    """Open the checkpoint in a folder or a file. Raises Problem when it cannot be read, or is none of those known."""
    from attn_explore.model.checkpoints.checkpoint import open_checkpoint

    return Opened(open_checkpoint(path))


def scenario_of(name: str, checkpoint: Opened, given: Mapping[str, Any], dtype: Dtype = "float32") -> Scenario:
    """The scenario of a checkpoint that reads what was given: keys of `input`; computed in `dtype`.

    One word is chosen, unless more are wanted. Raises Problem for what it cannot read.
    """
    reads = {"max_new_tokens": 1, **given}
    model = {"dtype": dtype, "weights": {"checkpoint": name}}
    data = {"title": Path(name).name, "model": model, "input": reads}
    return with_checkpoint(replace(scenario_from_dict(data, name), checkpoint=checkpoint))


def with_checkpoint(scenario: Scenario, allowed: Sequence[Path] = ()) -> Scenario:
    """The scenario with the model of the checkpoint that it names, if it names one.

    `allowed` are folders outside the scenario's own that it may lie in. Raises Problem when there is none, it cannot be
    read, or `model` says something else than it.
    """
    if scenario.model.weights.checkpoint is None:
        return scenario
    found = scenario.checkpoint
    if found is None:
        found = _open(scenario, scenario.model.weights.checkpoint, allowed)
    is_said = scenario.source.holds(("model", "dtype"))
    model = replace(
        found.architecture,
        dtype=scenario.model.dtype if is_said else "float32",
        weights=scenario.model.weights,
    )
    _check_agrees(scenario, found.architecture)
    return replace(scenario, model=model, checkpoint=found)


def _open(scenario: Scenario, name: str, allowed: Sequence[Path]) -> Opened:
    folder = scenario.source.folder
    if folder is None:
        raise scenario.problem_at(CHECKPOINT, "files that a trace names are not opened", "run the scenario's own file")
    try:
        return opened(model_by_name(scenario) or resolve_inside(folder, name, allowed))
    except Problem as problem:
        if problem.path is not None:
            raise
        raise scenario.problem_at(CHECKPOINT, problem.what, problem.hint) from problem


def model_by_name(scenario: Scenario) -> Path | None:
    """Where the model lies whose name a scenario says; None where it says a path, or nothing.

    Raises Problem where there is none of this name in the usual places.
    """
    from attn_explore.model.checkpoints.locating import locate_name

    folder, name = scenario.source.folder, scenario.model.weights.checkpoint
    if folder is None or name is None or not _IS_NAME.fullmatch(name) or (folder / name).exists():
        return None
    try:
        return locate_name(name).path
    except Problem as problem:
        raise scenario.problem_at(CHECKPOINT, problem.what, problem.hint) from problem


def _check_agrees(scenario: Scenario, architecture: ModelConfig) -> None:
    """Raise Problem for the first key of `model` that says something else than the checkpoint."""
    if isinstance(scenario.model, Architecture):
        return  # it is the checkpoint's
    said: dict[str, Any] = scenario.source.at(("model",)) or {}
    for key in said:
        wanted, found = getattr(scenario.model, key), getattr(architecture, key)
        if key not in OPEN and wanted != found:
            what = f"{key} is {wanted} here and {found} in the checkpoint"
            raise scenario.problem_at(("model", key), what, f"leave `{key}` out")
