"""The checkpoint that a scenario names, as those know it who put models together: one that is open, or a trace's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from attn_explore.model.axes import Axis
from attn_explore.model.parameters import Shapes
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import Checkpoint
from attn_explore.model.sources import Source


class NamedCheckpoint(Checkpoint, Protocol):
    """A checkpoint, the words that it knows, and where its parameters are."""

    @property
    def vocabulary(self) -> Axis:
        """The rows of the embedding table."""

    def parameters(self, shapes: Shapes) -> Mapping[str, Source]:
        """Where every parameter of `shapes` is stored. Raises Problem with all that does not fit."""


def checkpoint_of(scenario: Scenario) -> NamedCheckpoint | None:
    """The checkpoint of a scenario, once it is open; a scenario itself knows no arrays."""
    return cast("NamedCheckpoint | None", scenario.checkpoint)
