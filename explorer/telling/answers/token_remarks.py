"""What is unusual in how a text was cut: a beginning twice, words in many pieces, bytes, words without their space."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from attn_explore.model.checkpoints.tokens.cut import Word
from attn_explore.model.labels import SPACE
from attn_explore.model.looking.tokens_read import TokensRead
from attn_explore.model.text import clip

MANY = 4
"""Tokens of a word that are many."""
_TOLD = 3
_LONGEST = 40
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


def remarks(read: TokensRead) -> list[str]:
    """What is unusual in what a stack reads, a sentence each."""
    return [said for rule in _RULES for said in rule(read)]


def _begins_twice(read: TokensRead) -> Iterator[str]:
    start = None if read.tokenizer is None else read.tokenizer.start
    if len(read.ids) > 1 and start == read.ids[0] == read.ids[1]:
        yield f"The text begins with {read.labels[0]} twice, as no text did in training: leave one out."


def _unknown(read: TokensRead) -> Iterator[str]:
    missing = [word for cut in read.cuts for word in cut.words if word.kind == "word" and cut.unknown in word.ids]
    if missing:
        said = _listed(f"“{_text(word)}”" for word in missing)
        yield f"The vocabulary cannot write {said}: the token for the unknown stands there instead."


def _many_pieces(read: TokensRead) -> Iterator[str]:
    many = [word for word in _words(read) if len(word.ids) >= MANY and not _has_bytes(read, word)]
    if many:
        said = _listed(f"“{_text(word)}” ({' '.join(map(read.shown, word.tokens))})" for word in many)
        yield f"In many pieces, as words are that were rare in training: {said}."


def _single_bytes(read: TokensRead) -> Iterator[str]:
    in_bytes = [word for word in _words(read) if _has_bytes(read, word)]
    if in_bytes:
        said = _listed(f"“{_text(word)}” ({len(word.ids)} tokens)" for word in in_bytes)
        yield f"In single bytes, since the vocabulary has no token for some of the letters: {said}."


def _without_space(read: TokensRead) -> Iterator[str]:
    """Words that are several tokens as they stand, and one where a space is before them."""
    spaced = [(word, token) for word in _words(read) if (token := _with_space(read, word))]
    if spaced:
        said = _listed(f"“{_text(word)}” ({len(word.ids)} tokens; {token} is one)" for word, token in spaced)
        yield f"Without a space before it, another word to the model: {said}."


def _with_space(read: TokensRead, word: Word) -> str:
    """The token that a word of several is, with a space before it; nothing where it is none."""
    if read.tokenizer is None or len(word.ids) == 1 or _has_bytes(read, word):
        return ""
    wanted = f"{SPACE}{''.join(map(read.shown, word.tokens))}"
    return wanted if read.tokenizer.labels.first(wanted) is not None else ""


def _ends_with_space(read: TokensRead) -> Iterator[str]:
    for cut in read.cuts:
        last = next((word for word in reversed(cut.words) if word.kind == "word"), None)
        if last is not None and cut.text.endswith(" ") and set("".join(map(read.shown, last.tokens))) == {SPACE}:
            token = read.shown(last.tokens[-1])
            yield f"The text ends in a space, a token of its own ({token}): words begin with theirs, so leave it out."


def _not_made(read: TokensRead) -> Iterator[str]:
    unknown = [word for word in _words(read) if not word.is_made]
    if unknown:
        said = _listed(f"“{_text(word)}”" for word in unknown)
        yield f"The ids are right, but how they were made is not shown for long words and rules of a file: {said}."


def _cut_elsewhere(read: TokensRead) -> Iterator[str]:
    if read.texts and not read.cuts and read.tokenizer is None:
        yield "How the text was cut is not known here: a trace has its tokens, and not the tokenizer of its model."


def _fits_badly(read: TokensRead) -> Iterator[str]:
    notes = () if read.tokenizer is None else read.tokenizer.notes
    yield from (f"{note[:1].upper()}{note[1:]}." for note in notes)


_RULES: tuple[Callable[[TokensRead], Iterator[str]], ...] = (
    _begins_twice,
    _unknown,
    _many_pieces,
    _single_bytes,
    _without_space,
    _ends_with_space,
    _not_made,
    _cut_elsewhere,
    _fits_badly,
)


def _words(read: TokensRead) -> Iterator[Word]:
    return (word for word in read.words if word.kind == "word")


def _has_bytes(read: TokensRead, word: Word) -> bool:
    return any(_BYTE.search(read.shown(token)) for token in word.tokens)


def _text(word: Word) -> str:
    return clip(word.source.strip(), _LONGEST)


def _listed(said: Iterable[str]) -> str:
    """The first few, and how many more there are."""
    found = list(dict.fromkeys(said))
    more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    return f"{', '.join(found[:_TOLD])}{more}"
