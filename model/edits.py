"""What-if edits: from what a scenario says to changes of numbers, checked against the run that they are made in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

from attn_explore.model.axes import Array
from attn_explore.model.changes import Change
from attn_explore.model.ops.gradients import PREFIX
from attn_explore.model.places import choices_along, path_meant
from attn_explore.model.problems import Fault, Problem, raise_any
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Edit
from attn_explore.model.scenario.source import KeyPath
from attn_explore.model.text import clip
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

_LONGEST = 60

Changes = dict[str, tuple[Change, ...]]


def changes(scenario: Scenario, planned: Trace, frozen: Trace | None = None, second: Trace | None = None) -> Changes:
    """The scenario's edits by the path of what they change, in their order.

    `planned` is the run's plan; `frozen` the run without edits and `second` the one it is compared with, where there
    is an edit that takes numbers from them. Raises Problem for each edit that does not fit the run.
    """
    known = {**planned.steps, **planned.parameters}
    raise_any(problem for place in range(len(scenario.edits)) for problem in _faults(scenario, place, known))
    found: dict[str, list[Change]] = {}
    for place, edit in enumerate(scenario.edits):
        source = frozen if edit.freeze else second if edit.swap else None
        found.setdefault(edit.at, []).append(_change(scenario, place, planned[edit.at], source))
    return {path: tuple(made) for path, made in found.items()}


def _faults(scenario: Scenario, place: int, known: Mapping[str, Value]) -> Iterator[Fault]:
    edit, path = scenario.edits[place], ("edits", place)
    value = known.get(edit.at)
    if edit.at.startswith(PREFIX):
        hint = "edit a step of the model: the gradients follow"
        yield scenario.problem_at((*path, "at"), "a gradient follows from the run, and cannot be edited", hint)
    elif value is None:
        yield partial(_unknown, scenario, (*path, "at"), edit.at, known)
    elif len(edit.index) > len(value.axes):
        what = f"{len(edit.index)} indices for the {len(value.axes)} axes of {value.path}"
        yield scenario.problem_at((*path, "index"), what, f"its axes are {', '.join(value.names)}")
    else:
        yield from _outside(scenario, (*path, "index"), edit, value)


def _unknown(scenario: Scenario, path: KeyPath, at: str, known: Mapping[str, Value]) -> Problem:
    near = path_meant(at, known)
    hint = f"did you mean {near}?" if near else f"the first step is {next(iter(known))}"
    return scenario.problem_at(path, f"the run has no step or parameter {clip(at, _LONGEST)}", hint)


def _outside(scenario: Scenario, path: KeyPath, edit: Edit, value: Value) -> Iterator[Problem]:
    for number, (where, axis) in enumerate(zip(edit.index, value.axes, strict=False)):
        if isinstance(where, int) and where >= axis.size:
            what = f"there is no {where} along {axis.name}, which has {axis.size}"
            yield scenario.problem_at((*path, number), what, f"count from 0 to {axis.size - 1}; {choices_along(axis)}")


def _change(scenario: Scenario, place: int, value: Value, source: Trace | None) -> Change:
    edit = scenario.edits[place]
    index = tuple(slice(None) if where == "all" else int(where) for where in edit.index)
    if edit.scale is not None:
        return Change(index, factor=edit.scale)
    if edit.freeze or edit.swap:
        return Change(index, put=_taken(scenario, place, value, source) if source else 0.0)
    return Change(index, put=-math.inf if edit.knock_out else edit.set or 0.0)


def _taken(scenario: Scenario, place: int, value: Value, source: Trace) -> Array:
    """The numbers of the same step in another run."""
    found = source.steps.get(value.path) or source.parameters.get(value.path)
    if found is None or found.shape != value.shape:
        what = f"the second run has no {clip(value.path, _LONGEST)} of this shape"
        raise scenario.problem_at(("edits", place, "at"), what, "take another step, or `set`")
    return found.array
