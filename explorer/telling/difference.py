"""What is said of a cell of the difference of two runs: the subtraction, then where each of its numbers comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attn_explore.explorer.drawing.arithmetic import LABEL, USUAL, Manner
from attn_explore.explorer.drawing.blocks import Block, Piece
from attn_explore.explorer.drawing.numbers import short_number, shortened
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.cell_text import cell_blocks, name_at
from attn_explore.explorer.telling.headings import run_name
from attn_explore.model.explain import Index
from attn_explore.model.formulas import letter
from attn_explore.model.values import Value


def difference_blocks(session: Session, value: Value, index: Index, manner: Manner = USUAL) -> list[Block]:
    """`-0.5210 = 0.4718 − 0.9928`, and the arithmetic of both; only the cell's own where nothing is subtracted."""
    own = cell_blocks(session, value, index, manner)
    other, found = session.other, two_runs.subtracted(session, value)
    beside, cell = two_runs.beside(session, value), two_runs.cell_beside(session, value, index)
    if other is None or found is None or beside is None or cell is None:
        return own
    numbers = float(value[index]), float(found.numbers[index])
    name = letter(value) if manner.terse else name_at(value, index)
    return [
        _subtraction(name, (run_name(session), run_name(other)), numbers),
        _note(run_name(session)),
        *own,
        _note(run_name(other)),
        *_unlinked(cell_blocks(other, beside, cell, manner)),
    ]


def _subtraction(name: str, runs: tuple[str, str], numbers: tuple[float, float]) -> Block:
    difference = float(two_runs.difference(*map(np.asarray, numbers)))
    run, against = (shortened(called, LABEL) for called in runs)
    one, other = map(short_number, numbers)
    equals, minus = Piece(" = ", "sign"), Piece(" − ", "sign")
    return Block(
        (
            (Piece(f"Δ{name}", "name"), equals, Piece(run, "name"), minus, Piece(against, "name")),
            (Piece(short_number(difference), "result"), equals, Piece(one, "number"), minus, Piece(other, "number")),
        )
    )


def _note(text: str) -> Block:
    return Block(((Piece(f"{text}:", "note"),),))


def _unlinked(blocks: Sequence[Block]) -> list[Block]:
    """Without the ways to the numbers: they lead through the run that is looked at."""
    return [
        replace(block, rows=tuple(tuple(replace(piece, link=None) for piece in row) for row in block.rows))
        for block in blocks
    ]
