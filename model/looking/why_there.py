"""Why a head looks where it looks: a score as a sum over what wrote the query times what wrote the key.

q·k is a sum over pairs: each writer to the stream of the query's token, seen through W_Q, with each to that of the
key's, through W_K (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits": composition). Rotary
positions turn every part alike, and so does a norm of queries and keys with its own divisor held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, lru_cache, partial

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.carried import carried, is_straight
from attn_explore.model.looking.vector_parts import Part, parts_at
from attn_explore.model.looking.written import one_for_each_bias
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View


@dataclass(frozen=True, eq=False)
class WhyThere:
    """A score (head, query, key), before any cap and mask, and the parts of its query and of its key.

    asked   the step with the queries that are multiplied
    factor  what q·k is multiplied by: 1/√dₖ
    bias    what is added to it for where query and key stand (T5, ALiBi)
    """

    scores: Value
    asked: Value
    index: tuple[int, int, int]
    query: tuple[Part, ...]
    key: tuple[Part, ...]
    factor: float
    bias: float

    @property
    def value(self) -> float:
        """The score."""
        return float(self.scores[self.index])

    @cached_property
    def pairs(self) -> Array:
        """What each pair of parts adds: (part of the query, part of the key); scaled first, fewer of them overflow."""
        with np.errstate(over="ignore", invalid="ignore"):
            found: Array = (self.factor * _vectors(self.query)) @ _vectors(self.key).T
        return found

    @cached_property
    def by_query(self) -> Array:
        """What each part of the query adds, with the whole key."""
        return self._summed(1)

    @cached_property
    def by_key(self) -> Array:
        """What each part of the key adds, with the whole query."""
        return self._summed(0)

    def _summed(self, axis: int) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            found: Array = self.pairs.sum(axis=axis)
        return found

    @cached_property
    def dimensions(self) -> Array:
        """What each column of q and k adds, all parts together: (d_k)."""
        with np.errstate(over="ignore", invalid="ignore"):
            found: Array = self.factor * _vectors(self.query).sum(axis=0) * _vectors(self.key).sum(axis=0)
        return found

    @property
    def remainder(self) -> float:
        """What all pairs and the bias lack of the score: the rounding of the run. Not finite where a pair overflows."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.value - float(self.pairs.sum()) - self.bias


@dataclass(frozen=True, eq=False)
class Looked:
    """A score that is taken apart, the weight that became of it, and what the head writes from the key.

    words  the words of the vocabulary that gain most by what it takes from there, by their places along `vocabulary`,
           and those that lose most; None where that is not told
    """

    why: WhyThere
    weights: Value
    vocabulary: Axis | None = None
    favours: tuple[int, ...] = ()
    against: tuple[int, ...] = ()


def _vectors(parts: tuple[Part, ...]) -> Array:
    return np.array([part.vector for part in parts])


def why_there(trace: Trace, block: str, index: tuple[int, int, int]) -> WhyThere:
    """Why the head of an attention scores a key as it does, at (head, query, key).

    Raises Problem for a score that is no product of a query and a key.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> trace = run(parse_scenario("{model: {kind: decoder, layers: 2, heads: 2}, input: {text: a b c}}"))
    >>> found = why_there(trace, "decoder.layers.1.self_attention", (0, 2, 1))
    >>> sorted({part.kind for part in found.key})
    ['bias', 'embedding', 'head', 'network', 'other']
    >>> abs(found.remainder) < 1e-9
    True
    """
    if not can_be_taken_apart(trace, block):
        what = f"the scores of {block} are no products of a query and a key"
        raise Problem(what, hint="dot products can be taken apart: score `dot` or `scaled_dot`")
    raw = trace.steps[f"{block}.scores"]
    scores, factor, bias = _scored(trace, block, raw, index)
    head, query, key = index
    asked, answered = raw.operands
    stream = _Stream((query, key))
    return WhyThere(
        scores,
        asked.value,
        index,
        tuple(one_for_each_bias(_parts(asked, head, query, stream), _both)),
        tuple(one_for_each_bias(_parts(answered, head, key, stream), _both)),
        factor,
        bias,
    )


def can_be_taken_apart(trace: Trace, block: str) -> bool:
    """Whether the scores of an attention are products of a query and a key."""
    raw = trace.steps.get(f"{block}.scores")
    return raw is not None and raw.made_by.name == "contract" and not raw.operands[1].value.is_leaf


def _scored(trace: Trace, block: str, raw: Value, index: tuple[int, int, int]) -> tuple[Value, float, float]:
    """The step whose number is taken apart: with the factor and the bias of where one stands, where there are some."""
    scores, factor, bias = raw, 1.0, 0.0
    if (scaled := trace.steps.get(f"{block}.scaled_scores")) is not None:
        scores, factor = scaled, float(scaled.options["by"].value)
    if (biased := trace.steps.get(f"{block}.biased_scores")) is not None:
        scores, added = biased, biased.operands[1]
        bias = float(np.broadcast_to(added.array, biased.shape)[index])
    return scores, factor, bias


# --- a query, or a key, in parts


class _Stream:
    """The parts of what W_Q and W_K read: where both read the same, those of both tokens are found together."""

    def __init__(self, tokens: tuple[int, int]) -> None:
        self._tokens = tokens
        self._parts_at = lru_cache(parts_at)

    def parts(self, step: Value, token: int) -> list[Part]:
        """The parts of the vector that a step has at a token."""
        has_both = token in self._tokens and max(self._tokens) < step.shape[0]
        tokens = self._tokens if has_both else (token,)
        place = tokens.index(token)
        return [replace(part, vector=part.vector[place]) for part in self._parts_at(step, tokens)]


def _parts(view: View, head: int, token: int, stream: _Stream) -> list[Part]:
    """The parts of a query or a key (head, token, d_k); where heads share keys, of the one that this head reads."""
    own_head, own_token, _ = view.source_index((head, token, 0))
    return _of_head(view.value, own_head, own_token, stream)


def _both(one: Part, other: Part) -> Part:
    """What two layers wrote by one bias."""
    return replace(one, vector=one.vector + other.vector)


def _of_head(step: Value, head: int, token: int, stream: _Stream) -> list[Part]:
    """The parts of what a step has at a head and a token."""
    if step.changes:
        plain = step.unchanged
        return [
            *_of_head(plain, head, token, stream),
            Part(step, "other", _at(step, head, token) - _at(plain, head, token)),
        ]
    inner = None if step.is_leaf else step.operands[0].value
    match "" if step.is_leaf else step.made_by.name:
        case "contract" if inner is not None and step.operands[1].value.is_leaf:
            return _projected(step, stream.parts(inner, token), head)
        case "rotate" if inner is not None:
            return _replaced(_of_head(inner, head, token, stream), partial(_turned, step, token=token))
        case "rms_normalise" if inner is not None:
            return _replaced(_of_head(inner, head, token, stream), partial(_normed, step, head=head, token=token))
        case "taken_over" if inner is not None and len(step.operands) > 1:
            earlier = inner.axis("token").size
            is_earlier = token < earlier
            own = inner if is_earlier else step.operands[1].value
            return _of_head(own, head, token - earlier * (not is_earlier), stream)
        case "taken_over" if inner is not None:
            return _of_head(inner, head, token, stream)
    return [Part(step, "other", _at(step, head, token))]


def _at(step: Value, head: int, token: int) -> Array:
    return np.asarray(step.array[head, token], np.float64)


def _replaced(parts: list[Part], by: Callable[[Array], Array]) -> list[Part]:
    """The same parts with other vectors: `by` makes them of all of those at once, (part, d_k)."""
    vectors = by(np.array([part.vector for part in parts]))
    return [replace(part, vector=vector) for part, vector in zip(parts, vectors, strict=True)]


def _projected(step: Value, parts: list[Part], head: int) -> list[Part]:
    """Parts seen through the columns of one head in W_Q or W_K, and what the bias adds to them."""
    _, matrix, *bias = step.operands
    own = np.asarray(matrix.array, np.float64)[:, head]
    seen = _replaced(parts, lambda vectors: vectors @ own)
    return [*seen, *(Part(each.value, "bias", np.asarray(each.array[head], np.float64)) for each in bias)]


def _turned(step: Value, vectors: Array, token: int) -> Array:
    """Vectors turned as those of a token are."""
    place, columns = step.axes[-2].places_in_text[token], step.axes[-1]
    axes = (Axis("head", len(vectors)), Axis("token", 1, start=place), columns)
    given = Value(step.path, axes, vectors.dtype, held=vectors[:, None])
    turned = Value(step.path, axes, vectors.dtype, step.operation, (given.view(),), step.options)
    return turned.array[:, 0]


def _normed(step: Value, vectors: Array, head: int, token: int) -> Array:
    """Vectors divided by what the norm divided this head by, or all heads together, and times its gain."""
    x, gain = step.operands
    over = step.options["over"].split()
    whole = np.asarray(x.array[:, token] if "head" in over else x.array[head, token], np.float64)
    divisor = np.sqrt(np.square(whole).mean() + step.options["eps"])
    own: Array = np.asarray(gain.array[head] if "head" in gain.names else gain.array, np.float64)
    found: Array = vectors / divisor * (own + bool(step.options["plus_one"]))
    return found


# --- what it takes from there


def written_from(trace: Trace, block: str, head: int, key: int) -> Array | None:
    """What the head would write into the stream if all of its weight were on a key: that value times its rows of W_O.

    Returns (d_model); None where there is no W_O.
    """
    output = trace.steps.get(f"{block}.output")
    if output is None or not is_straight(output):
        return None
    values = trace.steps[f"{block}.head_output"].operands[1]
    value = np.asarray(values.array[head, key], np.float64)
    rows = np.asarray(output.operands[1].array, np.float64).reshape(-1, len(value), output.axes[-1].size)
    norm = trace.steps.get(f"{output.path}_norm")
    written = (value @ rows[head])[None]
    found: Array = (carried([norm], written) if norm is not None and is_straight(norm) else written)[0]
    return found
