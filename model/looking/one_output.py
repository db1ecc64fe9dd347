"""One number that a run says, the logit or the probability of a token, and its gradient by the vector it is made of."""

from __future__ import annotations

from typing import Literal

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
from attn_explore.model.recorder import BATCH
from attn_explore.model.stream import stream_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View

Measure = Literal["logit", "probability"]
_HEAD = ("logits", "capped_logits", "probabilities")


@dataclass(frozen=True)
class Output:
    """The logit of a token, capped where the model does so, or its probability; `place` is the word that it is at.

    `place` is None where a model says one thing of all of a text.
    """

    measure: Measure
    place: int | None
    token: int

    def read(self, trace: Trace) -> Value:
        """The step of a run that its logits are made of."""
        return self._steps(trace)[0].operands[0].value

    def vectors(self, x: Array) -> Array:
        """The vectors that make this number, one for each run, (batch, d_model), out of those that make all logits."""
        return x if self.place is None else x[:, self.place]

    def values(self, trace: Trace, vectors: Array) -> Array:
        """The number in each run that makes it of such a vector: (batch, d_model). Returns (batch)."""
        found: Array = self._made(trace, vectors)[-1].array[:, self._column]
        return found

    def slopes(self, trace: Trace, vectors: Array) -> Array:
        """The gradient of the number by each vector, in the shape of these."""
        logits, *others = self._made(trace, vectors)
        gradient = np.zeros_like(logits.array)
        gradient[:, self._column] = 1
        for step in reversed(others):
            gradient = step.carried_to_operands(gradient)[0]
        x, w, *_ = logits.operands
        by_logits = Value(logits.path, logits.axes, gradient.dtype, held=gradient).view()
        return Value(x.path, x.axes, gradient.dtype, logits.operation, (by_logits, w), logits.options).array

    def _steps(self, trace: Trace) -> list[Value]:
        """The logits, what caps them, and the probabilities where these are asked for."""
        found = [step for step in stream_of(trace).tail if step.name in _HEAD[: 3 if self.measure != "logit" else 2]]
        if any(step.changes for step in found):
            raise Problem("the output itself is edited, and so no word made it", hint="take that edit back")
        return found

    def _made(self, trace: Trace, vectors: Array) -> list[Value]:
        """The same steps over other vectors: (batch, vocabulary), or (batch, 1) where no other token matters."""
        logits, *others = self._steps(trace)
        first, *parameters = logits.operands
        words = logits.axes[-1]
        if self.measure == "logit":
            words = Axis(words.name, 1)
            parameters = [self._own(view, words) for view in parameters]
        axes = (Axis(BATCH, len(vectors)), words)
        x = Value(first.path, (axes[0], first.axes[-1]), vectors.dtype, held=vectors).view()
        made = [Value(logits.path, axes, logits.dtype, logits.operation, (x, *parameters), logits.options)]
        for step in others:
            made.append(Value(step.path, axes, step.dtype, step.operation, (made[-1].view(),), step.options))
        return made

    @property
    def _column(self) -> int:
        """Where the token stands in the steps that are made."""
        return 0 if self.measure == "logit" else self.token

    def _own(self, view: View, words: Axis) -> View:
        """What a parameter has for the token alone: that of a real model is as large as its vocabulary."""
        array = view.window(**{words.name: slice(self.token, self.token + 1)})
        axes = tuple(words if axis.name == words.name else axis for axis in view.axes)
        return Value(view.path, axes, array.dtype, held=array).view()
