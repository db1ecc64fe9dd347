"""What the commands share: from what the person named to a session, and what is said beside the output."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_explore.explorer.session.asked import Asked
    from attn_explore.explorer.session.opening import Source
    from attn_explore.explorer.session.session import Session
    from attn_explore.explorer.system.counter import Counter
    from attn_explore.explorer.system.limits import Limits
    from attn_explore.model.values import Value


def find_source(wanted: str, asked: Asked | None = None) -> Source:
    """What a name or a path leads to, and what is asked of its run."""
    from attn_explore.explorer.session import opening

    return opening.find_source(wanted) if asked is None else opening.find_source(wanted, asked)


def session_of(
    source: Source, limits: Limits, step: str = "", counter: Counter | None = None, *, grows: bool = False
) -> Session:
    """Run or read the source, and go to a step, by its path or its end, or to a cell of it: STEP[INDEX].

    `grows`: see `start`. Raises Problem where there is not just one such step.
    """
    from attn_explore.explorer.session.opening import start

    session = start(source, limits, counter, grows=grows)
    if step:
        _go_to(session, step)
    return session


def at_cell(source: Source, limits: Limits, cell: str, *, or_row: bool = False) -> Session:
    """Run or read the source, and go to a cell, given as STEP[INDEX]; to a row of it, where that will do; or a step."""
    session = session_of(source, limits)
    if cell:
        _go_to(session, cell, or_row=or_row)
    return session


def _go_to(session: Session, cell: str, *, or_row: bool = False) -> None:
    from attn_explore.explorer.session.search import only
    from attn_explore.model.places import index_of, row_of, split_place

    step, places = split_place(cell)
    session.place.show(only(session, step))
    if places is not None:
        session.place.move_to((row_of if or_row else index_of)(session.place.value, places))


def part_named(source: Source, limits: Limits, name: str) -> tuple[Session, Value]:
    """Run or read the source; with it a step, or what stands at the places of STEP[INDEX] along its first axes."""
    from attn_explore.model.places import places_of, split_place
    from attn_explore.model.windows import at_places

    step, places = split_place(name)
    session = session_of(source, limits, step)
    value = session.place.value
    return session, value if places is None else at_places(value, places_of(value, places))


def sessions_of(
    sources: list[Source], limits: Limits, step: str, counter: Counter | None = None, *, grows: bool = False
) -> Session:
    """Run the source, or two that are stepped through together; of a source alone that may grow, see `start`."""
    from dataclasses import replace

    from attn_explore.explorer.session.opening import pair

    is_alone = len(sources) == 1
    session = session_of(sources[0], limits, step, counter, grows=grows and is_alone)
    if is_alone:
        return session
    left = replace(limits, memory=limits.nbytes - session.run.trace.nbytes)
    return pair(session, session_of(sources[1], left, counter=counter))


def say_notes(session: Session) -> None:
    """Say on stderr what has to be said of how the run was read."""
    from attn_explore.explorer.system.exits import say
    from attn_explore.model.text import visible

    for note in session.notes:
        say(f"note: {visible(note)}")


def need_terminal() -> None:
    """Textual reads stdin and draws on stderr, and asks neither whether it is a terminal: so we do."""
    from attn_explore.explorer.system.streams import terminal_moves_its_cursor
    from attn_explore.model.problems import SURROUNDINGS, Problem

    hint = "--plain prints the walk-through as text"
    if not terminal_moves_its_cursor():
        raise Problem("this terminal cannot move its cursor (TERM)", hint=hint, exit_status=SURROUNDINGS)
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        what = "there is no terminal: stdin, stdout and stderr have to be one"
        raise Problem(what, hint=hint, exit_status=SURROUNDINGS)


def print_lines(lines: Iterable[str]) -> None:
    """Print lines to stdout."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
