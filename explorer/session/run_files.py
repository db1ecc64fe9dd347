"""The files of a run: those that it was read from, which are never written over."""

from __future__ import annotations

from pathlib import Path

from attn_explore.explorer.system.endings import SCENARIOS
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.pairs import TASKS


def inputs_of(path: Path, scenario: Scenario | None) -> list[Path]:
    """The files that a run was read from: its own, and the weights that its scenario names."""
    if scenario is None or scenario.source.folder is None or scenario.model.weights.file is None:
        return [path]
    return [path, scenario.source.folder / scenario.model.weights.file]


def taught_from(path: Path, scenario: Scenario) -> list[Path]:
    """The files that a training reads: the scenario's own, and its pairs. Its weights are what it makes."""
    experiment, folder = scenario.experiment, scenario.source.folder
    if experiment is None or experiment.data is None or folder is None or experiment.data in TASKS:
        return [path]
    return [path, folder / experiment.data]


def check_beside_weights(target: Path, scenario: Scenario) -> None:
    """A scenario names its weights by a path from its own folder. Raises Problem when it would lose them."""
    if target.suffix.lower() not in SCENARIOS:
        raise Problem("this ending is no scenario's", path=target, hint="end it with .yaml")
    folder = scenario.source.folder
    if scenario.model.weights.file is not None and (folder is None or target.absolute().parent != folder.absolute()):
        where = f"save it in {folder.absolute()}" if folder else "run the scenario's own file, and save from there"
        raise Problem("its weights file would not be found from there", path=target, hint=where)
