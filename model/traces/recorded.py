"""What a trace says of a checkpoint: all that the run has to be planned again by, and no number of it.

    "checkpoint": {"family": "Llama", "architecture": {…}, "vocabulary": {"size": 1024, "labels": {"4": "on"}},
                   "reads": {"decoder": {"ids": [4, 181], "padding": 2}}, "generated": [100], "ends": [1],
                   "files": [{"name": "model.safetensors", "size": 3414472, "sha256": "4cc5…"}]}

Labels are those of the words that occur: of all words, where a step is in the trace that has a number for each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from attn_explore.model.architecture import Architecture, architecture_of
from attn_explore.model.axes import Axis, sizes
from attn_explore.model.config import InputConfig
from attn_explore.model.dataclass import dataclass
from attn_explore.model.labels import Labels
from attn_explore.model.named_checkpoint import NamedCheckpoint
from attn_explore.model.parameters import Shapes
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.source import KeyPath, dotted
from attn_explore.model.scenario.tokens import FileOfWeights, Reading, Token, generates
from attn_explore.model.sources import Elsewhere
from attn_explore.model.text import figure, visible
from attn_explore.model.traces.architectures import architecture_from, as_data
from attn_explore.model.traces.wanted import Contents

CHECKPOINT = "checkpoint"
"""The key of it in a trace, after all others."""

Data = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Recorded:
    """A checkpoint that a trace tells of; its files are not opened. `given` is what the run read."""

    family: str
    architecture: Architecture
    vocabulary: Axis
    given: InputConfig
    reads: Mapping[str, Reading]
    generated: tuple[Token, ...]
    ends: frozenset[int]
    files: tuple[FileOfWeights, ...]
    notes: tuple[str, ...] = ()
    inputs: tuple[Path, ...] = ()

    def read_through(self, tell: Callable[[int, int], object]) -> None:
        """Nothing: what the files are is said in the trace."""

    def readings(self, config: InputConfig) -> Mapping[str, Reading]:
        """What each stack read at first. Raises Problem for another text."""
        if config != self.given:
            raise Problem("a trace has run already, and reads nothing else", hint="run the model itself")
        return self.reads

    def parameters(self, shapes: Shapes) -> Mapping[str, Elsewhere]:
        """Where they are, which is not here."""
        return {name: stored_elsewhere(name, sizes(axes), {}) for name, axes in shapes.items()}


def stored_elsewhere(name: str, shape: tuple[int, ...], described: Mapping[str, object]) -> Elsewhere:
    """A parameter whose numbers a trace does not hold; `described` is what it says of where they are."""
    where = described.get("file", "another file")
    hint = "run the model itself, or export it with --parameters"
    return Elsewhere(f"{name} is stored in {where}, not in this trace", shape, hint, described)


class Occurring(Labels):
    """The labels of the words that a trace names; of the others, it has their numbers."""

    def __init__(self, size: int, words: Mapping[int, str]) -> None:
        self._size, self._words = size, words

    def label(self, place: int) -> str:
        """See `Labels.label`."""
        return self._words.get(place, str(place))

    def first(self, word: str) -> int | None:
        """See `Labels.first`."""
        return self._places.get(word)

    def is_unique(self, place: int) -> bool:
        """See `Labels.is_unique`."""
        return self._times[visible(self.label(place))] <= 1

    def __len__(self) -> int:
        return self._size

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Occurring) and (self._size, self._words) == (other._size, other._words)

    def __hash__(self) -> int:
        return hash((self._size, len(self._words)))

    @cached_property
    def _places(self) -> Mapping[str, int]:
        """Where each word stands first, as it is or as it is shown."""
        last_first = sorted(self._words.items(), reverse=True)
        return {visible(word): place for place, word in last_first} | {word: place for place, word in last_first}

    @cached_property
    def _times(self) -> Mapping[str, int]:
        return Counter(visible(word) for word in self._words.values())


# --- writing


def checkpoint_data(checkpoint: NamedCheckpoint, contents: Contents) -> Data:
    """What an export says of the checkpoint of its run. Raises Problem where a file is no longer what was opened."""
    reads = {
        stack: {"ids": list(reading.padded_ids() or ()), "padding": reading.pad and reading.pad.id}
        for stack, reading in contents.scenario.readings().items()
    }
    return {
        "family": checkpoint.family,
        "architecture": as_data(architecture_of(contents.scenario.model)),
        "vocabulary": {"size": checkpoint.vocabulary.size, "labels": _labels(checkpoint.vocabulary, reads, contents)},
        "reads": reads,
        "generated": contents.trace.generated,
        "ends": sorted(checkpoint.ends),
        "files": [file._asdict() for file in checkpoint.files],
    }


def _labels(vocabulary: Axis, reads: Mapping[str, Data], contents: Contents) -> Mapping[str, str] | None:
    if vocabulary.labels is None:
        return None
    if any(vocabulary.name in step.names for step in contents.chosen):
        return {str(place): label for place, label in enumerate(vocabulary.labels)}
    occurring = {*contents.trace.generated}
    for read in reads.values():
        occurring |= {*read["ids"], *([] if read["padding"] is None else [read["padding"]])}
    return {str(place): vocabulary.labels[place] for place in sorted(occurring)}


# --- reading


@dataclass(frozen=True)
class _Record:
    """What stands at a path of keys in a trace."""

    data: Any
    path: Path
    keys: KeyPath = (CHECKPOINT,)

    def refuse(self, what: str, keys: KeyPath = ()) -> Problem:
        """What is wrong here, or at keys below."""
        return Problem(what, path=self.path, place=dotted((*self.keys, *keys)), hint="export it again")

    def object(self, *wanted: str) -> Mapping[str, _Record]:
        """What stands at each of these keys, which must be all there are. Raises Problem for any other."""
        if not isinstance(self.data, dict):
            raise self.refuse("this must be an object")
        for key in (*wanted, *self.data):
            if key not in self.data or key not in wanted:
                raise self.refuse("this is missing" if key in wanted else "there is no such key", (key,))
        return {key: _Record(self.data[key], self.path, (*self.keys, key)) for key in wanted}

    def items(self) -> Iterator[_Record]:
        """What stands in a list."""
        if not isinstance(self.data, list):
            raise self.refuse("this must be a list")
        return (_Record(item, self.path, (*self.keys, place)) for place, item in enumerate(self.data))

    def text(self) -> str:
        """A text."""
        if not isinstance(self.data, str):
            raise self.refuse("this must be a text")
        return self.data

    def whole(self, least: int = 0, below: int | None = None) -> int:
        """A whole number from `least` on."""
        if type(self.data) is not int or self.data < least or (below is not None and self.data >= below):
            to = f" to {below - 1}" if below is not None else " on"
            raise self.refuse(f"this must be a whole number from {least}{to}")
        return self.data

    def wholes(self, below: int) -> tuple[int, ...]:
        """Whole numbers from 0."""
        return tuple(item.whole(below=below) for item in self.items())


def recorded(data: Any, scenario: Scenario, path: Path) -> Recorded:
    """The checkpoint that a trace of a scenario tells of. Raises Problem, with the key, for what cannot be."""
    record = _Record(data, path)
    said = record.object("family", "architecture", "vocabulary", "reads", "generated", "ends", "files")

    def refuse(keys: KeyPath, what: str) -> Problem:
        return said["architecture"].refuse(what, keys)

    architecture = architecture_from(said["architecture"].data, scenario.model, refuse)
    vocabulary = _vocabulary(said["vocabulary"])
    stacks = {"encoder": architecture.has_encoder, "decoder": architecture.has_decoder}
    read = said["reads"].object(*(stack for stack, is_there in stacks.items() if is_there))
    generated = said["generated"].wholes(vocabulary.size)
    found = Recorded(
        family=said["family"].text(),
        architecture=architecture,
        vocabulary=vocabulary,
        given=scenario.input,
        reads={stack: _reading(each, stack, architecture, vocabulary, scenario.input) for stack, each in read.items()},
        generated=tuple(Token(each, vocabulary.label(each)) for each in generated),
        ends=frozenset(said["ends"].wholes(vocabulary.size)),
        files=tuple(map(_file, said["files"].items())),
    )
    _check_generated(found, said["generated"])
    return found


def _vocabulary(record: _Record) -> Axis:
    said = record.object("size", "labels")
    size, labels = said["size"].whole(least=1), said["labels"]
    if labels.data is None:
        return Axis("vocabulary", size)
    if not isinstance(labels.data, dict):
        raise labels.refuse("this must be an object, or null")
    if (lost := next((key for key in labels.data if not _is_place(key, size)), None)) is not None:
        raise labels.refuse(f"labels stand at the numbers of words, from 0 to {figure(size - 1)}", (lost,))
    words = {int(key): _Record(word, labels.path, (*labels.keys, key)).text() for key, word in labels.data.items()}
    return Axis("vocabulary", size, Occurring(size, words))


def _is_place(key: str, size: int) -> bool:
    """Whether a key is a whole number below `size`, as it is written here."""
    is_short = key.isascii() and key.isdecimal() and len(key) <= len(str(size))
    return is_short and str(int(key)) == key and int(key) < size


def _reading(record: _Record, stack: str, model: Architecture, vocabulary: Axis, given: InputConfig) -> Reading:
    said = record.object("ids", "padding")
    ids, padding = said["ids"].wholes(vocabulary.size), said["padding"]
    pad = None if padding.data is None else padding.whole(below=vocabulary.size)
    more = given.max_new_tokens - 1 if stack == "decoder" and generates(model, given) else 0
    longest = len(ids) + more
    if not ids:
        raise said["ids"].refuse("there are no tokens")
    if model.positions is not None and longest > model.positions:
        raise said["ids"].refuse(f"these are {longest} tokens, and the model has {model.positions} positions")
    words = tuple(map(vocabulary.label, ids))
    return Reading(words, len(ids), longest, ids, None if pad is None else Token(pad, vocabulary.label(pad)))


def _file(record: _Record) -> FileOfWeights:
    said = record.object("name", "size", "sha256")
    return FileOfWeights(said["name"].text(), said["size"].whole(), said["sha256"].text())


def _check_generated(found: Recorded, record: _Record) -> None:
    """Words are chosen one after the other until one ends the text, or there are as many as were wanted."""
    is_chosen = generates(found.architecture, found.given)
    most = found.given.max_new_tokens if is_chosen else 0
    ended = [place for place, token in enumerate(found.generated) if token.id in found.ends]
    is_over = ended[:1] == [len(found.generated) - 1] if ended else len(found.generated) >= most - 1
    if len(found.generated) > most or not is_over:
        raise record.refuse("these are not the words that its decoder chose")
