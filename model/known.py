"""What follows from a scenario's text alone: what each stack reads, the words it knows, and the model's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from attn_explore.model.architecture import Architecture, architecture_of
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.named_checkpoint import checkpoint_of
from attn_explore.model.opened import with_checkpoint
from attn_explore.model.parameters import Shapes, StackSizes, parameter_axes
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import END, Reading, Token, predicting_stack, readings, vocabularies


@dataclass(frozen=True, eq=False)
class Known:
    """A scenario, what each stack of its model reads, and the words that each stack knows.

    An experiment that runs without a model has no stacks.
    """

    scenario: Scenario
    readings: Mapping[str, Reading]
    vocabularies: Mapping[str, Axis]

    @cached_property
    def architecture(self) -> Architecture:
        """What the mathematics of the model depends on."""
        return architecture_of(self.scenario.model)

    @cached_property
    def shapes(self) -> Shapes:
        """Name and axes of every parameter of the model, or of what the experiment starts from."""
        if self.scenario.alone is not None:
            from attn_explore.model import experiments  # few scenarios have one

            return experiments.parameter_axes(self.scenario.alone)
        stacks = {stack: StackSizes(self.vocabularies[stack], self._positions(stack)) for stack in self.readings}
        return parameter_axes(self.architecture, stacks, self._predicted)

    def hides_padding(self, stack: str) -> bool:
        """Whether the padding of a stack is masked."""
        wanted = self.scenario.mask.pad
        return self.readings[stack].has_padding if wanted == "auto" else wanted

    def _positions(self, stack: str) -> int:
        """The most positions that a stack counts: hidden padding before the text takes none."""
        reading = self.readings[stack]
        is_skipped = self.hides_padding(stack) and self.architecture.counting != "every_token"
        return reading.longest - (reading.padding_before if is_skipped else 0)

    def ids(self, stack: str) -> tuple[int, ...]:
        """The rows of the embedding table that a stack reads at first, with those of its padding."""
        reading = self.readings[stack]
        found = reading.padded_ids()
        return tuple(self.rows[stack][word] for word in reading.padded()) if found is None else found

    def ends_with(self, token: Token) -> bool:
        """Whether a generated text ends with this token."""
        checkpoint = self.scenario.checkpoint
        return token.label == END if checkpoint is None else token.id in checkpoint.ends

    @cached_property
    def rows(self) -> Mapping[str, Mapping[str, int]]:
        """The row of each word in the embedding table of each stack."""
        words = {stack: axis.labels or () for stack, axis in self.vocabularies.items()}
        return {stack: {word: row for row, word in enumerate(known)} for stack, known in words.items()}

    @property
    def _predicted(self) -> Axis | None:
        """What the head chooses from."""
        model = self.scenario.model
        if model.head == "none":
            return None
        if model.head == "vocabulary":
            return self.vocabularies[predicting_stack(model)]
        return Axis("class", len(model.classes), model.classes)

    def with_scenario(self, scenario: Scenario) -> Known:
        """The same of a scenario that reads the same input with the same words."""
        return replace(self, scenario=scenario)

    def with_one_layer(self) -> Known:
        """The same of the model with one layer in each stack."""
        return self.with_scenario(replace(self.scenario, model=self.architecture.with_one_layer()))


def known_of(scenario: Scenario, allowed: Sequence[Path] = ()) -> Known:
    """Find what follows from a scenario, and from the settings of the checkpoint that it names.

    `allowed` are folders outside the scenario's own in which that may lie. Raises Problem when it cannot be opened, or
    cannot read what the scenario gives it.
    """
    if scenario.alone is not None:
        return Known(scenario, {}, {})
    scenario = with_checkpoint(scenario, allowed)
    if (checkpoint := checkpoint_of(scenario)) is not None:
        read = scenario.readings()
        return Known(scenario, read, dict.fromkeys(read, checkpoint.vocabulary))
    read = readings(scenario.model, scenario.input)
    words = vocabularies(scenario.model, scenario.input, read)
    return Known(scenario, read, {stack: Axis("vocabulary", len(each), each) for stack, each in words.items()})


def shapes_of(scenario: Scenario) -> Shapes:
    """Name and axes of every parameter of a scenario of which nothing else is asked."""
    return known_of(scenario).shapes
