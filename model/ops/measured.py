"""Numbers that were measured while something else was computed, such as the losses of a training."""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.expressions import Expression, Number
from attn_explore.model.notation import phrase
from attn_explore.model.ops.common import At, no_derivative
from attn_explore.model.values import Operation, Value


def _measured(value: Value) -> Array:
    numbers = value.options["numbers"]
    if numbers is None:
        raise LookupError(f"{value.path} was measured in another run")
    return np.asarray(numbers, value.dtype)


def _measured_cell(value: Value, at: At) -> Expression:
    numbers = value.array[tuple(at[name] for name in value.names)]
    return Number(float(numbers), f"measured {value.options['when']}")


MEASURED = Operation(
    "measured", _measured, no_derivative, _measured_cell, lambda value, _: phrase(f"measured {value.options['when']}")
)

ROWS = (MEASURED,)
