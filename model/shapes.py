"""The parameters that a scenario's model has, and the words that it knows: what has to be known before it runs."""

from __future__ import annotations

from attn_explore.model import experiments
from attn_explore.model.axes import Axis
from attn_explore.model.parameters import Shapes, StackSizes, parameter_axes
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import predicting_stack, readings, vocabularies


def shapes_of(scenario: Scenario) -> Shapes:
    """Name and axes of every parameter of the scenario's model, or of what its experiment starts from."""
    if scenario.alone is not None:
        return experiments.parameter_axes(scenario.alone)
    known = vocabulary_axes(scenario)
    read = readings(scenario.model, scenario.input)
    stacks = {stack: StackSizes(known[stack], read[stack].longest) for stack in read}
    return parameter_axes(scenario.model, stacks, _predicted(scenario, known))


def vocabulary_axes(scenario: Scenario) -> dict[str, Axis]:
    """The words that each stack knows."""
    found = vocabularies(scenario.model, scenario.input)
    return {stack: Axis("vocabulary", len(words), words) for stack, words in found.items()}


def _predicted(scenario: Scenario, known: dict[str, Axis]) -> Axis | None:
    """What the head chooses from."""
    if scenario.model.head == "none":
        return None
    if scenario.model.head == "vocabulary":
        return known[predicting_stack(scenario.model)]
    return Axis("class", len(scenario.model.classes), scenario.model.classes)
