"""Who wrote the vectors of tokens: each as a sum over everything that was added to the residual stream before.

Embedding, position, every head, every network, every bias; behind a norm each is divided by what the norm divided the
whole by, so that they still add up (Elhage et al. 2021). Where only one number is asked for, `written.py` is cheaper:
here the vectors are kept, so that two of them can be multiplied part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.carried import Tokens, bias_of, carried, is_straight, rows_at
from attn_explore.model.looking.written import Kind
from attn_explore.model.values import Value


@dataclass(frozen=True, eq=False)
class Part:
    """What one writer left in the vectors of some tokens: (token, d_model), or of one of them.

    at    the step that wrote it: the output of a network, or of the heads; an embedding; a parameter, of a bias
    head  the head, where it is one of an attention
    """

    at: Value
    kind: Kind
    vector: Array
    head: int | None = None


def parts_at(step: Value, tokens: Tokens) -> list[Part]:
    """The vectors that a step (token, d_model) has at some tokens, as the parts that they are the sum of.

    All are found on one way back through the run: a long one is not computed for each of them.
    """
    if step.changes:
        plain = step.unchanged
        return [*parts_at(plain, tokens), Part(step, "other", rows_at(step, tokens) - rows_at(plain, tokens))]
    return _split_of(step)(step, tokens)


def through(steps: list[Value], parts: list[Part], tokens: Tokens) -> list[Part]:
    """Parts as they leave straight steps, and what the biases of these add."""
    for step in steps:
        vectors = carried([step], np.array([part.vector for part in parts]), tokens)
        parts = [Part(part.at, part.kind, vector, part.head) for part, vector in zip(parts, vectors, strict=True)]
        parts += bias_parts(step, tokens)
    return parts


def bias_parts(step: Value, tokens: Tokens) -> list[Part]:
    """What a step adds whatever it reads, where it adds something."""
    bias = bias_of(step)
    if bias is None:
        return []
    each = np.broadcast_to(np.asarray(bias, np.float64), (len(tokens), bias.size))
    return [Part(step.operands[2].value, "bias", each)]


_Split = Callable[[Value, Tokens], list[Part]]


def _split_of(step: Value) -> _Split:
    if step.is_leaf:
        return _whole
    if is_straight(step) and step.path.endswith("ffn.output"):
        return _network
    if is_straight(step) and step.made_by.name == "contract" and _is_merged(step.operands[0].value):
        return _projected
    return _SPLITS.get(step.made_by.name, _straight if is_straight(step) else _whole)


def _whole(step: Value, tokens: Tokens) -> list[Part]:
    is_embedding = not step.is_leaf and step.made_by.name == "lookup" and step.name != "segment"
    return [Part(step, "embedding" if is_embedding else "other", rows_at(step, tokens))]


def _added(step: Value, tokens: Tokens) -> list[Part]:
    return [part for view in step.operands for part in parts_at(view.value, tokens)]


def _straight(step: Value, tokens: Tokens) -> list[Part]:
    return through([step], parts_at(step.operands[0].value, tokens), tokens)


def _network(step: Value, tokens: Tokens) -> list[Part]:
    """What a network wrote, and its bias."""
    biases = bias_parts(step, tokens)
    return [Part(step, "network", rows_at(step, tokens) - sum(bias.vector for bias in biases)), *biases]


def _is_merged(step: Value) -> bool:
    return not step.is_leaf and step.made_by.name == "merge"


def _merged(step: Value, tokens: Tokens) -> list[Part]:
    """Heads side by side: each has columns of its own."""
    heads = step.operands[0].value
    rows = np.asarray(heads.array[:, tokens], np.float64)
    apart = np.einsum("hg,htv->htgv", np.eye(len(rows)), rows).reshape(*rows.shape[:2], -1)
    return [Part(heads, "head", vector, head) for head, vector in enumerate(apart)]


def _projected(step: Value, tokens: Tokens) -> list[Part]:
    """What each head wrote: its output times its rows of W_O; and the bias."""
    return through([step], _merged(step.operands[0].value, tokens), tokens)


_SPLITS: Mapping[str, _Split] = {"add": _added, "merge": _merged}
"""How the operations that put vectors together are taken apart again."""
