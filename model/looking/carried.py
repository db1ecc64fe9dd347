"""What becomes of a part of a sum where the sum goes through a step that is straight for it.

A product of matrices, a scale and a norm whose own divisor is held treat each term of their operand alone: so the parts
of a result add up to it, but for the biases. Source: Elhage et al. 2021, "A Mathematical Framework for Transformer
Circuits"; a finished run's norm is linear with its own scale held.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.values import Value

Through = Callable[[Value, Array, int | None], Array]


def carried(steps: Sequence[Value], parts: Array, token: int | None = None) -> Array:
    """Parts of what enters the first of some steps, (part, d_model), as they leave the last of them.

    At a `token` a norm divides by what it divides by there; without one it does not divide, which changes no order.
    Raises KeyError for a step that is not straight: see `is_straight`.
    """
    for step in steps:
        parts = _THROUGH[step.made_by.name](step, parts, token)
    return parts


def is_straight(step: Value) -> bool:
    """Whether each part of what a step reads first is treated alone, token by token."""
    if step.is_leaf or step.changes or step.made_by.name not in _THROUGH:
        return False
    return step.made_by.name != "contract" or step.operands[1].value.is_leaf  # a matrix, and no mean over the tokens


def bias_of(step: Value) -> Array | None:
    """What a step adds whatever it reads, where it adds something."""
    place = {"contract": 2, "normalise": 2}.get(step.made_by.name)
    if place is None or len(step.operands) <= place:
        return None
    found: Array = step.operands[place].array.ravel()
    return found


def _through_layer_norm(step: Value, parts: Array, token: int | None) -> Array:
    centred: Array = parts - parts.mean(axis=-1, keepdims=True)
    return centred / _divisor(step, token, centred=True) * _gain(step)


def _through_rms_norm(step: Value, parts: Array, token: int | None) -> Array:
    return parts / _divisor(step, token, centred=False) * _gain(step)


def _gain(step: Value) -> Array:
    gain: Array = step.operands[1].array + (1 if step.options["plus_one"] else 0)
    return gain


def _divisor(step: Value, token: int | None, *, centred: bool) -> float:
    """What a norm divides a token's vector by: the root of its variance, or of its mean square, and ε."""
    if token is None:
        return 1.0
    x = np.asarray(step.operands[0].value[token], np.float64)
    return float(np.sqrt(np.mean(np.square(x - x.mean() if centred else x)) + step.options["eps"]))


def _through_product(step: Value, parts: Array, _: int | None) -> Array:
    matrix = step.operands[1]
    return parts @ matrix.array.reshape(parts.shape[-1], -1)


def _through_scale(step: Value, parts: Array, _: int | None) -> Array:
    return parts * float(step.options["by"].value)


_THROUGH: Mapping[str, Through] = {
    "normalise": _through_layer_norm,
    "rms_normalise": _through_rms_norm,
    "contract": _through_product,
    "scale": _through_scale,
}
"""The steps that are straight, by their operations."""
