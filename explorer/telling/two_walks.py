"""Two runs as plain lines, step by step: what is said of both, the numbers of both, and how far they are apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import zip_longest

from rich.cells import cell_len

from attn_explore.explorer.drawing.numbers import pad
from attn_explore.explorer.session import two_runs
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.telling.headings import run_name
from attn_explore.explorer.telling.plain import table
from attn_explore.model.text import visible
from attn_explore.model.values import Value

_GAP = "    "
"""Stands between two tables."""

Told = tuple[Session, Value]
"""A step, and the run that tells of it."""


def steps_of(session: Session) -> list[Told]:
    """Every step from the one that is looked at; with those that only the other run has, where they stand there."""
    own = [(session, step) for step in session.place.steps[session.place.position :]]
    return own if session.other is None else list(_merged(own, session.other))


def _merged(own: list[Told], other: Session) -> Iterator[Told]:
    waiting = [step for step in other.place.steps if step.path in other.run.trace.steps]
    known, begins = {step.path for _, step in own}, own[0][1].path
    waiting = waiting[next((place for place, step in enumerate(waiting) if step.path == begins), 0) :]
    for told in own:
        places = [place for place, step in enumerate(waiting) if step.path == told[1].path]
        if places:
            yield from ((other, step) for step in waiting[: places[0]] if step.path not in known)
            waiting = waiting[places[0] + 1 :]
        yield told
    yield from ((other, step) for step in waiting if step.path not in known)


def opening(session: Session) -> Iterator[str]:
    """What the two runs are, and where they part; of one run, what it is."""
    scenario, other = session.run.scenario, session.other
    has_two_titles = other is not None and other.run.scenario.title != scenario.title
    for each in (session, other) if other is not None and has_two_titles else (session,):
        called = f"{run_name(each)}: " if has_two_titles else ""
        yield f"{called}{visible(each.run.scenario.title)}"
        yield from [visible(each.run.scenario.summary)] if each.run.scenario.summary else []
    if other is not None:
        step = two_runs.parting(session)
        where = f"They part at {step.path}." if step is not None else "They are the same throughout."
        yield f"Two runs step by step, {run_name(session)} and {run_name(other)}. {where}"


def of_both(session: Session, value: Value, tell: Callable[[Session, Value], str]) -> list[str]:
    """What is told of a value in both runs: once where it is the same, else after the name of each run."""
    own, found = tell(session, value), two_runs.beside(session, value)
    if session.other is None or found is None or (theirs := tell(session.other, found)) == own:
        return [own]
    return [f"{run_name(session)}: {own}", f"{run_name(session.other)}: {theirs}"]


def tables(session: Session, value: Value, window: int, room: int) -> Iterator[str]:
    """The numbers of a value in both runs, side by side where there is room; once where they are the same."""
    own, found = list(table(value, window, room)), two_runs.beside(session, value)
    if session.other is None or found is None or _is_same(session, value, found):
        yield from own
        return
    left = [f"{run_name(session)}:", *own]
    right = [f"{run_name(session.other)}:", *table(found, window, room)]
    width = max(map(cell_len, left))
    if width + len(_GAP) + max(map(cell_len, right)) <= room:
        yield from (f"{pad(one, width)}{_GAP}{other}" for one, other in zip_longest(left, right, fillvalue=""))
    else:
        yield from (*left, *right)


def _is_same(session: Session, value: Value, found: Value) -> bool:
    return value.axes == found.axes and two_runs.most_apart(session, value) is None
