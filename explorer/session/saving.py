"""What a session writes to files: its trace, and its scenario with the edits in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from attn_explore.explorer.session import edits
from attn_explore.explorer.session.checkpoint_names import folders_outside, named_alone, named_beside
from attn_explore.explorer.session.run_files import check_beside_weights, check_ending, inputs_of, read_beside
from attn_explore.explorer.session.session import Session
from attn_explore.explorer.system.file_formats import format_of
from attn_explore.explorer.system.where_files_go import ON_DISK, Files
from attn_explore.model.lesson import Stop
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import LessonStep

if TYPE_CHECKING:
    from attn_explore.explorer.drawing.plots.figure import Figure
    from attn_explore.model.traces.wanted import Wanted  # only an export needs this, and what writes it

LARGE = 100_000_000
"""Bytes of an export from which on it is not written unasked."""


def chunks(session: Session, ending: str, wanted: Wanted) -> Iterator[bytes]:
    """What is wanted of the trace, in the format of files with this ending, piece by piece."""
    from attn_explore.model.traces.export import WRITERS

    return WRITERS[ending](session.run.trace, session.run.scenario, wanted)


def large_export(session: Session, ending: str, wanted: Wanted | None = None) -> str:
    """Say how much an export in this format takes, where that is more than a person may expect; else nothing."""
    from attn_explore.explorer.drawing.numbers import size_text
    from attn_explore.model.traces.export import size_of
    from attn_explore.model.traces.wanted import EVERYTHING

    nbytes = size_of(session.run.trace, session.run.scenario, ending, wanted or EVERYTHING)
    return f"about {size_text(nbytes)}" if nbytes > LARGE else ""


def check_size(session: Session, target: Path, ending: str, wanted: Wanted, hint: str) -> None:
    """Refuse an export that is larger than a person may expect, unless they said which steps, and only those.

    Raises Problem with its size, and with a hint at what may be said.
    """
    is_said = wanted.steps and not wanted.parameters
    if (size := large_export(session, ending, wanted)) and not is_said:
        raise Problem(f"this export takes {size}", path=target, hint=hint)


def export(
    session: Session,
    target: Path,
    wanted: Wanted,
    *,
    ending: str = "",
    force: bool = False,
    files: Files = ON_DISK,
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write the trace to a file, whole or not at all, and give its path. Raises Problem when that cannot be.

    `tell` hears how far it is: of a checkpoint, the files that the trace names are read through first.
    """
    from attn_explore.explorer.drawing.numbers import size_text

    files.check(target, force, _inputs(session))
    if (checkpoint := session.run.scenario.checkpoint) is not None:
        checkpoint.read_through(lambda done, of: tell(f"{size_text(done)} of {size_text(of)} of the weights read"))
    found = chunks(session, ending or format_of(target), wanted)
    return files.write(
        target,
        found,
        force=force,
        inputs=_inputs(session),
        progress=lambda nbytes: tell(f"{size_text(nbytes)} written"),
    )


def save(session: Session, target: Path, force: bool = False, files: Files = ON_DISK) -> Path:
    """Write the scenario with the edits in force, as a file. Raises Problem when that cannot be."""
    session.need_whole()
    check_ending(target)
    if not files.is_download:
        check_beside_weights(target, session.run.scenario)
    scenario = session.run.scenario
    if scenario.compare is None and any(edit.swap for edit in scenario.edits):
        what = "an edit takes numbers from the other run, and the file would not have one"
        raise Problem(what, path=target, hint="take it back (Ctrl+Z), or add `compare` to the scenario")
    if edits.changed_words(session):
        scenario = replace(scenario, lesson=tuple(map(_by_number, scenario.lesson, session.lesson.stops)))
    second = _compared_with(session)
    scenario = named_alone(scenario, second) if files.is_download else named_beside(target, scenario, second)
    text = scenario.as_yaml(second).encode()
    written = files.write(target, [text], force=force, inputs=_inputs(session))
    for run in (session, session.other) if second else (session,):
        if run is not None:
            run.saved = run.run.scenario
    return written


def needs(session: Session, target: Path, files: Files = ON_DISK) -> str:
    """What whoever runs the file of a saved scenario has to see to; mostly nothing."""
    if not files.is_download:
        leave = needs_leave(session, target)
        return f"to run it: {leave}" if leave else ""
    beside = [path.name for path in read_beside(session.run.scenario)]
    return f"it is to lie beside {' and '.join(beside)}" if beside else ""


def needs_leave(session: Session, target: Path) -> str:
    """The options by which the file of a saved scenario may read what lies outside its folder; mostly nothing."""
    folders = folders_outside(target, session.run.scenario, _compared_with(session))
    return " ".join(f"--allow-path {folder}" for folder in folders)


def _compared_with(session: Session) -> Scenario | None:
    return session.other.run.scenario if session.other and session.run.scenario.compare else None


def save_plot(session: Session, plot: Figure, target: Path, force: bool, files: Files) -> Path:
    """Write a figure of a session: a picture, or its numbers. Raises Problem when that cannot be."""
    from attn_explore.explorer.drawing.plots.formats import write_plot  # only this needs them

    return write_plot(plot, target, force=force, inputs=_inputs(session), files=files)


def _by_number(told: LessonStep, stop: Stop) -> LessonStep:
    """A stop whose focus says where the words stood, since there are others now."""
    if told.focus is None or stop.index is None:
        return told
    places = dict(zip(stop.value.names, stop.index, strict=True))
    return replace(told, focus={name: places[name] for name in told.focus})


def _inputs(session: Session) -> list[Path]:
    """The files that both runs were read from."""
    runs = [run for run in (session, session.other) if run is not None and run.path is not None]
    return [path for run in runs if run.path is not None for path in inputs_of(run.path, run.run.scenario)]
