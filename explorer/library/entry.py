"""One line of the library: a scenario, a trace or a model that can be opened, or a file that cannot be read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from attn_explore.explorer.session.opening import Source
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario

MODELS = "Models of this machine"
"""The heading of what is no scenario yet."""

OWN = "Your own"
"""The heading of a person's own scenarios, and of files that cannot be read."""

ON_MODELS = "On real models"
"""The heading of lessons that need a model of this machine."""


@dataclass(frozen=True)
class Entry:
    """A scenario of the library, a trace, a file with faults, or a model of this machine.

    `name` is what it is called, `path` where it is: of a model, what leads to it. `heading` is that under which it
    stands, where that does not follow from what it is. `called` is how a command line names it, where that is not its
    path, and `model` where the model lies that a scenario names, where that is known already.
    """

    name: str
    path: Path
    scenario: Scenario | None
    problem: Problem | None = None
    is_model: bool = False
    heading: str = ""
    called: str = ""
    model: Path | None = None

    @property
    def title(self) -> str:
        """The scenario's title, or the name of a file that cannot be read."""
        if self.is_model:
            return self.name
        return self.scenario.title if self.scenario else self.path.name

    @property
    def group(self) -> str:
        """Under which heading it stands."""
        if self.heading:
            return self.heading
        if self.is_model:
            return MODELS
        if self.path.stem != self.name or self.scenario is None:
            return OWN
        if self.checkpoint:
            return ON_MODELS
        return self.scenario.difficulty.capitalize()

    @property
    def checkpoint(self) -> str:
        """The model of this machine that it is, or that its lesson needs; nothing where it brings its own."""
        if self.is_model:
            return str(self.path)
        if self.model is not None:
            return str(self.model)
        return (self.scenario.model.weights.checkpoint or "") if self.scenario else ""

    @property
    def asked(self) -> list[int]:
        """The places of the stops of its lesson that ask."""
        lesson = self.scenario.lesson if self.scenario is not None else ()
        return [place for place, stop in enumerate(lesson) if stop.answer is not None]

    @property
    def source(self) -> Source:
        """What is run. Raises Problem where its model cannot be opened."""
        scenario = self.scenario
        if scenario is not None and self.model is not None:
            from attn_explore.model.opened import opened  # a lesson without a model does without it

            scenario = replace(scenario, checkpoint=opened(self.model))
        return Source(self.path.stem, self.path, scenario, called=self.called)
