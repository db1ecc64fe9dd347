"""Direct logit attribution: a logit, or the difference of two, as a sum over everything that wrote to the stream.

Nothing is left out: embedding, position, every head, every feed-forward network, every bias. What is lacking to the
number that the run itself has is the rounding of the run. See `written.py` for how it is done.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array, Axis, as_slice
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.asked_place import usual_place
from attn_explore.model.looking.written import Direction, Kind, Written, one_for_each_bias, written
from attn_explore.model.ops.matrices import on_one_core
from attn_explore.model.stream import Stream, stream_of
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value, View


@dataclass(frozen=True, eq=False)
class Number:
    """The number that is explained: the logit of a token, or that less the logit of another one.

    logits   the step, before any cap; `index` is the cell in it
    against  the other token, where there is one
    value    the number as the run has it
    is_capped  whether the run makes a smaller number of it afterwards
    foretells  whether it is of what comes next, and not of what stands there
    """

    logits: Value
    index: tuple[int, ...]
    against: int | None
    value: float
    is_capped: bool = False
    foretells: bool = True

    @property
    def vocabulary(self) -> Axis:
        """The axis of the tokens."""
        return self.logits.axes[-1]

    @property
    def token(self) -> int:
        """The token whose logit it is."""
        return self.index[-1]

    @property
    def tokens(self) -> Axis | None:
        """The axis of the text; None where the model says one thing of all of it."""
        return self.logits.axes[0] if len(self.logits.axes) > 1 else None


@dataclass(frozen=True, eq=False)
class Attribution:
    """A number, and what of it everything that wrote to the stream has added: the largest first.

    `has_norms`: whether there are norms on the way, whose scale was held.
    """

    of: Number
    terms: tuple[Written, ...]
    has_norms: bool

    @property
    def remainder(self) -> float:
        """What the terms together lack of the number: the rounding of the run."""
        return self.of.value - self.total()

    def total(self, kind: Kind | None = None) -> float:
        """What all terms, or those of a kind, are together."""
        return float(sum(term.value for term in self.terms if kind in (None, term.kind)))


def attribution(
    trace: Trace,
    token: int | None = None,
    against: int | None = None,
    *,
    place: int | None = None,
    chapter: str = "",
) -> Attribution:
    """Who wrote the logit of a token, or its difference to that of another one, at a place of the text.

    Without a token, that of the likeliest; without a place, at the mask, or at the last word.

    Raises Problem without a head.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> gpt = "{kind: decoder, norm_order: pre, head: vocabulary}"
    >>> found = attribution(run(parse_scenario(f"{{model: {gpt}, input: {{text: I love my dog}}}}")))
    >>> sorted({term.kind for term in found.terms})
    ['bias', 'embedding', 'head', 'network', 'other']
    >>> abs(found.remainder) < 1e-9
    True
    """
    stream = stream_of(trace, chapter)
    logits = _uncapped(stream)
    index = _index(trace, logits, token, place)
    value = _value(logits, index, against)
    number = Number(logits, index, against, value, stream.logits is not logits, stream.foretells)
    x, _, *bias = logits.operands
    with on_one_core():  # every layer is computed again, in small products
        terms = list(written(x.value, _start(logits, index, against)))
    terms += [_bias_of(logits, bias[0], index, against)] if bias else []
    has_norms = stream.is_normalised or any(point.name.endswith("norm") for point in stream.points)
    terms = sorted(one_for_each_bias(terms, _both), key=lambda term: -abs(term.value))
    return Attribution(number, tuple(terms), has_norms)


def _both(one: Written, other: Written) -> Written:
    """What two layers add by one bias."""
    return replace(one, value=one.value + other.value)


def _uncapped(stream: Stream) -> Value:
    """The logits as the output matrix makes them."""
    return next(step for step in reversed(stream.tail) if step.name == "logits")


def _index(trace: Trace, logits: Value, token: int | None, place: int | None) -> tuple[int, ...]:
    row: tuple[int, ...] = ()
    if len(logits.axes) > 1:
        row = (usual_place(trace, logits) if place is None else place,)
    return (*row, int(np.argmax(logits[row])) if token is None else token)


def _value(logits: Value, index: tuple[int, ...], against: int | None) -> float:
    other = 0.0 if against is None else float(logits[(*index[:-1], against)])
    return float(logits[index]) - other


def _start(logits: Value, index: tuple[int, ...], against: int | None) -> Direction:
    """The column of the output matrix for a token, less that for the other one."""
    numbers = _at(logits.operands[1], index[-1], against)
    tokens = np.array(index[:-1], int) if len(index) > 1 else None
    return Direction(numbers if tokens is None else numbers[None], tokens)


def _at(view: View, token: int, against: int | None) -> Array:
    """What stands in a matrix, or in a bias, for a token, less what stands there for the other one."""
    name = view.names[-1]
    own, *others = (
        np.asarray(view.window(**{name: as_slice(each, view.axes[-1].size)})[..., 0], np.float64)
        for each in (token, against)
        if each is not None
    )
    found: Array = own - others[0] if others else own
    return found


def _bias_of(logits: Value, bias: View, index: tuple[int, ...], against: int | None) -> Written:
    """What the bias of the output matrix adds."""
    part = float(_at(bias, index[-1], against))
    return Written(bias.value, "bias", part, Direction(np.ones(1), None))


# --- what a term is made of


@dataclass(frozen=True, eq=False)
class Opened:
    """A term as a sum of its own: of a head over the tokens that it looked at, of a network over its neurons.

    axis    what it is a sum over, `key` or `d_ff`
    at      the step with the weights, or with the neurons; `index` is the row of it
    values  the part of each
    """

    term: Written
    axis: Axis
    at: Value
    index: tuple[int, ...]
    values: Array


def opened(term: Written) -> Opened | None:
    """What a head took from each token, or each neuron of a network added; None for a term that is one number."""
    if term.kind == "head":
        return _by_source(term)
    return _by_neuron(term) if term.kind == "network" else None


def _by_source(term: Written) -> Opened:
    """Σ over the keys: weight · (value · direction), at the one token that the number is of, or over all."""
    weights, values = term.at.operands
    head, tokens = term.head or 0, term.direction.tokens
    rows = [] if tokens is None else tokens.tolist()
    looked = np.stack([np.asarray(weights[head, row], np.float64) for row in rows])  # not all queries of a long text
    through = np.asarray(values.array[head], np.float64) @ term.direction.numbers.T
    parts = (looked * through.T).sum(axis=0)
    return Opened(term, weights.axes[-1], weights.value, (head, _last(tokens)), parts)


def _last(tokens: Array | None) -> int:
    return 0 if tokens is None else int(tokens[-1])


def _by_neuron(term: Written) -> Opened:
    """Σ over the neurons: what it gives · (its row of W₂ · direction)."""
    hidden, w_2, *_ = term.at.operands
    through = term.direction.numbers @ np.asarray(w_2.array, np.float64).T
    parts = (term.direction.of(hidden) * through).sum(axis=0)
    return Opened(term, hidden.axes[-1], hidden.value, (_last(term.direction.tokens),), parts)
