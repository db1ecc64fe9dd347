"""What a model is trained on, and what is held out to see whether it learned more than that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import count

import numpy as np

from attn_explore.model.dataclass import dataclass
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.scenario.pairs import Example, symbols_of
from attn_explore.model.training.tasks import TASKS, Draw

_TRAINED, _HELD_OUT, _SHUFFLED = range(3)
"""What a stream of random numbers is for. Each step and epoch has one of its own, so that any can be drawn alone."""


@dataclass(frozen=True)
class Data:
    """The examples of a training. `pairs` are those of a file, without what is held out; a task draws its own."""

    experiment: Experiment
    pairs: tuple[Example, ...]
    held_out: tuple[Example, ...]

    def batch(self, step: int) -> list[Example]:
        """The examples of a step, counted from 0: the same for the same seed, whatever was drawn before."""
        if not self.pairs:
            return self._drawn(step)
        size = self.experiment.batch
        return [self._pair(place) for place in range(step * size, (step + 1) * size)]

    @property
    def trained(self) -> Sequence[Example]:
        """What the model is trained on: the pairs of a file, or the first batch of a task."""
        return self.pairs or self._drawn(0)

    def _drawn(self, step: int) -> list[Example]:
        """New examples of the task, none of them one that is held out."""
        stream = _stream(self.experiment.seed, _TRAINED, step)
        found: list[Example] = []
        while len(found) < self.experiment.batch:
            example = _example(self.experiment, stream)
            found += [example] if example not in self._never else []
        return found

    @cached_property
    def _never(self) -> frozenset[Example]:
        """What is held out, as a set: it is asked for every example that is drawn."""
        return frozenset(self.held_out)

    def _pair(self, place: int) -> Example:
        """The pairs in an order that is drawn anew each time they are through."""
        epoch, within = divmod(place, len(self.pairs))
        return self.pairs[_order(self.experiment.seed, epoch, len(self.pairs))[within]]


def data_of(scenario: Scenario, experiment: Experiment) -> Data:
    """The examples that a scenario is trained on. The last pairs of a file are held out.

    Raises Problem when its file cannot be read or has no more pairs than are held out.
    """
    held_out = experiment.held_out
    if experiment.data in TASKS:
        stream = _stream(experiment.seed, _HELD_OUT, 0)
        drawn = (_example(experiment, stream) for _ in count())
        return Data(experiment, (), tuple(next(drawn) for _ in range(held_out)))
    pairs = scenario.pairs()
    if len(pairs) <= held_out:
        what = f"{held_out} pairs are held out, and there are {len(pairs)}"
        raise scenario.problem_at(("experiment", "held_out"), what, "hold fewer out, or add pairs")
    return Data(experiment, pairs[: len(pairs) - held_out], pairs[len(pairs) - held_out :])


def _example(experiment: Experiment, stream: Draw) -> Example:
    return TASKS[experiment.data](stream, symbols_of(experiment.symbols), experiment.length)


@lru_cache(maxsize=4)
def _order(seed: int, epoch: int, count: int) -> list[int]:
    """The order of some pairs in an epoch."""
    return [int(place) for place in _stream(seed, _SHUFFLED, epoch).permutation(count)]


def _stream(seed: int, purpose: int, place: int) -> Draw:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, place))))
