"""The heads of a run, or of a model that nobody gave a text, scored on made-up tokens too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attn_explore.explorer.session.asked_logit import wanted_token
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import known_of
from attn_explore.model.looking.attribution import attribution
from attn_explore.model.looking.head_atlas import HeadAtlas, head_atlas, with_logit
from attn_explore.model.looking.lens import last_whole_pass
from attn_explore.model.looking.said_twice import Drawing, known_without_text, said_twice
from attn_explore.model.problems import Problem
from attn_explore.model.stream import stream_of

if TYPE_CHECKING:
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.trace import Listener

NO_HEADS = "there are no attention heads in this run"


def heads_of(session: Session, drawing: Drawing, on_step: Listener | None = None) -> tuple[HeadAtlas, str]:
    """The heads of a run; with them why they are scored on its text alone, if that is so. Raises Problem for none."""
    trace, why = session.run.trace, ""
    try:
        made_up = said_twice(known_of(session.run.scenario), trace.unedited, drawing, trace)
    except Problem as problem:
        made_up, why = None, f"the heads are scored on the text alone: {problem.in_one_line}"
    found = head_atlas(trace, made_up, drawing, on_step)
    if not found.heads:
        raise Problem(NO_HEADS, path=session.path, hint="name a model, or a scenario with one")
    return found, why


@dataclass(frozen=True, slots=True)
class Logit:
    """A token whose logit is asked for, by its text or by its id; by neither, the likeliest one."""

    token: str | None = None
    token_id: int | None = None


def with_logit_of(session: Session, atlas: HeadAtlas, asked: Logit) -> HeadAtlas:
    """The heads of a run with what each adds to a logit at the end of its text. Raises Problem for no such token."""
    trace = session.run.trace
    chapter = last_whole_pass(trace)
    token = wanted_token(session, stream_of(trace, chapter).logits.axes[-1], asked.token, asked.token_id)
    return with_logit(atlas, attribution(trace, token, chapter=chapter))


def heads_without_text(source: Source, drawing: Drawing, on_step: Listener) -> HeadAtlas:
    """The heads of a model that was given nothing to read."""
    model = source.model
    assert model is not None  # noqa: S101 (only a model is without a text)
    known = known_without_text(source.name, model)
    return head_atlas(None, said_twice(known, model.parameters(known.shapes), drawing), drawing, on_step)
