"""What the tokenizers package says of a text, and what its file says of the steps, as one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from attn_explore.model.checkpoints.tokens.cut import Cut, Word
from attn_explore.model.checkpoints.tokens.making import Tokens, kind_of, maker_of
from attn_explore.model.checkpoints.tokens.tokenizer_json import types_of
from attn_explore.model.dataclass import dataclass


@dataclass(frozen=True)
class Encoding:
    """A text as the package encodes it, token by token.

    words   the number of the word that a token is of, None where the tokenizer put it there
    spans   first character and end of what a token stands for
    normalised  the text as the normaliser left it, None where there is none
    """

    text: str
    ids: Sequence[int]
    tokens: Sequence[str]
    words: Sequence[int | None]
    spans: Sequence[Sequence[int]]
    normalised: str | None


def cut_of(data: Mapping[str, Any], found: Encoding, added: Collection[int]) -> Cut:
    """A text, cut by a tokenizer.json that the package has read; `added` are tokens that it finds as they are."""
    return Cut(
        found.text,
        kind_of(data["model"]),
        tuple(_words(data, found, added)),
        found.normalised,
        types_of(data.get("normalizer")),
        types_of(data.get("pre_tokenizer")),
        _unknown(data["model"]),
    )


def _unknown(model: Mapping[str, Any]) -> int | None:
    """A list of pieces has the id of the unknown one, a table of tokens its text."""
    vocab = model["vocab"]
    found = vocab.get(model.get("unk_token")) if isinstance(vocab, Mapping) else model.get("unk_id")
    return found if type(found) is int else None


def _words(data: Mapping[str, Any], found: Encoding, added: Collection[int]) -> Iterator[Word]:
    maker = maker_of(data["model"])
    for number, places in groupby(range(len(found.ids)), key=found.words.__getitem__):
        if number is None:
            yield from (Word("around", (found.tokens[place],), (found.ids[place],)) for place in places)
            continue
        word = _tokens_at(found, list(places))
        if len(word.ids) == 1 and word.ids[0] in added and word.source.strip() == word.tokens[0].strip():
            yield Word("whole", word.tokens, word.ids, word.source)
        else:
            yield from (each.made_by(maker) for each in word.at_spaces)


def _tokens_at(found: Encoding, places: Sequence[int]) -> Tokens:
    begin, end = min(found.spans[place][0] for place in places), max(found.spans[place][1] for place in places)
    return Tokens(
        tuple(found.tokens[place] for place in places),
        tuple(found.ids[place] for place in places),
        found.text[begin:end],
    )
