"""What stands under the numbers: the question that waits, the edit that is typed, or where the cell comes from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from attn_explore.explorer.drawing.arithmetic import Manner
from attn_explore.explorer.drawing.blocks import Block
from attn_explore.explorer.drawing.numbers import most_cells
from attn_explore.explorer.screens.explorer.state import State
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.telling import cell_text, headings, questions, word_view
from attn_explore.explorer.telling.pictures import Side

LEAST_UNDER = 1
"""Lines of the arithmetic that are left under what is said of an answer with its question."""


def title(state: State, room: int, width: int) -> str:
    """Its title, with the way that led to the cell in `room` of its `width` cells.

    Of two runs side by side: also which one it is of, and where in the model both are, if there is room for that.
    """
    session = state.session
    if session.question is not None:
        return questions.how(session)
    if state.edit is not None:
        return f"What if {cell_text.name_at(state.edit.value, state.edit.index)} were different?"
    if (attention := state.attention) is not None:
        return word_view.title(attention, word_view.word_of(session, attention))
    if state.side is not Side.beside or session.other is None:
        return cell_text.way(session, room)
    run = f" · {headings.run_name(session)}"
    way = f"{cell_text.way(session, room - most_cells(run))}{run}"
    where = headings.where(state.value) if two_runs.beside(session, state.value) is not None else ""
    forms = (f"{way}   {said}" for said in (where, where.partition(" · ")[2]) if said)
    return next((form for form in forms if most_cells(form) <= width), way)


def blocks(state: State, manner: Manner) -> Iterable[Block]:
    """Its lines, written in such a manner."""
    session = state.session
    if session.question is not None:
        return questions.asked(session, manner.width)
    if state.edit is not None:
        return state.edit.blocks(manner.width)
    return _numbers(state, manner)


def head(state: State, room: int, lines: int) -> list[Block]:
    """What stands above them, and stays, of the `lines` that there are: how the question of this stop was answered."""
    session = state.session
    is_told = session.lesson.is_guided and session.stop is not None and state.edit is None
    return questions.answered(session, room, lines - LEAST_UNDER) if is_told else []


def _numbers(state: State, manner: Manner) -> Iterable[Block]:
    """The attention of one word, or the arithmetic of the cell."""
    if (attention := state.attention) is not None:
        return word_view.word_blocks(attention, word_view.word_of(state.session, attention), manner.width)
    what = (state.session, state.value, state.index, replace(manner, unfolded=state.is_unfolded))
    if state.side is not Side.difference:
        return cell_text.written_blocks(*what)
    from attn_explore.explorer.telling.difference import difference_blocks

    return difference_blocks(*what)
