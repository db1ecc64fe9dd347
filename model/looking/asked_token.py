"""Which token of a vocabulary a person means: by its text, with its space, or by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.model.axes import Axis
from attn_explore.model.labels import NEWLINE, SPACE, TAB, Labels, as_labels
from attn_explore.model.places import choices_along
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.text import clip, visible

if TYPE_CHECKING:
    from attn_explore.model.checkpoints.tokenizing import Tokenizer

_LONGEST = 60


def token_of_id(vocabulary: Axis, number: int) -> int:
    """A token by its id. Raises Problem where there is none."""
    if 0 <= number < vocabulary.size:
        return number
    raise Problem(f"there is no token {number}", hint=f"ids are from 0 to {vocabulary.size - 1}")


def token_meant(vocabulary: Axis, text: str, tokenizer: Tokenizer | None = None) -> int:
    """The one token that has a text: ` Paris` with its space. Raises Problem for a text that is several tokens.

    A text that is a token both with and without a space before it means the one without. What the tokenizer makes one
    token of is that token: an uncased model knows `Paris` as `paris`.
    """
    if vocabulary.all_labels is None:
        raise Problem("the tokens of this model have no texts", hint="ask for one by its number, with --token-id")
    labels = as_labels(vocabulary.all_labels)
    meant = labels.place(text)
    if meant is not None:
        return meant
    pieces = _pieces(text, tokenizer)
    if len(pieces) == 1:
        return pieces[0]
    raise Problem(f"{_quoted(text)} is no token of this model", hint=_hint(vocabulary, labels, text, pieces))


def token_text(vocabulary: Axis, place: int) -> str:
    """The text of a token as the model writes it: a space where its label has a mark for one."""
    label = vocabulary.label(place)
    if not isinstance(vocabulary.labels, Labels):
        return label
    return label.replace(SPACE, " ").replace(NEWLINE, "\n").replace(TAB, "\t")


def _pieces(text: str, tokenizer: Tokenizer | None) -> list[int]:
    """The tokens that a text is read as, without those that begin and end every text."""
    if tokenizer is None or not text:
        return []
    around = {tokenizer.start, *tokenizer.special.ends}
    return [token for token in tokenizer.encode(text).ids if token not in around]


def _hint(vocabulary: Axis, labels: Labels, text: str, pieces: list[int]) -> str:
    """The pieces that a text is made of, or a token that is like it."""
    if pieces:
        names = ", ".join(_shown(labels.label(piece)) for piece in pieces)
        return f"it is {len(pieces)} tokens, {names}: ask for one of them"
    near = nearest(text, labels) if len(labels) <= _FEW else None
    return f"did you mean {near}?" if near else choices_along(vocabulary)


_FEW = 10_000
"""Tokens that are searched for one that is like a text."""


def _shown(label: str) -> str:
    return visible(clip(label, _LONGEST))


def _quoted(text: str) -> str:
    return f"“{_shown(text)}”"
