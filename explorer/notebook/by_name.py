"""What names mean in a session, as they are typed on a command line: a step, a cell, an edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_explore.explorer.session.place import Cell
    from attn_explore.explorer.session.run import Run
    from attn_explore.explorer.session.session import Session
    from attn_explore.model.scenario.document import Edit
    from attn_explore.model.values import Value


def value_named(session: Session, name: str) -> Value:
    """The step or parameter of a name. Raises Problem where there are several, or none."""
    from attn_explore.explorer.session.search import only

    trace = session.run.trace
    exact = trace.steps.get(name) or trace.parameters.get(name)  # whoever asks for each in turn does not search for it
    return exact or only(session, name)


def cell_named(session: Session, name: str) -> Cell:
    """The cell of STEP[INDEX]."""
    from attn_explore.explorer.session.place import Cell
    from attn_explore.model.places import index_of, split_place

    step, places = split_place(name)
    value = value_named(session, step)
    return Cell(value.path, index_of(value, places or []))


def edit_named(session: Session, name: str, change: float | str) -> Edit:
    """The edit of a step, or of a part of one, by what is typed of it: a number, `zero`, `scale 2`."""
    from attn_explore.explorer.session.what_if import edit_from
    from attn_explore.model.places import places_of, split_place

    step, places = split_place(name)
    value = value_named(session, step)
    named = places_of(value, places) if places else {}
    index = tuple(named.get(axis, "all") for axis in value.names) if named else ()
    return edit_from(value, index, str(change), has_other=False)


def again(session: Session, run: Run | None = None) -> Session:
    """A session of one's own over the same run, or over another run of the same scenario."""
    from attn_explore.explorer.session.session import Session

    return Session(session.name, run or session.run, session.path, session.notes, session.moments, session.label)
