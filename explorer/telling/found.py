"""What a text that is typed would find: how many steps and parameters, and which."""

from __future__ import annotations

from collections.abc import Sequence

from attn_explore.explorer.drawing.blocks import Block, Piece, Row
from attn_explore.explorer.drawing.numbers import shortened
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.headings import title


def found_title(paths: Sequence[str]) -> str:
    """How many there are."""
    return "Nothing matches" if not paths else "1 match" if len(paths) == 1 else f"{len(paths)} matches"


def found_blocks(session: Session, paths: Sequence[str], width: int, lines: int) -> list[Block]:
    """Their names and titles, the first ones, and how many more there are."""
    shown = paths if len(paths) <= lines else paths[: max(0, lines - 1)]
    rows = [_row(session, path, width) for path in shown]
    if left := len(paths) - len(shown):
        rows.append((Piece(f"… and {left} more", "note"),))
    return [Block((row,)) for row in rows]


def _row(session: Session, path: str, width: int) -> Row:
    value = session.place.peek(path)
    said = "" if value is None else title(session, value)
    name = shortened(path, width)
    room = width - len(name) - 3
    return (Piece(name, "label"), *((Piece(f"   {shortened(said, room)}", "note"),) if room >= len(said) else ()))
