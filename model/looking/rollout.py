"""Attention rollout: how much of each word there is in a vector, if attention only mixed and nothing else happened.

Source: Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", section 3: the mean of the heads, half of
each block being what the residual stream carries past it, multiplied through the layers. A block of attention to the
source is treated in the same way, which the paper does not do. It knows nothing of what is said, nor of its sign.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value


def rollout(trace: Trace, stack: str, place: int | None) -> dict[str, Array]:
    """The share of each word in the vector at a place of a stack, for each stack whose words reach it: (token).

    Without a place, in the mean of the words, or in the first, as the model pools them. All shares together are 1.
    """
    shares = rollouts(trace, stack)
    weights = _pooled(trace, next(iter(shares.values())).shape[0]) if place is None else None
    return {name: rows[place] if weights is None else weights @ rows for name, rows in shares.items()}


def rollouts(trace: Trace, stack: str) -> dict[str, Array]:
    """The same for every place of a stack: (place, token), for the source where there is one, and for itself."""
    source = rollouts(trace, "encoder")["encoder"] if stack == "decoder" and _has_source(trace) else None
    tokens = trace.steps[f"{stack}.embedding"].shape[0]
    own = np.eye(tokens)
    heard = None if source is None else np.zeros((tokens, len(source)))
    kept = 0.5 if any(path.startswith(stack) and path.endswith(".residual") for path in trace.steps) else 0.0
    for weights in _weights(trace, stack):
        mixed = _mean_of_heads(weights)
        if source is None or heard is None:
            own = kept * own + (1 - kept) * mixed @ own
        elif ".cross_attention." in weights.path:
            own, heard = kept * own, kept * heard + (1 - kept) * mixed @ source
        else:
            own, heard = kept * own + (1 - kept) * mixed @ own, kept * heard + (1 - kept) * mixed @ heard
    return {stack: own} if heard is None else {"encoder": heard, stack: own}


def _weights(trace: Trace, stack: str) -> Iterator[Value]:
    return (
        step
        for path, step in trace.steps.items()
        if path.startswith(f"{stack}.layers.") and path.endswith("_attention.weights")
    )


def _has_source(trace: Trace) -> bool:
    return any(path.startswith("encoder.") for path in trace.steps)


def _mean_of_heads(weights: Value) -> Array:
    """The mean over the heads, whose rows are made to sum to 1: (query, key)."""
    array = np.asarray(weights.array, np.float64)
    mean = array.mean(axis=weights.names.index("head")) if "head" in weights.names else array
    sums = mean.sum(axis=-1, keepdims=True)
    found: Array = np.divide(mean, sums, out=np.zeros_like(mean), where=sums != 0)
    return found


def _pooled(trace: Trace, tokens: int) -> Array:
    """How much of each place there is in the one vector of a text."""
    pooling = trace.steps.get("pooling")
    if pooling is not None:
        return np.asarray(pooling.array, np.float64)
    first: Array = np.eye(tokens)[0]
    return first
