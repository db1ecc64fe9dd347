"""The whole of a training: from the first weights, or from where one was left, to the last moment."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import shapes_of
from attn_explore.model.problems import Problem
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.scenario.experiment_keys import moments_of
from attn_explore.model.training.data import Data, data_of
from attn_explore.model.training.record import Record, read_record
from attn_explore.model.training.trainer import Score, Trainer


@dataclass(frozen=True)
class Step:
    """A step of training that was done: its number, from 1, and its loss. `record` is there where a moment is kept."""

    number: int
    loss: float
    record: Record | None = None
    held_out: Score | None = None


def train(scenario: Scenario, before: Record | None = None) -> Iterator[Step]:
    """Train a scenario's model, step by step; go on after the last moment of a training `before`.

    The same scenario gives the same numbers, whether it was interrupted or not. Raises Problem where the scenario is no
    training, or the one before was another.
    """
    loop = _Loop(scenario, training_of(scenario))
    if before is None:
        loop.keep()
    else:
        loop.restore(before)
    yield from loop.steps()


def training_of(scenario: Scenario) -> Experiment:
    """What a scenario says of its training. Raises Problem where it says nothing."""
    experiment = scenario.experiment
    if experiment is None or experiment.kind != "training":
        hint = "add `experiment: {kind: training, data: reverse}`"
        raise scenario.problem_at(("experiment",), "this scenario does not say how it is trained", hint)
    return experiment


def kept(scenario: Scenario, content: bytes, file: str) -> Record:
    """The training in a weights file, to go on with. Raises Problem where there is none."""
    record = read_record(content, file, shapes_of(scenario))
    if record is None:
        raise Problem("this file tells of no training to go on with", path=file, hint="leave --resume out")
    return record


class _Loop:
    """The trainer, its data, and the moments so far."""

    def __init__(self, scenario: Scenario, experiment: Experiment) -> None:
        self._experiment = experiment
        self._data = data_of(scenario, experiment)
        self._about = _about(scenario, self._data)
        self._trainer = Trainer(scenario, experiment)
        self._kept: list[tuple[int, Array, tuple[Score, Score]]] = []

    def steps(self) -> Iterator[Step]:
        moments = set(moments_of(self._experiment.steps, self._experiment.snapshots))
        for number in range(self._trainer.adam.step, self._experiment.steps):
            loss = self._trainer.step(self._data.batch(number))
            if number + 1 not in moments:
                yield Step(number + 1, loss)
                continue
            self.keep()
            yield Step(number + 1, loss, self._record(), self._kept[-1][2][0])

    def keep(self) -> None:
        """Keep the weights as they are now, and how well they do."""
        trainer = self._trainer
        trained = trainer.score(self._data.trained)
        held_out = trainer.score(self._data.held_out) if self._data.held_out else Score(np.nan, np.nan)
        self._kept.append((trainer.adam.step, trainer.adam.parameters.copy(), (held_out, trained)))

    def restore(self, record: Record) -> None:
        """Go back to the last moment of a training. Raises Problem where it was another."""
        if dict(record.about) != self._about:
            hint = "train it anew, without --resume"
            raise Problem("the file tells of another training: the model or the experiment was different", hint=hint)
        adam = self._trainer.adam
        self._trainer.losses = [float(loss) for loss in record.losses]
        for name, array in self._trainer.parameters.items():
            array[...] = record.moments[name][-1]
        adam.first[...], adam.second[...], adam.step = record.first, record.second, record.steps[-1]
        for moment, step in enumerate(record.steps):
            flat = np.concatenate([array.reshape(-1) for array in record.parameters(moment).values()])
            loss, right, trained_loss, trained_right = (float(number) for number in record.scores[moment])
            self._kept.append((step, flat, (Score(loss, right), Score(trained_loss, trained_right))))

    def _record(self) -> Record:
        adam = self._trainer.adam
        steps, flats, scores = zip(*self._kept, strict=True)
        columns = [[score for pair in each for score in (pair.loss, pair.right)] for each in scores]
        named = [self._trainer.named(flat) for flat in flats]
        return Record(
            self._about,
            steps,
            np.array(self._trainer.losses),
            np.array(columns),
            {name: np.stack([each[name] for each in named]) for name in named[0]},
            adam.first.copy(),
            adam.second.copy(),
        )


def _about(scenario: Scenario, data: Data) -> dict[str, Any]:
    """What a training depends on, as plain data; of the data a digest."""
    plain = scenario.as_dict()
    model = {key: value for key, value in plain["model"].items() if key != "weights"}
    digest = sha256(repr((data.pairs, data.held_out)).encode()).hexdigest()
    words = plain["input"]["vocabulary"]
    return {
        "model": model,
        "vocabulary": words,
        "mask": plain["mask"],
        "experiment": plain["experiment"],
        "data": digest,
    }
