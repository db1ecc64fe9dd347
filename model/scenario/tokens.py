"""The tokens of a scenario: what each stack reads, and the words that it knows.

An encoder reads the input; a decoder beside it reads `<s>` and the target; a decoder alone reads the input and, behind
it, the target. Where a decoder has no target it generates one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from attn_explore.model.config import InputConfig, ModelConfig
from attn_explore.model.dataclass import dataclass

PAD = "<pad>"
"""The token that fills an input up to its length."""
START = "<s>"
"""What a decoder beside an encoder begins with."""
END = "</s>"
"""What ends a generated text."""

Words = tuple[str, ...]
Wanted = tuple[str | None, ...]
"""What a model should say: a word or label for each row of its logits, None where nothing is asked."""


def tokens_of(config: InputConfig) -> Words:
    """List the tokens of an input, without padding.

    Characters are Unicode code points, and spaces are left out; vectors are called x0, x1, …, and ids as they are.

    >>> tokens_of(InputConfig(text="I love my dog"))
    ('I', 'love', 'my', 'dog')
    """
    if config.tokens is not None:
        return config.tokens
    if config.vectors is not None:
        return _names("x", config.vectors)
    if config.ids is not None:
        return tuple(map(str, config.ids))
    return _split(config.text or "", config)


def target_of(config: InputConfig) -> Words | None:
    """List the tokens of a target, or None where there is none; vectors are called y0, y1, …"""
    if config.target_tokens is not None:
        return config.target_tokens
    if config.target_vectors is not None:
        return _names("y", config.target_vectors)
    if config.target_ids is not None:
        return tuple(map(str, config.target_ids))
    return None if config.target is None else _split(config.target, config)


def labels_of(model: ModelConfig, config: InputConfig) -> Wanted:
    """List the labels that a target gives a text, or each of its words: None for padding.

    >>> labels_of(ModelConfig(head="tokens"), InputConfig(text="I love", target="pronoun verb", pad_to=3))
    ('pronoun', 'verb', None)
    """
    if model.head == "sequence":
        return config.target_tokens or ((config.target or "").strip(),)
    labels = config.target_tokens or tuple((config.target or "").split())
    return labels + (None,) * (readings(model, config)["encoder"].length - len(labels))


def wanted_of(model: ModelConfig, config: InputConfig) -> Wanted:
    """List what a model should say, whose input has a target.

    A decoder should say the next word of its target, and one beside an encoder the end of it; other heads say labels.

    >>> wanted_of(ModelConfig(kind="decoder"), InputConfig(text="a b", target="c d"))
    (None, 'c', 'd', None)
    """
    if not model.has_decoder:
        return labels_of(model, config)
    read = readings(model, config)["decoder"].padded()
    if model.has_encoder:
        return (*read[1:], END)
    start = len(tokens_of(config))
    end = start + len(target_of(config) or ())
    return tuple(read[place + 1] if start <= place + 1 < end else None for place in range(len(read)))


def generates(model: ModelConfig, config: InputConfig) -> bool:
    """Whether the decoder chooses its words itself."""
    return model.has_decoder and model.head == "vocabulary" and target_of(config) is None


class Token(NamedTuple):
    """A token of a checkpoint: its row in the embedding table, and how it is shown."""

    id: int
    label: str


@dataclass(frozen=True)
class Reading:
    """What one stack reads: its tokens, how many there are with padding, and how many when all are generated.

    Of a checkpoint, `ids` are the tokens' rows in its table, and `pad` is the token that fills up. `fills` says which
    of the tokens fill up, where that is not told by their ids.
    """

    tokens: Words
    length: int
    longest: int
    ids: tuple[int, ...] | None = None
    pad: Token | None = None
    fills: tuple[bool, ...] | None = None

    @property
    def has_padding(self) -> bool:
        """Whether there is a token that only fills up."""
        return self.length > len(self.tokens) or any(self._is_padding())

    @property
    def padding_before(self) -> int:
        """How many tokens before the first word only fill up; none where there is no word."""
        return next((place for place, is_padding in enumerate(self._is_padding()) if not is_padding), 0)

    def padded(self) -> Words:
        """The tokens with their padding."""
        return self.tokens + (self.pad.label if self.pad else PAD,) * (self.length - len(self.tokens))

    def padded_ids(self) -> tuple[int, ...] | None:
        """The ids with those of the padding; None where words have the rows of their own table."""
        if self.ids is None:
            return None
        return self.ids + (self.pad.id if self.pad else 0,) * (self.length - len(self.ids))

    def padding(self) -> tuple[bool, ...]:
        """Which of the tokens only fill up."""
        return (*self._is_padding(), *(True,) * (self.length - len(self.tokens)))

    def _is_padding(self) -> Iterator[bool]:
        if self.fills is not None:
            yield from self.fills
        elif self.ids is None:
            yield from (word == PAD for word in self.tokens)
        else:
            yield from (self.pad is not None and token == self.pad.id for token in self.ids)


def readings(model: ModelConfig, config: InputConfig) -> dict[str, Reading]:
    """What each stack of the model reads at first."""
    source, target = tokens_of(config), target_of(config)
    more = config.max_new_tokens - 1 if generates(model, config) else 0  # the last word is not read any more
    if not model.has_decoder:
        return {"encoder": _reading(source, config.pad_to)}
    if not model.has_encoder:
        return {"decoder": _reading(source + (target or ()), config.pad_to, more)}
    return {"encoder": _reading(source, config.pad_to), "decoder": _reading(_after_start(target, config), None, more)}


def vocabularies(model: ModelConfig, config: InputConfig, read: Mapping[str, Reading]) -> dict[str, Words]:
    """The words that each stack knows: what its head chooses from, then what it reads, in order of appearance."""
    found = {}
    for stack, reading in read.items():
        beside = (START, END) if stack == "decoder" and model.has_encoder and config.target_vectors is None else ()
        chosen = model.classes if stack == predicting_stack(model) and model.head == "vocabulary" else ()
        known = config.vocabulary if stack == reading_stack(model) else ()
        padding = (PAD,) if reading.has_padding else ()
        found[stack] = _distinct((*beside, *chosen, *known, *reading.tokens, *padding))
    return found


def reading_stack(model: ModelConfig) -> str:
    """The stack that reads the input."""
    return "encoder" if model.has_encoder else "decoder"


class FileOfWeights(NamedTuple):
    """A file that parameters are stored in, so that it can be told from any other."""

    name: str
    size: int
    sha256: str


class Checkpoint(Protocol):
    """What a scenario knows of the checkpoint that it names, once that is open."""

    @property
    def family(self) -> str:
        """What kind of model it is, as people write it."""

    @property
    def architecture(self) -> ModelConfig:
        """The model, as the checkpoint's own configuration says."""

    @property
    def files(self) -> tuple[FileOfWeights, ...]:
        """What its parameters are stored in. Raises Problem for a file that is no longer what was opened."""

    def read_through(self, tell: Callable[[int, int], object]) -> None:
        """Do what `files` takes its time for; `tell` hears how many bytes of how many were read."""

    @property
    def inputs(self) -> Sequence[Path]:
        """The files on this machine that it may be read from."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said of how it was read."""

    @property
    def ends(self) -> frozenset[int]:
        """The ids that end a generated text."""

    def readings(self, config: InputConfig) -> Mapping[str, Reading]:
        """What each stack reads at first. Raises Problem for what the tokenizer or the model cannot take."""


def predicting_stack(model: ModelConfig) -> str:
    """The stack that the head reads."""
    return "decoder" if model.has_decoder else "encoder"


def _reading(tokens: Words, pad_to: int | None, more: int = 0) -> Reading:
    length = max(len(tokens), pad_to or 0)
    return Reading(tokens, length, length + more)


def _after_start(target: Words | None, config: InputConfig) -> Words:
    if config.target_vectors is not None or (target and target[0] == START):
        return target or ()
    return (START, *(target or ()))


def _split(text: str, config: InputConfig) -> Words:
    words = text.split()
    return tuple("".join(words)) if config.tokenizer == "character" else tuple(words)


def _names(letter: str, rows: tuple[object, ...]) -> Words:
    return tuple(f"{letter}{position}" for position in range(len(rows)))


def _distinct(words: Iterable[str]) -> Words:
    return tuple(dict.fromkeys(words))
