"""Two runs of one model, one with rounded parameters: how far each step is off, and where that begins to matter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.explain import Index
from attn_explore.model.passes import in_first_pass
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

MATTERS = 0.01
"""From this share of a step's own size on, a difference is said to matter."""

SAID = "probabilities"
"""The step whose largest number is what the model says."""


@dataclass(frozen=True, eq=False)
class StepRounded:
    """A step of the rounded run, and how far it is from the same step as it is.

    largest    the largest difference, `rounded` less `exact`, at `index`; 0 where no number differs
    relative   √Σ(difference²) / √Σ(exact²) over all numbers of the step: 0.01 is one part of a hundred
    """

    step: Value
    largest: float
    index: Index
    exact: float
    rounded: float
    relative: float


@dataclass(frozen=True, eq=False)
class RoundedSteps:
    """Every step that both runs have of the same words, in their order.

    said       how many words or labels the model says: for each token, and in each further pass for the last
    otherwise  how many of them the rounded model says otherwise
    """

    steps: tuple[StepRounded, ...]
    said: int = 0
    otherwise: int = 0

    @property
    def first(self) -> StepRounded | None:
        """The first step of which any number differs."""
        return next((each for each in self.steps if each.largest != 0), None)

    @property
    def matters(self) -> StepRounded | None:
        """The first step that is off by more than `MATTERS` of its own size."""
        return next((each for each in self.steps if each.relative > MATTERS), None)


def rounded_steps(rounded: Trace, exact: Trace) -> RoundedSteps:
    """How far each step of a run is from the same step of another run of the same model.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> scenario = parse_scenario("{model: {dtype: float32}, input: {text: a b}}")
    >>> found = rounded_steps(run(scenario.with_rounded("bf16")), run(scenario))
    >>> found.first.step.path, found.matters
    ('encoder.embedding', None)
    """
    pairs = list(_pairs(rounded, exact))
    steps = tuple(_compared(step, other) for step, other in pairs)
    said = [pair for pair in pairs if in_first_pass(pair[0].path) == SAID]
    are_other = np.concatenate([_said(one) != _said(other) for one, other in said] or [np.zeros(0, bool)])
    return RoundedSteps(steps, are_other.size, int(are_other.sum()))


def _pairs(rounded: Trace, exact: Trace) -> Iterator[tuple[Value, Value]]:
    """Once the models have chosen different words, what they make of these is no longer the same step.

    The record of a training is of neither.
    """
    for path, step in rounded.steps.items():
        other = exact.steps.get(path)
        if other is not None and other.axes == step.axes and not path.startswith("experiment."):
            yield step, other


class _Piece(NamedTuple):
    """The largest difference in a piece of a step, where it is, and the sums of squares."""

    largest: float
    at: Index
    squares: float
    size: float


def _compared(step: Value, other: Value) -> StepRounded:
    pieces = [_of_piece(start, part, other) for start, part in step.pieces()]
    farthest = max(pieces, key=lambda piece: piece.largest)
    ours, theirs = float(step[farthest.at]), float(other[farthest.at])
    off, size = sum(piece.squares for piece in pieces), sum(piece.size for piece in pieces)
    relative = float(np.sqrt(off / size)) if size else float(off > 0)
    return StepRounded(step, ours - theirs if farthest.largest else 0.0, farthest.at, theirs, ours, relative)


def _of_piece(start: int, part: Array, other: Value) -> _Piece:
    """What is not finite in one of the two, as the score of a masked word, is left out."""
    ours = np.asarray(part, np.float64)
    theirs = np.asarray(other[slice(start, start + len(part)) if part.ndim else ()], np.float64)
    are_finite = np.isfinite(ours) & np.isfinite(theirs)
    off = np.subtract(ours, theirs, out=np.zeros_like(ours), where=are_finite)
    place = np.unravel_index(int(np.abs(off).argmax()), off.shape)
    first, *rest = (*map(int, place), 0)
    index = (start + first, *rest)[: off.ndim]
    size = float(np.square(theirs, where=are_finite, out=np.zeros_like(theirs)).sum())
    return _Piece(float(np.abs(off).max()), index, float(np.square(off).sum()), size)


def _said(value: Value) -> Array:
    """What is likeliest at each token; in a further pass, at the last one, which is new."""
    likeliest = np.concatenate([np.atleast_1d(part.argmax(-1)) for _, part in value.pieces()])
    return likeliest if value.path == SAID else likeliest[-1:]
