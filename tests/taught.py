"""The bundled lessons with their runs, each run once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from attn_explore.explorer.session.course import bundled
from attn_explore.model.lesson import Stop, stops
from attn_explore.model.prepared import Prepared, prepare
from attn_explore.model.run import run
from attn_explore.model.scenario import Scenario, read_scenario
from attn_explore.model.trace import Trace
from attn_explore.model.training.record import Record


@cache
def prepared_of(name: str) -> Prepared:
    """A bundled scenario with what its weights file says of it."""
    return prepare(read_scenario(bundled()[name]))


def scenario_of(name: str) -> Scenario:
    """A bundled scenario as it is run, with its gradients."""
    return prepared_of(name).scenario


def record_of(name: str) -> Record | None:
    """The training of its model, if it was trained."""
    return prepared_of(name).record


@cache
def run_of(name: str) -> Trace:
    """The run at the end of its training."""
    record = record_of(name)
    return run(scenario_of(name)) if record is None else at_moment(name, record.steps[-1])


@cache
def second_of(name: str) -> Trace | None:
    """The run that it is compared with, if there is one, with gradients of the same number."""
    first = scenario_of(name)
    second = first.second()
    return None if second is None else run(replace(prepare(second).scenario, gradients=first.gradients))


@cache
def at_moment(name: str, step: int) -> Trace:
    """The run with the weights as they were after some steps of training."""
    record = record_of(name)
    assert record is not None
    return run(scenario_of(name), record=record, moment=record.steps.index(step))


@cache
def stops_of(name: str) -> tuple[Stop, ...]:
    """The stops of its lesson, each in the run of its moment."""
    found = stops(scenario_of(name), run_of(name))
    return tuple(stop if stop.moment is None else stop.in_run(at_moment(name, stop.moment)) for stop in found)


def told(stop: Stop) -> str:
    """What a stop says and asks, in one line."""
    return " ".join(f"{stop.say} {stop.ask}".split())
