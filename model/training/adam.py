"""Adam with a warm-up: how far each parameter is moved, and in which direction, at each step of training."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass

BETA_1, BETA_2, EPSILON = 0.9, 0.98, 1e-9
"""As in Vaswani et al. 2017, section 5.3."""


def rate(step: int, d_model: int, warmup: int, factor: float) -> float:
    """The learning rate of a step, counted from 1: up for `warmup` steps, then down with 1/√step.

    Source: Vaswani et al. 2017, section 5.3, times `factor`.
    """
    return float(factor * d_model**-0.5 * min(step**-0.5, step * warmup**-1.5))


@dataclass
class Adam:
    """Moves parameters against their gradients, each by how steady its own gradient was (Kingma & Ba 2014).

    parameters      every parameter of the model, one behind another
    first, second   running means of the gradients and of their squares, in the same places
    step            how often they were moved
    """

    parameters: Array
    first: Array
    second: Array
    step: int = 0

    @classmethod
    def of(cls, parameters: Array) -> Adam:
        """Start at some parameters."""
        return cls(parameters, np.zeros_like(parameters), np.zeros_like(parameters))

    def move(self, gradient: Array, rate: float) -> None:
        """Move every parameter once, in place (algorithm 1 of the paper)."""
        self.step += 1
        self.first *= BETA_1
        self.first += (1 - BETA_1) * gradient
        self.second *= BETA_2
        self.second += (1 - BETA_2) * gradient * gradient
        deviation = np.sqrt(self.second)
        deviation *= 1 / np.sqrt(1 - BETA_2**self.step)
        deviation += EPSILON
        np.divide(self.first, deviation, out=deviation)
        deviation *= rate / (1 - BETA_1**self.step)
        self.parameters -= deviation
