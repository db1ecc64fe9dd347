"""Training: batch by batch, the loss, its gradient by every parameter, and a small move against it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from attn_explore.model.axes import Array, Axis, sizes
from attn_explore.model.backward import gradients
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import known_of
from attn_explore.model.parameters import draw
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.scenario.pairs import Example
from attn_explore.model.trace import Trace
from attn_explore.model.training.adam import Adam, rate
from attn_explore.model.training.batches import Batch, BatchMaker, forward

_MOST_AT_ONCE = 256
"""Examples that are scored at once."""


@dataclass(frozen=True)
class Score:
    """How well a model does on some examples: its loss, and the share of those in which it says every word rightly.

    Where it generates, greedily, it says exactly these: a word is judged after what should stand before it.
    """

    loss: float
    right: float


def first_parameters(name: str, axes: Sequence[Axis], seed: int) -> Array:
    """What a parameter is before training: gains 1, biases 0, embeddings with a standard deviation of 1.

    Matrices are drawn so that they keep the size of what goes through them, there and back (Glorot & Bengio 2010).
    """
    shape = sizes(axes)
    if name.endswith(("embedding_table", "position_table")):
        return draw(name, tuple(axes), seed, 1.0)
    if len(shape) < 2 and not name.endswith(("gain", "v_score")):
        return np.zeros(shape)
    return draw(name, tuple(axes), seed, math.sqrt(2 / (shape[-2] + shape[-1])) if len(shape) > 1 else 1.0)


class Trainer:
    """Trains the model of a scenario.

    `encoder` makes batches of examples, `adam` holds the parameters, `losses` are those of every step so far.
    """

    def __init__(self, scenario: Scenario, experiment: Experiment) -> None:
        self._scenario, self._experiment = scenario, experiment
        known = known_of(scenario)
        self.encoder, self._shapes = BatchMaker(known), known.shapes
        ends = np.cumsum([math.prod(sizes(axes)) for axes in self._shapes.values()])
        self._places = {
            name: slice(int(end) - math.prod(sizes(axes)), int(end))
            for (name, axes), end in zip(self._shapes.items(), ends, strict=True)
        }
        self.adam = Adam.of(np.zeros(int(ends[-1]), scenario.model.dtype))
        self.losses: list[float] = []
        self._traces: dict[tuple[tuple[int, ...], ...], Trace] = {}
        self._model = Trace(np.dtype(scenario.model.dtype))
        for name, array in self.parameters.items():
            array[...] = first_parameters(name, self._shapes[name], experiment.seed)
            self._model.add_parameter(name, self._shapes[name], array)

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Every parameter as it is now: views of what training moves."""
        return self.named(self.adam.parameters)

    def named(self, flat: Array) -> dict[str, Array]:
        """Numbers that stand one behind another, as parameters."""
        return {name: flat[place].reshape(sizes(self._shapes[name])) for name, place in self._places.items()}

    def step(self, examples: Sequence[Example]) -> float:
        """Learn from a batch of examples. Returns its loss before that."""
        trace = self._run(self.encoder.batch(examples))
        loss = trace.steps["loss"].array
        found = gradients(trace, {"loss": np.ones_like(loss)})
        flat = np.zeros_like(self.adam.parameters)
        for name, place in self._places.items():
            if name in found:
                flat[place] = found[name].reshape(-1)
        experiment, number = self._experiment, self.adam.step + 1
        width = self._scenario.model.d_model
        self.adam.move(flat, rate(number, width, experiment.warmup, experiment.learning_rate))
        self.losses.append(float(loss))
        return self.losses[-1]

    def score(self, examples: Sequence[Example]) -> Score:
        """How well the model does now, without learning."""
        examples = examples[:_MOST_AT_ONCE]
        batch = self.encoder.batch(examples)
        trace = self._run(batch)
        wrong = (trace.steps["logits"].array.argmax(axis=-1) != batch.target) & (batch.asked > 0)
        return Score(float(trace.steps["loss"].array), float(1 - wrong.reshape(len(examples), -1).any(axis=1).mean()))

    def _run(self, batch: Batch) -> Trace:
        """The batch's trace. Batches of one shape share it: it is run again."""
        known = self._traces.get(batch.shape)
        if known is not None:
            batch.give(known)
            known.run_again()
            return known
        trace = Trace(self._model.dtype, parameters=self._model.parameters)
        forward(trace, batch, self._scenario)
        self._traces[batch.shape] = trace
        return trace
