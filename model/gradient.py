"""The walk backwards: how a number that was computed changes with every number that it was computed from.

Reverse-mode differentiation over the record of a run (Rumelhart et al. 1986): the derivative of each operation stands
beside the operation, and this is the order in which they are applied.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.axes import Array
from model.trace import Trace


def gradients(trace: Trace, of: Mapping[str, Array]) -> dict[str, Array]:
    """The gradient of Σ weightᵢ · numberᵢ by every step and parameter that it depends on, by path.

    `of` gives for some steps the weight of each of their numbers, in the step's shape. For a loss L of a step y these
    are ∂L/∂y. Returns arrays in the shape of each step and parameter; what the sum does not depend on is absent.
    """
    found = {path: np.array(weights, trace.dtype) for path, weights in of.items()}
    for path, value in reversed(trace.steps.items()):
        if path not in found:
            continue
        to_operands = value.carried_to_operands(found[path])
        for operand, gradient in zip(value.operands, to_operands, strict=True):
            carried = operand.carried_back(gradient)
            found[operand.path] = found[operand.path] + carried if operand.path in found else carried
    return found
