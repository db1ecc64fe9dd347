"""Why a head looks where it looks, at the cell of an attention that a person names."""

from __future__ import annotations

from attn_explore.explorer.session.place import Cell
from attn_explore.model.looking.readout import likeliest, readout_of
from attn_explore.model.looking.why_there import Looked, can_be_taken_apart, why_there, written_from
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace

_WORDS = 5
_HINT = "name a cell of its weights: 'layers.1.self_attention.weights[head 3, its, Law]'"


def attention_at(trace: Trace, cell: Cell) -> str:
    """The attention whose head looks from a token to a key at a cell; nothing at cells of other steps."""
    block, value = cell.path.rpartition(".")[0], trace.steps.get(cell.path)
    is_of_pair = value is not None and value.names == ("head", "query", "key")
    return block if is_of_pair and f"{block}.weights" in trace.steps else ""


def asks_why(trace: Trace, cell: Cell) -> bool:
    """Whether it can be said why a head looks where a cell says."""
    block = attention_at(trace, cell)
    return bool(block) and can_be_taken_apart(trace, block)


def looked_there(trace: Trace, cell: Cell) -> Looked:
    """Why the head looks there, at the cell of an attention.

    Raises Problem for other cells, and where a score cannot be taken apart.
    """
    block = attention_at(trace, cell)
    if not block:
        raise unnamed(cell.path)
    head, query, key = cell.index
    why, weights = why_there(trace, block, (head, query, key)), trace[f"{block}.weights"]
    written, readout = written_from(trace, block, head, key), readout_of(trace, cell.path)
    if written is None or readout is None:
        return Looked(why, weights)
    gains = readout.gains(written[None])[0]
    favours, against = (tuple(likeliest(each, _WORDS)) for each in (gains, -gains))
    return Looked(why, weights, readout.words, favours, against)


def unnamed(path: str) -> Problem:
    """What is said where no head, token and key are named."""
    return Problem(f"{path} says of no head, token and key why it looks there", hint=_HINT)
