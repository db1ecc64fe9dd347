"""One number that a run says: the logit or the probability of a token, and how it changes with what that is made of."""

from __future__ import annotations

from typing import Literal

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.problems import Problem
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

    def value(self, trace: Trace) -> float:
        """The number in a run."""
        return float(self._made(self._steps(trace))[-1].array[self.token])

    def gradient(self, trace: Trace) -> tuple[Value, Array]:
        """The step that the logits are made of, and the gradient of the number by it, in the shape of that."""
        steps = self._steps(trace)
        logits, *others = self._made(steps)
        gradient = np.zeros_like(logits.array)
        gradient[self.token] = 1
        for step in reversed(others):
            gradient = step.carried_to_operands(gradient)[0]
        x, w, *_ = logits.operands
        by_logits = Value(logits.path, logits.axes, gradient.dtype, held=gradient).view()
        back = Value(x.path, x.axes, gradient.dtype, logits.operation, (by_logits, w), logits.options)
        read = steps[0].operands[0].value
        found = np.zeros_like(read.array)
        found[... if self.place is None else self.place] = back.array
        return read, found

    def _steps(self, trace: Trace) -> list[Value]:
        """The logits, what caps them, and the probabilities where these are asked for."""
        found = [step for step in stream_of(trace).tail if step.name in _HEAD[: 3 if self.measure != "logit" else 2]]
        if any(step.changes for step in found):
            raise Problem("the output itself is edited, and so no word made it", hint="take that edit back")
        return found

    def _made(self, steps: list[Value]) -> list[Value]:
        """The same steps at the one place: (vocabulary)."""
        first, *parameters = steps[0].operands
        read = first.array if self.place is None else first.array[self.place]
        x = Value(first.path, first.axes[-1:], read.dtype, held=read).view()
        made = [_at_one_place(steps[0], (x, *parameters))]
        for step in steps[1:]:
            made.append(_at_one_place(step, (made[-1].view(),)))
        return made


def _at_one_place(step: Value, operands: tuple[View, ...]) -> Value:
    return Value(step.path, step.axes[-1:], step.dtype, step.operation, operands, step.options)


def said_along(trace: Trace, chapter: str = "") -> tuple[Axis | None, Axis]:
    """The words at which a run says something, None where it says one thing of them all; and what it chooses from."""
    axes = stream_of(trace, chapter).logits.axes
    return (axes[0] if len(axes) > 1 else None), axes[-1]
