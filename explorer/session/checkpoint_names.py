"""How a scenario that is saved names its checkpoint, so that its file leads there again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from attn_explore.model.files.regular import resolve_inside
from attn_explore.model.opened import CHECKPOINT, Opened
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.source import COMPARED, merged


def named_beside(target: Path, scenario: Scenario, second: Scenario | None) -> Scenario:
    """The scenario as it names its checkpoints in the file `target`; `second` is the run that it is compared with.

    A name stays a name, and a path is written from the folder of the file, if it leads into that. Raises Problem where
    no path can be written.
    """
    folder = target.absolute().parent
    return _renamed(scenario, second, lambda checkpoint, typed: _name(folder, checkpoint, typed))


def named_alone(scenario: Scenario, second: Scenario | None) -> Scenario:
    """The scenario as it names its checkpoints in a file of another machine: the folders of this one are not there."""
    return _renamed(scenario, second, lambda _, typed: Path(typed).name if Path(typed).is_absolute() else typed)


def _renamed(scenario: Scenario, second: Scenario | None, name: Callable[[Opened, str], str]) -> Scenario:
    data = scenario.source.data
    for keys, checkpoint, typed in _named(scenario, second):
        found: object = name(checkpoint, typed)
        for key in reversed(keys):
            found = {key: found}
        data = merged(data, found)  # type: ignore[arg-type]
    return replace(scenario, source=replace(scenario.source, data=data))


def folders_outside(target: Path, scenario: Scenario, second: Scenario | None) -> list[Path]:
    """The folders outside that of the file from which whoever runs it has to allow it to read."""
    folder, named = target.absolute().parent, _named(scenario, second)
    outside = (checkpoint for _, checkpoint, typed in named if Path(_name(folder, checkpoint, typed)).is_absolute())
    return list(dict.fromkeys(map(_folder, outside)))


def _named(scenario: Scenario, second: Scenario | None) -> Iterator[tuple[tuple[str, ...], Opened, str]]:
    """Where checkpoints are named: keys, the checkpoint, and what was typed. Raises Problem for those of a trace."""
    for above, run in (((), scenario), ((COMPARED,), second)):
        keys = (*above, *map(str, CHECKPOINT))
        typed = scenario.source.at(keys)
        if run is None or not isinstance(typed, str):
            continue
        if not isinstance(run.checkpoint, Opened):
            what = "a trace names its model, and does not open it"
            raise Problem(what, hint="run the model itself, and save from there")
        yield keys, run.checkpoint, typed


def _name(folder: Path, checkpoint: Opened, typed: str) -> str:
    """How a file in a folder names a checkpoint."""
    path = checkpoint.path
    if not (folder / typed).exists() and _leads_to(typed, path):
        return typed
    real = path.resolve()
    if not real.is_relative_to(folder.resolve()):
        return str(path.absolute())
    name = real.relative_to(folder.resolve()).as_posix()
    resolve_inside(folder, name)
    return name


def _leads_to(name: str, path: Path) -> bool:
    """Whether a model of this name, wherever models usually lie, is the one at a path."""
    from attn_explore.model.checkpoints.locating import locate_name  # only who saves needs them

    try:
        return locate_name(name).path == path
    except Problem:
        return False


def _folder(checkpoint: Opened) -> Path:
    path = checkpoint.path.absolute()
    return path if path.is_dir() else path.parent
