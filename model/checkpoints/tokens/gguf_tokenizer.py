"""The tokenizer in a GGUF file: byte-level BPE, or SentencePiece with scores, as llama.cpp reads them.

The file names the pattern by which it cuts a text into words (`tokenizer.ggml.pre`) and does not hold it. A name that
is not in the table below is refused: with another pattern the ids would be nearly right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.tokens.assembled import (
    added_token,
    byte_level,
    in_bytes,
    place_given_twice,
    source_of,
    template,
    vocabulary_of,
)
from attn_explore.model.checkpoints.tokens.codec import Source, SpecialIds
from attn_explore.model.checkpoints.tokens.pieces import Pieces
from attn_explore.model.checkpoints.tokens.spelling import METASPACE
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.text import clip

_KEY = "tokenizer.ggml."
_UNKNOWN, _CONTROL, _USER_DEFINED = 2, 3, 4
"""Types of tokens that are found in a text as they are."""
_LONGEST = 60


# --- words

_CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_LLAMA_3 = (
    rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_QWEN_2 = _LLAMA_3.replace(r"\p{N}{1,3}", r"\p{N}")
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_GPT_4O = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTIONS}?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True)
class Words:
    """How a text is cut into words: GPT-2's way where there is no `pattern`, after digits where they stand alone.

    A word that is a token may be taken as it is (`is_taken_whole`), and a token may be put before a text unless the
    file says otherwise.
    """

    pattern: str = ""
    digits_alone: bool = False
    is_taken_whole: bool = False
    has_start: bool = False

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The same as a tokenizer.json says it."""
        split = {"type": "Split", "pattern": {"Regex": self.pattern}, "behavior": "Isolated", "invert": False}
        digits = {"type": "Digits", "individual_digits": True}
        return [
            *([digits] if self.digits_alone else []),
            *([split] if self.pattern else []),
            in_bytes(cuts=not self.pattern),
        ]


WORDS: Mapping[str, Words] = {
    **dict.fromkeys(("gpt-2", "phi-2", "olmo", "mpt", "exaone4", "trillion"), Words()),
    **dict.fromkeys(("smollm", "starcoder", "refact", "command-r", "codeshell", "exaone"), Words(digits_alone=True)),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "kormo"), Words(_QWEN_2)),
    **dict.fromkeys(
        ("llama-bpe", "llama3", "llama-v3", "falcon3", "lfm2"), Words(_LLAMA_3, is_taken_whole=True, has_start=True)
    ),
    **dict.fromkeys(("dbrx", "smaug-bpe"), Words(_LLAMA_3)),
    "tekken": Words(_TEKKEN, is_taken_whole=True, has_start=True),
    **dict.fromkeys(("gpt-4o", "llama4"), Words(_GPT_4O)),
}
"""How a text is cut into words, by the name that a file gives it."""


# --- the file


def gguf_source(metadata: Mapping[str, Any], path: Path) -> Source:
    """The tokenizer in the metadata of a GGUF file. Raises Problem where there is none that is known."""
    kind = metadata.get(f"{_KEY}model")
    if kind not in ("gpt2", "llama"):
        what = "this file has no tokenizer" if kind is None else f"a tokenizer of the kind {clip(str(kind), _LONGEST)}"
        hint = "gpt2 and llama are read; or give the ids of a text: --ids 1,2,3"
        raise Problem(what if kind is None else f"{what} is not known", path=path, place=f"{_KEY}model", hint=hint)
    said = _Said(metadata, path)
    return _byte_level(said) if kind == "gpt2" else _sentence_piece(said)


@dataclass(frozen=True)
class _Said:
    """The metadata of a file, read with a look at what it holds."""

    metadata: Mapping[str, Any]
    path: Path

    def problem(self, key: str, what: str, hint: str = "") -> Problem:
        """What is wrong with a key."""
        return Problem(what, path=self.path, place=f"{_KEY}{key}", hint=hint)

    def flag(self, key: str, otherwise: bool) -> bool:
        """Whether something is done."""
        found = self.metadata.get(f"{_KEY}{key}", otherwise)
        if not isinstance(found, bool):
            raise self.problem(key, "this is neither true nor false")
        return found

    def place(self, key: str, count: int, otherwise: int | None = None) -> int | None:
        """The id of a special token among so many tokens; one beyond them does not count."""
        found = self.metadata.get(f"{_KEY}{key}_token_id", otherwise)
        return found if type(found) is int and 0 <= found < count else None

    def tokens(self) -> list[str]:
        """The tokens by their ids; none stands there twice."""
        listed = self._list("tokens", {str})
        tokens = [token or f"[EMPTY_{place}]" for place, token in enumerate(listed)]
        twice = place_given_twice(tokens)
        if twice is not None:
            raise self.problem("tokens", f"the token {clip(tokens[twice], _LONGEST)!r} stands here twice")
        return tokens

    def types(self, count: int) -> list[int]:
        """The type of each token."""
        if f"{_KEY}token_type" not in self.metadata:
            return [1] * count
        return self._list("token_type", {int}, count)

    def scores(self, count: int) -> list[float]:
        """The score of each token."""
        found = self._list("scores", {int, float}, count)
        if not all(map(math.isfinite, found)):
            raise self.problem("scores", "a score is no finite number")
        return found

    def merges(self) -> list[list[str]]:
        """The pairs of tokens that are joined, in their order."""
        pairs = [merge.split(" ") for merge in self._list("merges", {str})]
        wrong = next((place for place, pair in enumerate(pairs) if len(pair) != 2), None)
        if wrong is not None:
            raise self.problem("merges", f"number {wrong} is no pair of tokens")
        return pairs

    def _list(self, key: str, kinds: set[type], count: int | None = None) -> list[Any]:
        found = self.metadata.get(f"{_KEY}{key}")
        if not isinstance(found, Sequence) or isinstance(found, str) or not found:
            raise self.problem(key, "this list is missing")
        if count is not None and len(found) != count:
            raise self.problem(key, f"{len(found):,} items for {count:,} tokens")
        items = list(found)
        if not kinds.issuperset(map(type, items)):
            raise self.problem(key, "an item is of another kind than the items of this list are")
        return items

    def special(self, count: int, defaults: Mapping[str, int]) -> SpecialIds:
        """The special ids."""
        start, end, pad = (self.place(key, count, defaults.get(key)) for key in ("bos", "eos", "padding"))
        ends = (end, self.place("eot", count), self.place("eom", count))
        return SpecialIds(start, tuple(dict.fromkeys(place for place in ends if place is not None)), pad)

    def around(self, special: SpecialIds, starts: bool) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The ids that are put before and behind a text."""
        before = self._put("add_bos_token", starts, "bos", special.start)
        return before, self._put("add_eos_token", False, "eos", next(iter(special.ends), None))

    def _put(self, key: str, otherwise: bool, name: str, place: int | None) -> tuple[int, ...]:
        if not self.flag(key, otherwise):
            return ()
        if place is None:
            raise self.problem(key, f"this is true, and no token is its {name}_token_id")
        return (place,)


# --- byte-level BPE


def _byte_level(said: _Said) -> Source:
    name = said.metadata.get(f"{_KEY}pre")
    words = WORDS.get(name) if isinstance(name, str) else None
    if words is None:
        what = "how this tokenizer cuts a text into words is not said"
        if name is not None:
            what = f"how {clip(str(name), _LONGEST)} cuts a text into words is not known"
        raise said.problem("pre", what, f"known are {', '.join(WORDS)}; or give the ids of a text: --ids 1,2,3")
    tokens = said.tokens()
    special = said.special(len(tokens), {})
    around = ([(place, tokens[place]) for place in each] for each in said.around(special, words.has_start))
    data = byte_level(
        {token: place for place, token in enumerate(tokens)},
        said.merges(),
        {"type": "Sequence", "pretokenizers": words.parts},
        added_tokens=[
            added_token(place, tokens[place], special=kind == _CONTROL)
            for place, kind in enumerate(said.types(len(tokens)))
            if kind in (_CONTROL, _USER_DEFINED)
        ],
        post_processor=template(*around),
        ignore_merges=words.is_taken_whole,
    )
    return source_of(data, said.path, vocabulary_of(data, said.path), special)


# --- SentencePiece

_LLAMA = {"bos": 1, "eos": 2}
"""The special ids of files that do not say them."""


def _sentence_piece(said: _Said) -> Source:
    tokens = said.tokens()
    types = said.types(len(tokens))
    special = said.special(len(tokens), _LLAMA)
    before, behind = said.around(special, True)
    whole = {place: tokens[place] for place, kind in enumerate(types) if kind in (_UNKNOWN, _CONTROL, _USER_DEFINED)}
    pieces = Pieces(
        ids={token: place for place, token in enumerate(tokens)},
        scores=said.scores(len(tokens)),
        whole=whole,
        special=frozenset(place for place in whole if types[place] != _USER_DEFINED),
        has_prefix=said.flag("add_space_prefix", True),
        before=before,
        behind=behind,
        unknown=said.place("unknown", len(tokens), 0),
    )
    return Source(said.path, Vocabulary(pieces.ids, METASPACE, whole), pieces, special)
