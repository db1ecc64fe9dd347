"""A tokenizer.json made of what other files hold: the tokenizers package reads nothing else here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from attn_explore.model.checkpoints.tokens.codec import Source, SpecialIds
from attn_explore.model.checkpoints.tokens.library import Library
from attn_explore.model.checkpoints.tokens.tokenizer_json import TokenizerJson
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary

Data = dict[str, Any]
Tokens = Sequence[tuple[int, str]]
"""Tokens with their ids."""


def document(model: Data, **parts: Any) -> Data:
    """A tokenizer.json around a model."""
    empty = dict.fromkeys(("truncation", "padding", "normalizer", "pre_tokenizer", "post_processor", "decoder"))
    return {"version": "1.0", "added_tokens": [], **empty, **parts, "model": model}


def byte_level(vocab: Mapping[str, int], merges: Sequence[Sequence[str]], words: Data, **parts: Any) -> Data:
    """One of GPT-2's kind, whose texts are cut into `words` before bytes are joined."""
    model = {
        "type": "BPE",
        **dict.fromkeys(("dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix")),
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": parts.pop("ignore_merges", False),
        "vocab": vocab,
        "merges": merges,
    }
    return document(model, pre_tokenizer=words, decoder=in_bytes(), **parts)


def in_bytes(*, has_prefix: bool = False, cuts: bool = True) -> Data:
    """Writes a text in GPT-2's alphabet, perhaps with a space before it, and `cuts` it into words GPT-2's way."""
    return {"type": "ByteLevel", "add_prefix_space": has_prefix, "trim_offsets": True, "use_regex": cuts}


def added_token(place: int, token: str, *, special: bool = True, **flags: bool) -> Data:
    """A token that is found in a text as it is."""
    plain = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": place, "content": token, "special": special, **plain, **flags}


def template(before: Tokens, behind: Tokens) -> Data | None:
    """What puts tokens before and behind a text; None where there are none."""
    if not before and not behind:
        return None
    first, last = ([{"SpecialToken": {"id": token, "type_id": 0}} for _, token in each] for each in (before, behind))
    single = [*first, {"Sequence": {"id": "A", "type_id": 0}}, *last]
    special = {token: {"id": token, "ids": [place], "tokens": [token]} for place, token in (*before, *behind)}
    pair = [*single, {"Sequence": {"id": "B", "type_id": 1}}]
    return {"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": special}


def place_given_twice(words: Sequence[str]) -> int | None:
    """The first place at which a word stands that stood before; None where there is none."""
    if len(set(words)) == len(words):
        return None
    first: dict[str, int] = {}
    return next(place for place, word in enumerate(words) if first.setdefault(word, place) != place)


def vocabulary_of(data: Data, path: Path) -> Vocabulary:
    """The tokens of an assembled tokenizer.json, checked. Problems are told of the file that it was made of."""
    return TokenizerJson(data, path).vocabulary()


def source_of(data: Data, path: Path, vocabulary: Vocabulary, special: SpecialIds) -> Source:
    """The tokenizer that an assembled tokenizer.json describes."""
    return Source(path, vocabulary, Library(orjson.dumps(data), path, vocabulary.added), special)
