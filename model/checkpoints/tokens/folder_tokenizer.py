"""Where a folder has its tokenizer, and which ids begin, end and fill up a text.

A folder says the ids in up to three files, which may disagree. What a model generates by is believed first:
generation_config.json, then config.json; then what tokenizer_config.json says of the tokens themselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from glob import glob
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.model_files import read_settings
from attn_explore.model.checkpoints.tokens.assembled import source_of, vocabulary_of
from attn_explore.model.checkpoints.tokens.codec import Source, SpecialIds
from attn_explore.model.checkpoints.tokens.library import Library
from attn_explore.model.checkpoints.tokens.tokenizer_json import TokenizerJson
from attn_explore.model.checkpoints.tokens.vocab_files import BUILDERS, VocabFiles, class_of
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary
from attn_explore.model.files.regular import read_regular
from attn_explore.model.files.strict_json import Advice, read_json
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip

LARGEST_TOKENIZER = 100 * 2**20
"""Bytes of a tokenizer.json that are read: that of a vocabulary of 260,000 words has 35 MB."""

_MEMORY, _MEMORY_FOR_A_BYTE = 2**24, 8
"""Bytes of memory that a file may take, and that each of its bytes may: pairs of tokens take 4."""
_SAYING_IDS = ("generation_config.json", "config.json", "tokenizer_config.json")
_PARTS = (("vocab.json", "merges.txt"), ("vocab.txt",))
_SENTENCEPIECE = ("spiece.model", "source.spm", "*.spm", "*.model")
_LONGEST = 60

_GIVE_IDS = "give the ids of a text: --ids 1,2,3"
_CONVERT = (
    "transformers makes a tokenizer.json in the folder, where there is one for this model: "
    "python -c \"import transformers; transformers.AutoTokenizer.from_pretrained('.').save_pretrained('.')\""
)


def folder_source(folder: Path) -> Source:
    """The tokenizer of a folder. Raises Problem where there is none, or it cannot be read."""
    if os.path.lexists(folder / "tokenizer.json"):
        return _of_json(folder)
    if any(all(os.path.lexists(folder / name) for name in names) for names in _PARTS):
        return _of_parts(folder)
    found = next((name for pattern in _SENTENCEPIECE for name in sorted(glob(pattern, root_dir=folder))), None)
    if found is None:
        raise Problem("there is no tokenizer.json in this folder", path=folder, hint=_GIVE_IDS)
    what = f"there is no tokenizer.json in this folder, and {clip(found, _LONGEST)} is not read"
    raise Problem(what, path=folder, hint=f"{_GIVE_IDS}; {_CONVERT}")


def _of_json(folder: Path) -> Source:
    path = folder / "tokenizer.json"
    content = read_regular(path, LARGEST_TOKENIZER)
    advice = Advice(damaged="tokenizer.json is JSON, as the tokenizers package writes it")
    data = read_json(content, path, _MEMORY + _MEMORY_FOR_A_BYTE * len(content), advice)
    if not isinstance(data, dict):
        raise Problem("this is no tokenizer: it is no object", path=path)
    document = TokenizerJson(data, path)
    vocabulary = document.vocabulary()
    codec = Library(content, path, vocabulary.added)
    is_begun = _settings(folder / "tokenizer_config.json").get("add_bos_token")
    return Source(
        path,
        vocabulary,
        codec,
        special_ids(folder, vocabulary),
        tuple(document.notes),
        is_begun if isinstance(is_begun, bool) else None,
    )


def _of_parts(folder: Path) -> Source:
    """A tokenizer in several files."""
    config, settings = (_settings(folder / name) for name in ("config.json", "tokenizer_config.json"))
    settings = {**settings, **_settings(folder / "special_tokens_map.json")}
    name = class_of(settings, config)
    build = BUILDERS.get(name or "")
    if build is None:
        what = f"a tokenizer of the class {clip(str(name), _LONGEST)} is read from tokenizer.json only"
        raise Problem(what, path=folder, hint=f"{_GIVE_IDS}; {_CONVERT}")
    data = build(VocabFiles(folder, settings))
    vocabulary = vocabulary_of(data, folder)
    return source_of(data, folder, vocabulary, special_ids(folder, vocabulary))


# --- the ids of a role


def special_ids(folder: Path, vocabulary: Vocabulary) -> SpecialIds:
    """The special ids that the files of a folder name, of those that the vocabulary has."""
    said = [_settings(folder / name) for name in _SAYING_IDS]
    found = {role: _first(said, role, vocabulary) for role in ("bos", "cls", "eos", "pad", "decoder_start")}
    starts = found["bos"] or found["cls"]
    return SpecialIds(_one(starts), found["eos"], _one(found["pad"]), _one(found["decoder_start"]))


def _settings(path: Path) -> Mapping[str, Any]:
    """What a file of settings says; nothing where there is none."""
    found = read_settings(path) if os.path.lexists(path) else {}
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
