"""What a session writes to files: its trace, and its scenario with the edits in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from attn_explore.explorer.session import edits
from attn_explore.explorer.session.run_files import check_beside_weights, inputs_of
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.endings import format_of
from attn_explore.model.files.writing import write_atomically
from attn_explore.model.lesson import Stop
from attn_explore.model.plots import Plot
from attn_explore.model.problems import Problem
from attn_explore.model.scenario.document import LessonStep


def chunks(session: Session, ending: str, fine: bool = False) -> Iterator[bytes]:
    """The trace in the format of files with this ending, piece by piece."""
    from attn_explore.model.export import WRITERS  # only an export needs them

    return WRITERS[ending](session.run.trace, session.run.scenario, fine)


def export(
    session: Session,
    target: Path,
    *,
    ending: str = "",
    fine: bool = False,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Write the trace to a file, whole or not at all, and give its path. Raises Problem when that cannot be."""
    found = chunks(session, ending or format_of(target), fine)
    write_atomically(target, found, force=force, inputs=_inputs(session), progress=progress)
    return target.absolute()


def save(session: Session, target: Path, force: bool = False) -> Path:
    """Write the scenario with the edits in force, as a file. Raises Problem when that cannot be."""
    check_beside_weights(target, session.run.scenario)
    scenario = session.run.scenario
    if scenario.compare is None and any(edit.swap for edit in scenario.edits):
        what = "an edit takes numbers from the other run, and the file would not have one"
        raise Problem(what, path=target, hint="take it back (Ctrl+Z), or add `compare` to the scenario")
    if edits.changed_words(session):
        scenario = replace(scenario, lesson=tuple(map(_by_number, scenario.lesson, session.lesson.stops)))
    second = session.other.run.scenario if session.other and session.run.scenario.compare else None
    write_atomically(target, [scenario.as_yaml(second).encode()], force=force, inputs=_inputs(session))
    return target.absolute()


def save_plot(session: Session, plot: Plot, target: Path, force: bool = False) -> Path:
    """Write a plot of a session: a picture, or its numbers. Raises Problem when that cannot be."""
    from attn_explore.explorer.drawing.plots.formats import write_plot  # only this needs them

    return write_plot(plot, target, force=force, inputs=_inputs(session))


def _by_number(told: LessonStep, stop: Stop) -> LessonStep:
    """A stop whose focus says where the words stood, since there are others now."""
    if told.focus is None or stop.index is None:
        return told
    places = dict(zip(stop.value.names, stop.index, strict=True))
    return replace(told, focus={name: places[name] for name in told.focus})


def _inputs(session: Session) -> list[Path]:
    return [] if session.path is None else inputs_of(session.path, session.run.scenario)
