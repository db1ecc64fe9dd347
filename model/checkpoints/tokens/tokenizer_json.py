"""tokenizer.json, as the tokenizers package writes it: its tokens and what it does to a text, checked.

The package itself accepts ids that several tokens share, and breaks down on much that it was not written for, so
nothing goes there that is not right here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attn_explore.model.checkpoints.tokens.spelling import BYTES, METASPACE, PLAIN, Spelling
from attn_explore.model.checkpoints.tokens.vocabulary import Vocabulary
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem, raise_any
from attn_explore.model.text import clip

KINDS = ("BPE", "WordPiece", "WordLevel", "Unigram")
_LONGEST = 60


@dataclass(frozen=True)
class TokenizerJson:
    """What tokenizer.json says. Raises Problem, with all that is wrong of a kind, where it is none."""

    data: Mapping[str, Any]
    path: Path

    @property
    def notes(self) -> Iterator[str]:
        """What the file would do to a text by itself, and what is not done."""
        cut, filled = self.data.get("truncation"), self.data.get("padding")
        most = cut.get("max_length") if isinstance(cut, dict) else None
        cuts = f"cuts a text off after {most} tokens" if _is_id(most) else "cuts a text off"
        fills = "fills a text up with padding"
        if cut is not None and filled is not None:
            yield f"the tokenizer's file {cuts}, and {fills}: here neither is done"
        elif cut is not None or filled is not None:
            yield f"the tokenizer's file {cuts if cut is not None else fills}: here that is not done"

    def vocabulary(self) -> Vocabulary:
        """The tokens."""
        own = self._own_ids()
        added = dict(self._added())
        raise_any([*self._shared(own), *self._contradicted(own, added)])
        return Vocabulary({**own, **{content: place for place, content in added.items()}}, self._spelling(), added)

    # --- tokens

    def _own_ids(self) -> dict[str, int]:
        model = self.data.get("model")
        if not isinstance(model, dict):
            raise self._problem("model", "this is no tokenizer: it has no `model`")
        kind = model.get("type", "BPE" if "merges" in model else None)
        if kind is not None and kind not in KINDS:
            raise self._problem("model.type", f"a tokenizer of the type {clip(str(kind), _LONGEST)} is not known")
        vocab = model.get("vocab")
        if isinstance(vocab, list):
            return self._of_scored(vocab)
        if not isinstance(vocab, dict) or not vocab:
            raise self._problem("model.vocab", "these are no tokens with their ids")
        raise_any(self._no_id(token, place) for token, place in vocab.items() if not _is_id(place))
        return vocab

    def _of_scored(self, vocab: list[Any]) -> dict[str, int]:
        """The ids of tokens that are listed with their scores: their places."""
        if not all(isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str) for pair in vocab):
            raise self._problem("model.vocab", "these are no tokens with their scores")
        found = {pair[0]: place for place, pair in enumerate(vocab)}
        if len(found) < len(vocab):
            raise self._problem("model.vocab", "a token stands here twice")
        return found

    def _added(self) -> Iterator[tuple[int, str]]:
        listed = self.data.get("added_tokens") or []
        if not isinstance(listed, list):
            raise self._problem("added_tokens", "these are no tokens")
        seen: dict[int, str] = {}
        contents = set()
        for number, token in enumerate(listed):
            place, content = (token.get("id"), token.get("content")) if isinstance(token, dict) else (None, None)
            if not isinstance(place, int) or not _is_id(place) or not isinstance(content, str):
                raise self._problem(f"added_tokens[{number}]", "this is no token with its id")
            if place in seen or content in contents:
                raise self._problem(f"added_tokens[{number}]", "this token or its id stands here twice")
            seen[place] = content
            contents.add(content)
            yield place, content

    def _shared(self, own: Mapping[str, int]) -> Iterator[Problem]:
        """Ids that several tokens of the vocabulary have."""
        first: dict[int, str] = {}
        if len(set(own.values())) == len(own):
            return
        for token, place in own.items():
            if first.setdefault(place, token) is not token:
                what = f"the id {place} is also that of {_named(first[place])}"
                yield self._problem(f"model.vocab {_named(token)}", what, "each token has an id of its own")

    def _contradicted(self, own: Mapping[str, int], added: Mapping[int, str]) -> Iterator[Problem]:
        """Added tokens that have another id in the vocabulary, or the id of another token."""
        tokens = {place: token for token, place in own.items()}
        for place, content in added.items():
            if own.get(content, place) != place or tokens.get(place, content) != content:
                what = f"{_named(content)} has the id {place} here and not in `model.vocab`"
                yield self._problem("added_tokens", what, "each token has an id of its own")

    def _no_id(self, token: str, place: object) -> Problem:
        return self._problem(
            f"model.vocab {_named(token)}", f"{clip(str(place), _LONGEST)} is no id", "ids count from 0"
        )

    # --- how they are written

    def _spelling(self) -> Spelling:
        parts = [part for key in ("normalizer", "pre_tokenizer", "decoder") for part in _parts(self.data.get(key))]
        types = [part.get("type") for part in parts]
        if "ByteLevel" in types:
            return BYTES
        return METASPACE if "Metaspace" in types or any(map(_writes_metaspaces, parts)) else PLAIN

    def _problem(self, place: str, what: str, hint: str = "") -> Problem:
        return Problem(what, path=self.path, place=place, hint=hint)


def _is_id(place: object) -> bool:
    return type(place) is int and place >= 0


def _named(token: str) -> str:
    return repr(clip(token, _LONGEST))


def types_of(part: Any) -> tuple[str, ...]:
    """The types of a component, and of those that it is a sequence of, in their order."""
    types = [str(each.get("type")) for each in _parts(part)]
    return tuple(each for each in types if each != "Sequence")


def _parts(part: Any) -> Iterable[Mapping[str, Any]]:
    """A component of a tokenizer, and those that it is a sequence of."""
    if not isinstance(part, dict):
        return
    yield part
    for key in ("normalizers", "pretokenizers", "decoders"):
        for inner in part.get(key) or () if isinstance(part.get(key), list) else ():
            yield from _parts(inner)


def _writes_metaspaces(part: Mapping[str, Any]) -> bool:
    """Whether a component replaces spaces by `▁`, or the other way round."""
    pattern = part.get("pattern")
    found = pattern.get("String") if isinstance(pattern, dict) else None
    return part.get("type") == "Replace" and (found, part.get("content")) in ((" ", "▁"), ("▁", " "))
