"""Which logit somebody asks for: of which token, and after which word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.model.axes import Axis
from attn_explore.model.looking.asked_token import token_meant, token_of_id
from attn_explore.model.opened import Opened
from attn_explore.model.places import places_of
from attn_explore.model.problems import Problem
from attn_explore.model.values import Value

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session


def wanted_token(session: Session, vocabulary: Axis, text: str | None, number: int | None) -> int | None:
    """The token that is named, if one is. Raises Problem where there is none, or where a text is several."""
    if number is not None:
        if text is not None:
            raise Problem("a token is named twice, by its text and by its id", hint="give one of them")
        return token_of_id(vocabulary, number)
    checkpoint = session.run.scenario.checkpoint
    tokenizer = checkpoint.tokenizer if isinstance(checkpoint, Opened) else None
    return None if text is None else token_meant(vocabulary, text, tokenizer)


def place_after(logits: Value, word: str | None) -> int | None:
    """The place in the text of the word that is named, if one is. Raises Problem where nothing is said at places."""
    if word is None:
        return None
    if len(logits.axes) == 1:
        raise Problem("this model says one thing of the whole text", hint="leave --after out")
    return places_of(logits, [word])[logits.names[0]]
