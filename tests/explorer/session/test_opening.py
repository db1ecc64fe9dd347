"""What opening a scenario costs: it is known once what it reads, what it takes, and what its weights file holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from attn_explore.explorer.session.course import bundled
from attn_explore.explorer.session.opening import Source, check, start
from attn_explore.explorer.system.limits import Limits
from attn_explore.model import forward
from attn_explore.model.files import safetensors
from attn_explore.model.prepared import prepare
from attn_explore.model.scenario import Scenario, parse_scenario, read_scenario

LIMITS = Limits(2**33)

Counted = Callable[[], dict[str, int]]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """How often a model was put together, a weights file read, and its header parsed."""
    counts: Counter[str] = Counter()

    def count(owner: object, name: str, what: str) -> None:
        real = getattr(owner, name)

        def counting(*args: Any, **named: Any) -> Any:
            counts[what] += 1
            return real(*args, **named)

        monkeypatch.setattr(owner, name, counting)

    count(forward, "Assembly", "passes")
    count(safetensors, "read_header", "parses")
    count(Scenario, "read_file", "reads")
    return lambda: dict(counts)


def opened(name: str) -> None:
    path = bundled()[name]
    start(Source(name, path, read_scenario(path)), LIMITS)


def test_a_scenario_is_planned_once_and_run_once(counted: Counted) -> None:
    opened("i-love-my-dog")
    assert counted() == {"passes": 2}


def test_a_trained_model_is_planned_once_and_run_once_from_a_file_that_is_read_once(counted: Counted) -> None:
    opened("translate")
    assert counted() == {"passes": 2, "reads": 1, "parses": 1}


def test_each_of_two_runs_that_are_compared_is_prepared_once(counted: Counted) -> None:
    opened("softmax-vs-relu")
    assert counted() == {"passes": 4}


def test_an_edited_scenario_is_planned_for_its_edits_and_run_without_them_too(counted: Counted) -> None:
    text = "input: {text: I love my dog}\nedits: [{at: encoder.input, index: [0, 0], set: 1}]"
    start(Source("edited", Path("edited.yaml"), parse_scenario(text)), LIMITS)
    assert counted() == {"passes": 4}


def test_a_check_plans_and_does_not_run(counted: Counted) -> None:
    check(bundled()["translate"], LIMITS)
    assert counted() == {"passes": 2, "reads": 1, "parses": 1}


def test_what_is_known_is_known_from_then_on() -> None:
    prepared = prepare(parse_scenario("input: {text: I love my dog}"))
    assert prepared.plan is prepared.plan
    assert prepared.need is prepared.need
    assert prepared.known.shapes is prepared.known.shapes
