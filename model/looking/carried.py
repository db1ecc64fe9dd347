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

Tokens = Sequence[int]
"""Places in a text."""
Through = Callable[[Value, Array, Tokens | None], Array]


def carried(steps: Sequence[Value], parts: Array, tokens: Tokens | None = None) -> Array:
    """Parts of what enters the first of some steps, (part, token, d_model), as they leave the last of them.

    At `tokens` a norm divides by what it divides by there. Without them parts are (part, d_model), and it does not
    divide, which changes no order.
    Raises KeyError for a step that is not straight: see `is_straight`.
    """
    for step in steps:
        parts = _THROUGH[step.made_by.name](step, parts, tokens)
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


def _through_layer_norm(step: Value, parts: Array, tokens: Tokens | None) -> Array:
    centred: Array = parts - parts.mean(axis=-1, keepdims=True)
    return centred / _divisor(step, tokens, centred=True) * _gain(step)


def _through_rms_norm(step: Value, parts: Array, tokens: Tokens | None) -> Array:
    return parts / _divisor(step, tokens, centred=False) * _gain(step)


def _gain(step: Value) -> Array:
    gain: Array = step.operands[1].array + (1 if step.options["plus_one"] else 0)
    return gain


def _divisor(step: Value, tokens: Tokens | None, *, centred: bool) -> Array:
    """What a norm divides the vector of each token by: the root of its variance, or of its mean square, and ε."""
    if tokens is None:
        return np.ones(1)
    x = rows_at(step.operands[0].value, tokens)
    centred_x = x - x.mean(axis=-1, keepdims=True) if centred else x
    found: Array = np.sqrt(np.square(centred_x).mean(axis=-1, keepdims=True) + step.options["eps"])
    return found


def rows_at(step: Value, tokens: Tokens) -> Array:
    """The vectors that a step has at some tokens, in float64: (token, …)."""
    return np.array([step[token] for token in tokens], np.float64)


def _through_product(step: Value, parts: Array, _: Tokens | None) -> Array:
    matrix = step.operands[1]
    return parts @ matrix.array.reshape(parts.shape[-1], -1)


def _through_scale(step: Value, parts: Array, _: Tokens | None) -> Array:
    return parts * float(step.options["by"].value)


_THROUGH: Mapping[str, Through] = {
    "normalise": _through_layer_norm,
    "rms_normalise": _through_rms_norm,
    "contract": _through_product,
    "scale": _through_scale,
}
"""The steps that are straight, by their operations."""
