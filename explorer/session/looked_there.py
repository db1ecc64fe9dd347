"""Why a head looks where it looks, at the cell of an attention that a person names."""

from __future__ import annotations

import re

from attn_explore.explorer.session.session import Session
from attn_explore.model.looking.readout import likeliest, readout_of
from attn_explore.model.looking.why_there import Looked, why_there, written_from
from attn_explore.model.problems import Problem

_WORDS = 5
_BLOCK = re.compile(r".*\.(self|cross)_attention(?=\.)")
_HINT = "name a cell of its weights: 'layers.1.self_attention.weights[head 3, its, Law]'"


def looked_there(session: Session, *, is_named: bool = True) -> Looked:
    """Why the head looks there, at the cell of an attention where a session stands; `is_named`: somebody chose it.

    Raises Problem elsewhere, and where a score cannot be taken apart.
    """
    trace, value, cell = session.run.trace, session.place.value, session.place.index
    block = _BLOCK.match(value.path)
    if block is None or value.names != ("head", "query", "key") or not is_named:
        raise Problem(f"{value.path} says of no head, token and key why it looks there", hint=_HINT)
    head, query, key = cell
    weights = trace[f"{block[0]}.weights"]
    why = why_there(trace, block[0], (head, query, key))
    written, readout = written_from(trace, block[0], head, key), readout_of(trace, value.path)
    if written is None or readout is None:
        return Looked(why, weights)
    gains = readout.gains(written[None])[0]
    return Looked(why, weights, readout.words, tuple(likeliest(gains, _WORDS)), tuple(likeliest(-gains, _WORDS)))
