"""Where a folder has its tokenizer, and which ids begin, end and fill up a text.

A folder says the ids in up to three files, which may disagree. What a model generates by is believed first:
generation_config.json, then config.json; then what tokenizer_config.json says of the tokens themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.tokens.library import Library
from attn_explore.model.checkpoints.tokens.tokenizer_json import TokenizerJson
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.strict_json import Advice, read_json
from attn_explore.model.problems import Problem

LARGEST_TOKENIZER = 100 * 2**20
"""Bytes of a tokenizer.json that are read: that of a vocabulary of 260,000 words has 35 MB."""
LARGEST_SETTINGS = 8 * 2**20
"""Bytes of a file of settings: some list a thousand added tokens."""

_MEMORY = 20
"""Bytes of memory that a byte of JSON may take."""
_SETTINGS = ("generation_config.json", "config.json", "tokenizer_config.json")


@dataclass(frozen=True)
class SpecialIds:
    """The ids that begin a text, end it and fill it up, and the one that a decoder beside an encoder begins with."""

    start: int | None = None
    ends: tuple[int, ...] = ()
    pad: int | None = None
    decoder_start: int | None = None


@dataclass(frozen=True)
class Source:
    """What a file says of a tokenizer, and what turns texts into ids as it says."""

    path: Path
    vocabulary: Vocabulary
    codec: Library
    special: SpecialIds
    notes: tuple[str, ...]


def folder_source(folder: Path) -> Source:
    """The tokenizer of a folder. Raises Problem where there is none, or it cannot be read."""
    path = folder / "tokenizer.json"
    content = read_regular(path, LARGEST_TOKENIZER)
    advice = Advice(damaged="tokenizer.json is JSON, as the tokenizers package writes it")
    data = read_json(content, path, _MEMORY * LARGEST_TOKENIZER, advice)
    if not isinstance(data, dict):
        raise Problem("this is no tokenizer: it is no object", path=path)
    document = TokenizerJson(data, path)
    vocabulary = document.vocabulary()
    codec = Library(content, path, vocabulary.added)
    return Source(path, vocabulary, codec, special_ids(folder, vocabulary), tuple(document.notes))


# --- the ids of a role


def special_ids(folder: Path, vocabulary: Vocabulary) -> SpecialIds:
    """The special ids that the files of a folder name, of those that the vocabulary has."""
    said = [_settings(folder / name) for name in _SETTINGS]
    found = {role: _first(said, role, vocabulary) for role in ("bos", "cls", "eos", "pad", "decoder_start")}
    starts = found["bos"] or found["cls"]
    return SpecialIds(_one(starts), found["eos"], _one(found["pad"]), _one(found["decoder_start"]))


def _settings(path: Path) -> Mapping[str, Any]:
    """What a file of settings says; nothing where there is none."""
    if not path.exists():
        return {}
    found = read_json(read_regular(path, LARGEST_SETTINGS), path, _MEMORY * LARGEST_SETTINGS)
    if not isinstance(found, dict):
        raise Problem("these are no settings: they are no object", path=path)
    return found


def _first(said: Iterable[Mapping[str, Any]], role: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """The ids of a role in the first file that names some."""
    return next(filter(None, (tuple(_ids(settings, role, vocabulary)) for settings in said)), ())


def _ids(settings: Mapping[str, Any], role: str, vocabulary: Vocabulary) -> Iterator[int]:
    """The ids of a role by number, one or a list of them, or by the token: itself, or an object that holds it."""
    numbers, token = settings.get(f"{role}_token_id"), settings.get(f"{role}_token")
    for place in numbers if isinstance(numbers, list) else [numbers]:
        if type(place) is int and place in vocabulary.tokens:
            yield place
    content = token.get("content") if isinstance(token, dict) else token
    if numbers is None and isinstance(content, str) and content in vocabulary.ids:
        yield vocabulary.ids[content]


def _one(ids: tuple[int, ...]) -> int | None:
    return next(iter(ids), None)
