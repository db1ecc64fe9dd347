"""Who wrote a number at the end of the residual stream: the number as a sum over everything that was written there.

Behind the last layer a run is linear in its stream, once the scale of its norms is held as it was in this run: a norm
divides by one number for each token, and multiplies by its gain. So a direction at the output can be carried back step
by step, and what each writer left in the stream is multiplied by it (Elhage et al. 2021; Kobayashi et al. 2021 for
norms within the stream). An activation on the way, as in a head for masked words, is held as the ratio of what left it
to what entered. Everything is in float64, whatever the run is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Literal, Protocol, TypeVar

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.values import Value, View

Kind = Literal["embedding", "head", "network", "bias", "other"]
"""What wrote a part; others are positions, vectors that are read, and what-if edits."""


class Term(Protocol):
    """A term of a sum over everything that wrote."""

    @property
    def at(self) -> Value:
        """The step that wrote it, or the parameter."""

    @property
    def kind(self) -> Kind:
        """What it is."""


_Term = TypeVar("_Term", bound=Term)


def one_for_each_bias(terms: Iterable[_Term], plus: Callable[[_Term, _Term], _Term]) -> list[_Term]:
    """The terms in their order, but one for each bias: layers may share theirs (ALBERT)."""
    found, places = list[_Term](), dict[str, int]()
    for term in terms:
        place = places.setdefault(term.at.path, len(found)) if term.kind == "bias" else len(found)
        if place < len(found):
            found[place] = plus(found[place], term)
        else:
            found.append(term)
    return found


@dataclass(frozen=True, eq=False)
class Direction:
    """What a number changes by with each number of a step, at some tokens: (token, …), or just (…) without tokens.

    `tokens` are the places of these tokens; None where the step has no tokens.
    """

    numbers: Array
    tokens: Array | None

    def of(self, step: Value | View) -> Array:
        """The numbers of a step at these tokens, in float64."""
        array = step.array if self.tokens is None else step.array[self.tokens]
        return np.asarray(array, np.float64)

    def times(self, numbers: Array) -> float:
        """What some numbers of the step come to, that are of these tokens."""
        return float((self.numbers * numbers).sum())

    def with_numbers(self, numbers: Array) -> Direction:
        """Another direction at the same tokens."""
        return Direction(numbers, self.tokens)


@dataclass(frozen=True, eq=False)
class Written:
    """What one writer has left in the stream, and what of it reaches the number.

    at         the step that wrote it: the output of a network, or of the heads; an embedding; a parameter, of a bias
    kind       what it is
    head       the head, where it is one of an attention
    value      its part of the number
    direction  by what its numbers were multiplied
    """

    at: Value
    kind: Kind
    value: float
    direction: Direction
    head: int | None = None


@dataclass(frozen=True, eq=False)
class _Back:
    """What a step carries back: parts that end here, and directions of the steps that it was made of."""

    parts: tuple[Written, ...] = ()
    further: tuple[tuple[Value, Direction], ...] = ()


def written(step: Value, direction: Direction) -> Iterator[Written]:
    """Everything that was written into a step, each with what it adds to the number that the direction is of."""
    waiting = [(step, direction)]
    while waiting:
        each, along = waiting.pop()
        yield from _edited(each, along)
        back = _carried(each)(each.unchanged, along)
        yield from back.parts
        waiting += reversed(back.further)


def _edited(step: Value, along: Direction) -> Iterator[Written]:
    """What a what-if edit of a step adds."""
    if step.changes:
        yield Written(step, "other", along.times(along.of(step) - along.of(step.unchanged)), along)


_Carry = Callable[[Value, Direction], _Back]


def _carried(step: Value) -> _Carry:
    """How a step carries a direction back; one that mixes tokens, or looks something up, is a writer itself."""
    return _whole if step.is_leaf else _CARRIES.get(step.made_by.name, _bent if _is_bend(step) else _whole)


def _whole(step: Value, along: Direction) -> _Back:
    kind: Kind = "embedding" if not step.is_leaf and step.made_by.name == "lookup" else "other"
    return _Back((Written(step, kind, along.times(along.of(step)), along),))


def _added(step: Value, along: Direction) -> _Back:
    return _Back((), tuple((view.value, along) for view in step.operands))


def _scaled(step: Value, along: Direction) -> _Back:
    return _Back((), ((step.operands[0].value, along.with_numbers(along.numbers * step.options["by"].value)),))


def _normalised(step: Value, along: Direction, *, is_centred: bool) -> _Back:
    """The scale is held: (g·γ)/σ, and less its mean where the mean was taken away."""
    x, gain, *bias = step.operands
    numbers = along.of(x)
    centred = numbers - numbers.mean(axis=-1, keepdims=True) if is_centred else numbers
    deviation = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + step.options["eps"])
    inner = along.numbers * (np.asarray(gain.array, np.float64) + step.options["plus_one"]) / deviation
    inner -= inner.mean(axis=-1, keepdims=True) if is_centred else 0
    return _Back(_bias(bias, along), ((x.value, along.with_numbers(inner)),))


def _bias(bias: list[View], along: Direction) -> tuple[Written, ...]:
    """What the bias of a step writes, where it has one: the same for each token."""
    return tuple(Written(view.value, "bias", along.times(np.asarray(view.array, np.float64)), along) for view in bias)


def _bent(step: Value, along: Direction) -> _Back:
    """An activation of one operand, taken as a factor: the ratio of what left it to what entered stays as it is."""
    x = step.operands[0]
    entered, left = along.of(x), along.of(step)
    ratio = np.divide(left, entered, out=np.zeros_like(left), where=entered != 0)
    return _Back((), ((x.value, along.with_numbers(along.numbers * ratio)),))


def _is_bend(step: Value) -> bool:
    return len(step.operands) == 1 and step.operands[0].shape == step.shape and step.name in ("hidden", "pooled")


def _first(step: Value, along: Direction) -> _Back:
    """What stands at the first token."""
    return _Back((), ((step.operands[0].value, Direction(along.numbers[None], np.array([0]))),))


def _contracted(step: Value, along: Direction) -> _Back:
    a, b, *bias = step.operands
    if _is_merged(a.value):
        return _Back((*_heads(a.value.operands[0].value, _through(step, along)), *_bias(bias, along)))
    if step.path.endswith("ffn.output"):
        without = along.of(step) - (np.asarray(bias[0].array, np.float64) if bias else 0)
        return _Back((Written(step, "network", along.times(without), along), *_bias(bias, along)))
    if "token" not in step.names and "token" in b.names:  # pooled: a share of each word
        shares = np.asarray(a.array, np.float64)
        return _Back((), ((b.value, Direction(shares[:, None] * along.numbers, np.arange(len(shares)))),))
    return _Back(_bias(bias, along), ((a.value, _through(step, along)),))


def _through(step: Value, along: Direction) -> Direction:
    """The direction of what a step multiplies by its matrix."""
    return along.with_numbers(along.numbers @ np.asarray(step.operands[1].array, np.float64).T)


def _is_merged(step: Value) -> bool:
    return not step.is_leaf and step.made_by.name == "merge"


def _side_by_side(step: Value, along: Direction) -> _Back:
    """Heads without a W_O stand side by side."""
    return _Back(tuple(_heads(step.operands[0].value, along)))


def _heads(heads: Value, along: Direction) -> Iterator[Written]:
    """What each head wrote. heads: (head, query, d_v); the direction is of these side by side."""
    for head, numbers in enumerate(np.split(along.numbers, heads.shape[0], axis=-1)):
        own = along.with_numbers(numbers)
        part = own.times(np.asarray(heads.array[head][along.tokens], np.float64))
        yield Written(heads, "head", part, own, head)


_CARRIES: Mapping[str, _Carry] = {
    "add": _added,
    "scale": _scaled,
    "normalise": partial(_normalised, is_centred=True),
    "rms_normalise": partial(_normalised, is_centred=False),
    "contract": _contracted,
    "merge": _side_by_side,
    "first": _first,
}
"""How each operation that can stand in the stream carries a direction back."""
