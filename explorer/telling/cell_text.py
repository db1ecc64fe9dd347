"""What is said of a cell: its name, why it is masked, its arithmetic, and the way that led to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len

from attn_explore.explorer.drawing.arithmetic import USUAL, Manner, cell_name, written
from attn_explore.explorer.drawing.blocks import Block, Piece
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.explorer.session.place import Cell, has_cell
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.provenance import provenance
from attn_explore.model.explain import Index, arithmetic, hidden_reason, lacking
from attn_explore.model.naming import shown
from attn_explore.model.ops import is_fully_masked
from attn_explore.model.values import Value


def name_at(value: Value, index: Index) -> str:
    """How a cell is called."""
    return cell_name(value, dict(zip(value.names, index, strict=True)))


def cell_blocks(session: Session, value: Value, index: Index, manner: Manner = USUAL) -> list[Block]:
    """Where the number of a cell comes from: its arithmetic, or what is said of one that was not computed.

    Where a trace does not hold what it is made from, that is said.
    """
    return list(written_blocks(session, value, index, manner))


def written_blocks(session: Session, value: Value, index: Index, manner: Manner) -> Iterator[Block]:
    """The same, block by block."""
    if (lost := lacking(value)) is not None:
        if value.elsewhere is None:
            yield _number(value, index, "")
        yield Block(((Piece(f"{lost.what}.", "note"),),))
        return
    if value.is_changed_at(index):
        yield _number(value, index, "edited" if value.is_leaf else "edited, instead of:")
    elif value.is_leaf:
        yield _number(value, index, provenance(session, value))
    if not value.is_leaf:
        yield from _computed(value, index, manner)


def _computed(value: Value, index: Index, manner: Manner) -> Iterator[Block]:
    """How a cell was computed, block by block. Whoever goes back and forth between cells reads what was written."""
    kept, blocks = _kept(value, index, manner), []
    if kept:
        yield from kept
        return
    for block in written(arithmetic(value, index), manner):
        blocks.append(block)
        yield block
    kept += blocks


@lru_cache(maxsize=8)
def _kept(value: Value, index: Index, manner: Manner) -> list[Block]:
    """Where the blocks of a cell are kept once all of them were written; there are none before."""
    return []


def _number(value: Value, index: Index, note: str) -> Block:
    """`A[I, dog] = 0.5000   edited`."""
    number = short_number(float(value[index]))
    name, equals = Piece(name_at(value, index), "name"), Piece(" = ", "sign")
    return Block(((name, equals, Piece(number, "result"), *([Piece(f"   {note}", "note")] if note else [])),))


def cell_note(value: Value, index: Index) -> str:
    """What has to be said about a cell: that it is masked, and why."""
    reason = hidden_reason(value, index)
    if reason is None:
        return ""
    at = dict(zip(value.names, index, strict=True))
    if value.made_by.name == "softmax" and is_fully_masked(value, at):
        return f"row fully masked: {shown(value.axis('query'), at['query'])} may see nothing"
    query, key = (shown(value.axis(name), at[name]) for name in ("query", "key"))
    return f"masked ({reason}): {query} may not see {key}"


def way(session: Session, room: int) -> str:
    """The cells along which numbers were followed up to the one that is looked at.

    The first are left out for room, and those that only another run had, before an edit.
    """
    shown = name_at(session.place.value, session.place.index)
    for name in filter(None, (_name_at(session, cell) for cell in reversed(session.place.trail))):
        if cell_len(f"… › {name} › {shown}") > room:
            return f"… › {shown}{_noted(session)}"
        shown = f"{name} › {shown}"
    return f"{shown}{_noted(session)}"


def _name_at(session: Session, cell: Cell) -> str:
    """How a cell is called; nothing where the run does not have it."""
    value = session.place.find(cell.path)
    return name_at(value, cell.index) if value is not None and has_cell(value, cell.index) else ""


def _noted(session: Session) -> str:
    note = cell_note(session.place.value, session.place.index)
    return f" · {note}" if note else ""
