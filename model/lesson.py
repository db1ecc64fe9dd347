"""What a scenario tells at its own steps: narration, and the cell to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from model.places import choices_along, place_along
from model.problems import Problem, nearest, raise_any
from model.scenario import Scenario
from model.scenario.document import LessonStep
from model.scenario.source import KeyPath
from model.text import clip
from model.trace import Trace
from model.values import Value

_LONGEST = 60


@dataclass(frozen=True)
class Stop:
    """What is told at a step, and the cell that the cursor begins at (None: the first)."""

    say: str
    index: tuple[int, ...] | None


def stops(scenario: Scenario, trace: Trace) -> dict[str, Stop]:
    """The scenario's own words by the path of their step.

    Raises Problem for each step, axis or label that the run does not have.
    """
    problems: list[Problem] = []
    found = {}
    for place, told in enumerate(scenario.lesson):
        path = ("lesson", place)
        value = trace.steps.get(told.at)
        if value is None:
            near = nearest(told.at, trace.steps)
            hint = f"did you mean {near}?" if near else f"the first step is {next(iter(trace.steps))}"
            what = f"the run has no step {clip(told.at, _LONGEST)}"
            problems.append(scenario.problem_at((*path, "at"), what, hint))
            continue
        problems += _faults(scenario, (*path, "focus"), told.focus or {}, value)
        found[told.at] = told, value
    raise_any(problems)
    return {at: Stop(told.say.strip(), _index(told, value)) for at, (told, value) in found.items()}


def _faults(scenario: Scenario, path: KeyPath, focus: Mapping[str, str | int], value: Value) -> Iterator[Problem]:
    for name, where in focus.items():
        if name not in value.names:
            what, hint = f"{value.path} has no axis {clip(name, _LONGEST)}", f"its axes are {', '.join(value.names)}"
            yield scenario.problem_at((*path, name), what, hint, at_key=True)
        elif place_along(value.axis(name), where) is None:
            what = f"there is no {clip(str(where), _LONGEST)} along {name}"
            yield scenario.problem_at((*path, name), what, choices_along(value.axis(name)))


def _index(told: LessonStep, value: Value) -> tuple[int, ...] | None:
    if told.focus is None:
        return None
    places = (place_along(axis, told.focus.get(axis.name, 0)) for axis in value.axes)
    return tuple(place or 0 for place in places)
