"""The arithmetic of a cell."""

from __future__ import annotations

from itertools import islice

import pytest

from attn_explore.explorer.drawing.arithmetic import USUAL, Manner, blocks
from attn_explore.explorer.telling import cell_text
from attn_explore.model.explain import arithmetic
from tests.explorer.conftest import session_of

WEIGHTS = "encoder.layers.0.self_attention.weights"


def test_the_arithmetic_of_a_cell_is_written_once_and_the_same_for_whoever_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever stops reading in the middle leaves nothing that would be taken for all of it."""
    session = session_of("i-love-my-dog")
    value, made = session.run.trace[WEIGHTS], []
    monkeypatch.setattr(cell_text, "arithmetic", lambda *cell: made.append(cell[1]) or arithmetic(*cell))
    assert len(list(islice(cell_text.written_blocks(session, value, (0, 0, 0), USUAL), 1))) == 1
    cells = [(0, 0, 0), (0, 1, 2), (0, 0, 0), (0, 1, 2)]
    told = [cell_text.cell_blocks(session, value, cell) for cell in cells]
    assert told == [blocks(arithmetic(value, cell)) for cell in cells]
    assert made == [(0, 0, 0), (0, 0, 0), (0, 1, 2)]
    narrow = Manner(terse=True)
    assert cell_text.cell_blocks(session, value, (0, 0, 0), narrow) == blocks(arithmetic(value, (0, 0, 0)), narrow)
