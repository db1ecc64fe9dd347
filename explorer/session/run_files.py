"""The files of a run: those that it was read from, which are never written over."""

from __future__ import annotations

from pathlib import Path

from attn_explore.explorer.system.file_formats import SCENARIOS
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.pairs import TASKS
from attn_explore.model.scenario.source import COMPARED, KeyPath

_WEIGHTS = ("model", "weights", "file")
_PAIRS = ("experiment", "data")


def inputs_of(path: Path, scenario: Scenario | None) -> list[Path]:
    """The files that a run, and the run that it is compared with, are read from: their own, and those that it names."""
    named = _named(path, scenario, _WEIGHTS, (COMPARED, *_WEIGHTS), _PAIRS, (COMPARED, *_PAIRS))
    checkpoint = scenario.checkpoint if scenario else None
    return named if checkpoint is None else [*named, *checkpoint.inputs]


def taught_from(path: Path, scenario: Scenario) -> list[Path]:
    """The files that a training reads, or that are read beside it. The scenario's own weights are what it makes."""
    own = scenario.source.at(_WEIGHTS)
    compared = () if scenario.source.at((COMPARED, *_WEIGHTS)) == own else ((COMPARED, *_WEIGHTS),)
    return _named(path, scenario, _PAIRS, (COMPARED, *_PAIRS), *compared)


def _named(path: Path, scenario: Scenario | None, *keys: KeyPath) -> list[Path]:
    """The scenario's own file, and the files that stand at some of its keys."""
    if scenario is None or scenario.source.folder is None:
        return [path]
    names = dict.fromkeys(name for key in keys if isinstance(name := scenario.source.at(key), str))
    return [path, *(scenario.source.folder / name for name in names if name not in TASKS)]


def read_beside(scenario: Scenario) -> list[Path]:
    """The files that a scenario names and that lie beside its own."""
    return _named(Path(), scenario, _WEIGHTS, (COMPARED, *_WEIGHTS), _PAIRS, (COMPARED, *_PAIRS))[1:]


def check_ending(target: Path) -> None:
    """Raises Problem for a name that is no scenario's."""
    if target.suffix.lower() not in SCENARIOS:
        raise Problem("this ending is no scenario's", path=target, hint="end it with .yaml")


def check_beside_weights(target: Path, scenario: Scenario) -> None:
    """A scenario names its weights by a path from its own folder. Raises Problem when it would lose them."""
    folder = scenario.source.folder
    if scenario.model.weights.file is not None and (folder is None or target.absolute().parent != folder.absolute()):
        where = f"save it in {folder.absolute()}" if folder else "run the scenario's own file, and save from there"
        raise Problem("its weights file would not be found from there", path=target, hint=where)
