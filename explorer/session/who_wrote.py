"""Who wrote a logit of a run, as somebody asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from attn_explore.explorer.session.asked_logit import place_after, wanted_token
from attn_explore.explorer.session.place import Cell
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.attribution import Attribution, Number, Opened, attribution, opened
from attn_explore.model.looking.lens import last_whole_pass
from attn_explore.model.looking.written import Written
from attn_explore.model.naming import name_along
from attn_explore.model.ops import is_gradient
from attn_explore.model.passes import in_first_pass
from attn_explore.model.problems import Problem, nearest
from attn_explore.model.stream import stream_of
from attn_explore.model.trace import Trace

if TYPE_CHECKING:
    from attn_explore.explorer.session.session import Session

_NAMED = 6
"""Terms that a hint names."""


@dataclass(frozen=True, slots=True)
class WhoWrote:
    """What is asked: of which token, by its text or its id, against which other one, and after which word."""

    token: str | None = None
    token_id: int | None = None
    against: str | None = None
    against_id: int | None = None
    after: str | None = None


def who_wrote(session: Session, asked: WhoWrote) -> Attribution:
    """Who wrote the logit that is asked for, in the last pass of a generation. Raises Problem for what cannot be."""
    trace = session.run.trace
    chapter = last_whole_pass(trace)
    logits = stream_of(trace, chapter).logits
    token = wanted_token(session, logits.axes[-1], asked.token, asked.token_id)
    against = wanted_token(session, logits.axes[-1], asked.against, asked.against_id)
    place = place_after(logits, asked.after)
    return attribution(trace, token, against, place=place, chapter=chapter)


def attribution_at(session: Session, cell: Cell) -> Attribution:
    """Who wrote the logit of a cell of the logits or the probabilities; for any other cell, the likeliest one at last.

    Raises Problem without a head.
    """
    trace = session.run.trace
    chapter = last_whole_pass(trace)
    logits, looked_at = stream_of(trace, chapter).logits, session.place.peek(cell.path)
    if looked_at is None or not looked_at.axes or looked_at.names[-1] != logits.names[-1]:
        return attribution(trace, chapter=chapter)
    place = cell.index[-2] if len(logits.axes) > 1 and looked_at.names[-2:] == logits.names else None
    return attribution(trace, cell.index[-1], place=place, chapter=chapter)


def named_by(of: Number) -> tuple[str, ...]:
    """The options that name a logit on a command line."""
    after = () if of.tokens is None else ("--after", name_along(of.tokens, of.index[0]))
    against = () if of.against is None else ("--against-id", str(of.against))
    return ("--token-id", str(of.token), *against, *after)


def term_at(session: Session, cell: Cell) -> str:
    """The name of the term that a cell of the run is part of: of a head or a network of the stream; nothing elsewhere.

    Raises Problem without a head.
    """
    trace, looked_at = session.run.trace, session.place.peek(cell.path)
    path, stack = in_first_pass(cell.path), in_first_pass(stream_of(trace, last_whole_pass(trace)).stack)
    layer, _, inner = path.removeprefix(f"{stack}layers.").partition(".")
    if looked_at is None or not path.startswith(f"{stack}layers.") or is_gradient(looked_at):
        return ""
    head = dict(zip(looked_at.names, cell.index, strict=True)).get("head")
    if head is None or "attention." not in inner:
        return f"{layer}.ffn" if inner.startswith("ffn.") else ""
    if looked_at.axis("head").size != _heads_in(trace, cell.path):
        return ""  # keys and values that several heads share
    return f"{layer}.{'cross.' if inner.startswith('cross_') else ''}{head}"


def _heads_in(trace: Trace, path: str) -> int:
    """How many heads the attention has that a step is in."""
    weights = trace.steps.get(f"{path.rpartition('.')[0]}.weights")
    return 0 if weights is None or "head" not in weights.names else weights.axis("head").size


def opened_term(found: Attribution, name: str) -> Opened:
    """A term by its name, as a sum of its own. Raises Problem where there is none, or where it is one number."""
    terms = {term_name(term): term for term in found.terms}
    if name not in terms:
        raise Problem(f"there is no term {name}", hint=_hint(name, _that_open(found)))
    made = opened(terms[name])
    if made is None:
        raise Problem(f"{name} is one number", hint=_hint("", _that_open(found)))
    return made


def _that_open(found: Attribution) -> Iterable[str]:
    return (term_name(term) for term in found.terms if term.kind in ("head", "network"))


def _hint(name: str, names: Iterable[str]) -> str:
    known = list(names)
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"take one of {', '.join(known[:_NAMED])}"


def term_name(term: Written) -> str:
    """The name of a term, in short: `23.3` is a head, `23.ffn` a network, `0.cross.1` a head that reads the encoder."""
    parts = term.at.path.split(".")
    if term.kind not in ("head", "network"):
        return term.at.path
    layer = parts[parts.index("layers") + 1]
    if term.kind == "network":
        return f"{layer}.ffn"
    return f"{layer}.cross.{term.head}" if "cross_attention" in parts else f"{layer}.{term.head}"
