"""What a vector that is added to the residual stream says by itself: how much each word of the vocabulary gains by it.

The way from the stream to the logits is the run's own: the last norm, what is between it and the head, the head's
matrix. By how much a norm divides depends on all that is in the stream, and changes no order: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.carried import carried, is_straight
from attn_explore.model.passes import in_first_pass
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View

_AT_ONCE = 2**13
"""Words whose columns of the head's matrix are read at once."""


@dataclass(frozen=True, eq=False)
class Readout:
    """The steps from the residual stream to what the head reads, in order, and its matrix (d_model, vocabulary)."""

    steps: tuple[Value, ...]
    matrix: View

    @property
    def words(self) -> Axis:
        """What the head chooses from."""
        return self.matrix.axes[-1]

    def gains(self, written: Array) -> Array:
        """How much each word gains by some vectors (vector, d_model). Returns (vector, vocabulary)."""
        read = carried(self.steps, written)
        return np.concatenate([read @ part for part in _columns(self.matrix)], axis=1)


def readout_of(trace: Trace, writer: str) -> Readout | None:
    """The way from the stream that a step writes to, by its path, to the logits of a run.

    None without a head, where the way bends, and for an encoder's stream where a decoder has the head.
    """
    logits = trace.steps.get("logits")
    if logits is None or not is_straight(logits):
        return None
    steps, step = list[Value](), logits.operands[0].value
    while is_straight(step):
        steps.append(step)
        step = step.operands[0].value
    is_stream = step.made_by.name == "add" and _stack(step.path) == _stack(writer)
    return Readout(tuple(reversed(steps)), logits.operands[1]) if is_stream else None


def _stack(path: str) -> str:
    return in_first_pass(path).partition(".")[0]


def likeliest(gains: Array, many: int) -> list[int]:
    """The places of the largest numbers, the largest first; of equal ones, those that come first.

    >>> likeliest(np.array([1.0, 3.0, 2.0, 3.0]), 3)
    [1, 3, 2]
    """
    return [int(place) for place in np.argsort(-gains, kind="stable")[:many]]


def _columns(matrix: View) -> Iterator[Array]:
    """A matrix, some of its columns at a time."""
    name, size = matrix.names[-1], matrix.shape[-1]
    for start in range(0, size, _AT_ONCE):
        yield matrix.window(**{name: slice(start, min(start + _AT_ONCE, size))})
