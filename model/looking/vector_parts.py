"""Who wrote the vector of a token: the vector as a sum over everything that was added to the residual stream before.

Embedding, position, every head, every network, every bias; behind a norm each is divided by what the norm divided the
whole by, so that they still add up (Elhage et al. 2021). Where only one number is asked for, `written.py` is cheaper:
here the vectors are kept, so that two of them can be multiplied part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.carried import bias_of, carried, is_straight
from attn_explore.model.looking.written import Kind
from attn_explore.model.values import Value


@dataclass(frozen=True, eq=False)
class Part:
    """What one writer left in the vector of a token.

    at    the step that wrote it: the output of a network, or of the heads; an embedding; a parameter, of a bias
    head  the head, where it is one of an attention
    """

    at: Value
    kind: Kind
    vector: Array
    head: int | None = None


def parts_at(step: Value, token: int) -> list[Part]:
    """The vector that a step (token, d_model) has at a token, as the parts that it is the sum of."""
    if step.changes:
        plain = step.unchanged
        return [*parts_at(plain, token), Part(step, "other", _row(step, token) - _row(plain, token))]
    return _split_of(step)(step, token)


def through(steps: list[Value], parts: list[Part], token: int) -> list[Part]:
    """Parts as they leave straight steps, and what the biases of these add."""
    for step in steps:
        vectors = carried([step], np.array([part.vector for part in parts]), token)
        parts = [Part(part.at, part.kind, vector, part.head) for part, vector in zip(parts, vectors, strict=True)]
        parts += bias_parts(step)
    return parts


def bias_parts(step: Value) -> list[Part]:
    """What a step adds whatever it reads, where it adds something."""
    bias = bias_of(step)
    return [] if bias is None else [Part(step.operands[2].value, "bias", np.asarray(bias, np.float64))]


_Split = Callable[[Value, int], list[Part]]


def _split_of(step: Value) -> _Split:
    if step.is_leaf:
        return _whole
    if is_straight(step) and step.path.endswith("ffn.output"):
        return _network
    if is_straight(step) and step.made_by.name == "contract" and _is_merged(step.operands[0].value):
        return _projected
    return _SPLITS.get(step.made_by.name, _straight if is_straight(step) else _whole)


def _row(step: Value, token: int) -> Array:
    return np.asarray(step[token], np.float64)


def _whole(step: Value, token: int) -> list[Part]:
    is_embedding = not step.is_leaf and step.made_by.name == "lookup" and step.name != "segment"
    return [Part(step, "embedding" if is_embedding else "other", _row(step, token))]


def _added(step: Value, token: int) -> list[Part]:
    return [part for view in step.operands for part in parts_at(view.value, token)]


def _straight(step: Value, token: int) -> list[Part]:
    return through([step], parts_at(step.operands[0].value, token), token)


def _network(step: Value, token: int) -> list[Part]:
    """What a network wrote, and its bias."""
    biases = bias_parts(step)
    return [Part(step, "network", _row(step, token) - sum(bias.vector for bias in biases)), *biases]


def _is_merged(step: Value) -> bool:
    return not step.is_leaf and step.made_by.name == "merge"


def _merged(step: Value, token: int) -> list[Part]:
    """Heads side by side: each has columns of its own."""
    heads = step.operands[0].value
    rows = np.asarray(heads.array[:, token], np.float64)
    apart = np.einsum("hg,hv->hgv", np.eye(len(rows)), rows).reshape(len(rows), -1)
    return [Part(heads, "head", vector, head) for head, vector in enumerate(apart)]


def _projected(step: Value, token: int) -> list[Part]:
    """What each head wrote: its output times its rows of W_O; and the bias."""
    return through([step], _merged(step.operands[0].value, token), token)


_SPLITS: Mapping[str, _Split] = {"add": _added, "merge": _merged}
"""How the operations that put vectors together are taken apart again."""
