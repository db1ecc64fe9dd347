"""Blocks of rows."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from attn_explore.explorer.drawing.blocks import Piece, as_text, flowing


@given(words=st.lists(st.text("ab", min_size=1, max_size=9), max_size=12), room=st.integers(10, 30))
def test_parts_flow_into_lines_that_fit_and_none_is_broken_or_lost(words: list[str], room: int) -> None:
    parts = [(Piece("○ ", "wrong"), Piece(f"{word}  ", "name")) for word in words]
    lines = as_text(list(flowing(parts, room + 3)))
    assert [word for line in lines for word in line.split() if word != "○"] == words
    assert max(map(len, lines), default=0) <= room + 3
    for line, following in pairwise(lines):
        assert len(line) + len(following.split()[1]) + 4 > room
