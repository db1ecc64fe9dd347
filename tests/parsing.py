"""Reading the text of a scenario, and how it is refused."""

from __future__ import annotations

import pytest

from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario, parse_scenario

TEXT = "input: {text: I love my dog}\n"


def parse(text: str) -> Scenario:
    """The scenario, as if it stood in `s.yaml`."""
    return parse_scenario(text, "s.yaml")


def second(text: str) -> Scenario:
    """The second run of a comparison."""
    found = parse(text).second()
    assert found is not None
    return found


def refusal(text: str) -> str:
    """What is said of a scenario that is refused."""
    with pytest.raises(Problem) as caught:
        parse(text)
    assert caught.value.exit_status == 2
    return caught.value.render()
