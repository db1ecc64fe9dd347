"""Patching as somebody asks for it: numbers of one run are put into the other one that stands beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.explorer.session.asked_logit import place_after, wanted_token
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.patching import Asked, Kind, Patching, patching
from attn_explore.model.looking.two_texts import Two, check, parting_stack, stacks_of
from attn_explore.model.problems import Problem
from attn_explore.model.stream import stream_of

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session


@dataclass(frozen=True)
class WhatToPatch:
    """What is asked: what is put in, of which two tokens by their texts or ids, behind which word, in which stack."""

    kind: Kind = "residual"
    token: str | None = None
    token_id: int | None = None
    against: str | None = None
    against_id: int | None = None
    after: str | None = None
    stack: str | None = None


def patched(session: Session, asked: WhatToPatch) -> Patching:
    """The map of a run whose numbers are put into the run beside it; as far as it was made when it was asked for last.

    Raises Problem where there is no such map.
    """
    if session.other is None:
        hint = "give a second text of as many tokens, after --with, or a second run of the model"
        raise Problem("patching takes two runs", path=session.path, hint=hint)
    clean, corrupted = session.run.trace, session.other.run.trace
    found = session.patchings.get(asked)
    if found is None or found.two.clean is not clean or found.two.corrupted is not corrupted:
        found = session.patchings[asked] = patching(clean, corrupted, _asked(session, Two(clean, corrupted), asked))
    return found


def can_be_patched(session: Session) -> bool:
    """Whether the two runs are of one model that says words, over two texts of as many tokens."""
    if session.other is None:
        return False
    two = Two(session.run.trace, session.other.run.trace)
    try:
        check(two)
        parting_stack(two)
        stream_of(two.corrupted)
    except Problem:
        return False
    return True


def _asked(session: Session, two: Two, asked: WhatToPatch) -> Asked:
    logits = stream_of(two.corrupted).logits
    check(two)
    if asked.stack is not None and asked.stack not in stacks_of(two.clean):
        (other,) = stacks_of(two.clean)
        raise Problem(f"this model has no {asked.stack}", hint=f"leave --in out: numbers are put into its {other}")
    token = wanted_token(session, logits.axes[-1], asked.token, asked.token_id)
    against = wanted_token(session, logits.axes[-1], asked.against, asked.against_id)
    place = place_after(stream_of(two.clean).logits, asked.after)
    return Asked(asked.kind, token, against, place, asked.stack)
