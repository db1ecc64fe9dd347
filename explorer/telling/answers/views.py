"""The views of a run, as the explorer asks for them: what makes the answer of each, of the cell that is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attn_explore.explorer.session.place import Cell
from attn_explore.explorer.session.reopening import answering
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.counter import Counter
from attn_explore.explorer.telling.answers.answered import Answered

View = Callable[[Session, Cell, Counter], Answered]
"""Makes an answer; it changes nothing of the session. Raises Problem where there is none."""


def _heads(session: Session, _: Cell, counter: Counter) -> Answered:
    from attn_explore.explorer.session.scored_heads import heads_of
    from attn_explore.explorer.telling.answers.heads_answer import Wanted, heads_answer, heads_data
    from attn_explore.model.looking.said_twice import Drawing

    atlas, _why = heads_of(session, Drawing(), counter)
    wanted = Wanted(is_list=True)
    command = answering(session, "heads", "--sort", wanted.score)
    return Answered(heads_answer(atlas, wanted), command, heads_data(atlas, wanted))


def _heads_grid(session: Session, _: Cell, counter: Counter) -> Answered:
    from attn_explore.explorer.session.scored_heads import heads_of
    from attn_explore.explorer.telling.answers.heads_answer import heads_answer, heads_data
    from attn_explore.model.looking.said_twice import Drawing

    atlas, _why = heads_of(session, Drawing(), counter)
    return Answered(heads_answer(atlas), answering(session, "heads"), heads_data(atlas))


VIEWS: Mapping[str, View] = MappingProxyType({"heads": _heads, "heads-grid": _heads_grid})
"""By their names."""
