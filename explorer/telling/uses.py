"""Where the number of a cell goes: the cells computed from it as lines of text, each with the way there."""

from __future__ import annotations

from attn_explore.explorer.drawing.arithmetic import bar, cell_name
from attn_explore.explorer.drawing.blocks import Block, Link, Piece, Row
from attn_explore.explorer.drawing.numbers import short_number
from attn_explore.model.explain import Index, lacking
from attn_explore.model.trace import Trace
from attn_explore.model.uses import Use, uses
from attn_explore.model.values import Value

SHOWN = 12
"""Cells that are listed; the others are counted."""
_NOWHERE = "No other number changes with it."
_BESIDE = "It is made to look inside the run, which does not go on from it."
"""Of finer steps, and of what the lens makes."""


def use_blocks(trace: Trace, value: Value, index: Index) -> list[Block]:
    """How many cells were computed from a cell, and those that depend on it most; or why that is not known."""
    steps = [step for step in trace.with_sampled() if any(view.value is value for view in step.operands)]
    if (lost := next(filter(None, (value.elsewhere, *map(lacking, steps))), None)) is not None:
        return [Block(((Piece(f"{lost.what}.", "note"),),))]
    found, count = uses(trace, value, index, SHOWN)
    if not found:
        is_beside = not value.is_leaf and all(step is not value for step in trace.with_sampled())
        return [Block(((Piece(_BESIDE if is_beside else _NOWHERE, "note"),),))]
    cells, they_change = ("cell", "that changes") if count == 1 else ("cells", "they change")
    what = f"Goes into {count} {cells}. How fast {they_change} with it:"
    largest = max(abs(use.derivative) for use in found)
    header = (
        Piece("  cell", "label"), Piece("", "sign"), Piece("value", "number"), Piece("", "sign"),
        Piece("change", "number"),
    )  # fmt: skip
    rows = [header, *(_row(use, largest) for use in found)]
    if count > len(found):
        rows.append((Piece(f"  … {count - len(found)} more", "note"),))
    return [Block(((Piece(what, "note"),),)), Block(tuple(rows))]


def _row(use: Use, largest: float) -> Row:
    name = cell_name(use.value, dict(zip(use.value.names, use.index, strict=True)))
    number = Piece(short_number(float(use.value[use.index])), "number", Link(use.value, use.index))
    change = Piece(short_number(use.derivative), "number")
    return (
        Piece(f"  {name}", "label"), Piece(" = ", "sign"), number, Piece("   ", "sign"), change,
        *bar(use.derivative, largest),
    )  # fmt: skip
