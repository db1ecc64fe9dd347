"""What the experiments share: what they start from, and the axes of their tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.scenario.document import Experiment
from attn_explore.model.values import Tensor, View, as_view

PREFIX = "experiment"
"""What the paths of all steps and parameters of an experiment begin with."""

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Given:
    """Numbers that an experiment starts from. They are made when they are asked for: a plan does without."""

    axes: tuple[Axis, ...]
    numbers: Callable[[], Array]


def listed(axis: Axis, numbers: Sequence[float]) -> Given:
    """Numbers as they stand in the scenario."""
    return Given((axis,), lambda: np.array(numbers, np.float64))


def logits_and_multipliers(experiment: Experiment) -> dict[str, Given]:
    """The logits, x, and their multipliers, a, as the scenario says."""
    return {
        "logits": listed(numbered("logit", "x", len(experiment.logits)), experiment.logits),
        "multipliers": listed(each("multiplier", "a", experiment.multipliers), experiment.multipliers),
    }


def numbered(name: str, letter: str, size: int) -> Axis:
    """An axis whose places are called x₁, x₂, …"""
    return Axis(name, size, tuple(f"{letter}{place}".translate(_SUBSCRIPTS) for place in range(1, size + 1)))


def each(name: str, letter: str, numbers: Sequence[float]) -> Axis:
    """An axis along which a number is different: `a = 10`."""
    return Axis(name, len(numbers), tuple(f"{letter} = {number:g}" for number in numbers))


def along(tensor: Tensor, old: str, axis: Axis) -> View:
    """A tensor read with another axis in the place of the one called `old`: costs nothing."""
    view = as_view(tensor)
    return View(view.value, tuple(axis if own.name == old else own for own in view.axes), view.repeats)
