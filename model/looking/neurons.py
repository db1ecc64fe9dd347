"""The neurons of a feed-forward network: which are strongest at a token, what each writes, and where else it fires.

Its output row is the value of a memory (Geva et al. 2021, "Transformer Feed-Forward Layers Are Key-Value Memories"):
what a neuron adds to the residual stream is its activation times that row, whatever the text is.
"""

from __future__ import annotations

import numpy as np

from attn_explore.model.axes import Array, Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.looking.carried import carried, is_straight
from attn_explore.model.looking.readout import likeliest, readout_of
from attn_explore.model.looking.text_read import Text, text_along
from attn_explore.model.ops import is_gradient
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

STRONGEST, FAVOURED, FIRED = 10, 5, 3
"""Neurons that are listed, words that each favours, tokens that it fires on, unless other numbers are wanted."""


@dataclass(frozen=True)
class Neuron:
    """One hidden unit of a network at a token.

    activation  what it is there, and `length` the length of what it adds to the residual stream
    favours     the words of the vocabulary that its output row adds most to, by their places, the most first, and
                `against` those that it takes most from; a negative activation turns both around. Empty where the model
                has no head, or one that bends what it reads
    fires       the tokens of the text on which its activation is largest by size, by their places, the largest first;
                none on which it is 0, and no padding
    """

    number: int
    activation: float
    length: float
    favours: tuple[int, ...]
    against: tuple[int, ...]
    fires: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Neurons:
    """The strongest neurons of a network at a token, the strongest first.

    hidden  the step with the activations of all (token, d_ff), `rows` the parameter with their output rows
    text    what was read, and `token` the place in it
    weaker  how many other neurons write less there, and `silent` how many write nothing
    words   what a favoured word's place is along, where the model has a head that reads the stream
    """

    hidden: Value
    rows: Value
    text: Text
    token: int
    neurons: tuple[Neuron, ...]
    weaker: int
    silent: int
    words: Axis | None

    def activation(self, neuron: Neuron, token: int) -> float:
        """What a neuron is at a token."""
        return float(self.hidden[token, neuron.number])


def networks_of(trace: Trace) -> list[Value]:
    """The activations of every feed-forward network of a run, in order."""
    return [step for path, step in trace.steps.items() if path.endswith(".ffn.hidden") and not is_gradient(step)]


def neurons_at(trace: Trace, hidden: Value, token: int, many: int = STRONGEST) -> Neurons:
    """The neurons whose output is longest at a token of the text: |activation| times the length of their output row.

    Where the network's output is normalised before it is added, the row is taken as it leaves that norm at the token.

    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> trace = run(parse_scenario("{model: {kind: decoder, head: vocabulary}, input: {text: a b}}"))
    >>> strongest = neurons_at(trace, trace["decoder.layers.0.ffn.hidden"], token=1).neurons[0]
    >>> strongest.length > 0, 1 in strongest.fires
    (True, True)
    """
    output = trace.steps[f"{hidden.path.rpartition('.')[0]}.output"]
    rows, readout = output.operands[1].value, readout_of(trace, hidden.path)
    written = carried(_norm_of(trace, output), np.asarray(rows.array, np.float64)[:, None], (token,))[:, 0]
    activations = np.asarray(hidden[token], np.float64)
    lengths = np.abs(activations) * np.linalg.norm(written, axis=-1)
    strongest = [number for number in likeliest(lengths, many) if lengths[number] > 0]
    gains = np.zeros((len(strongest), 0)) if readout is None else readout.gains(written[strongest])
    text, words = text_along(trace, hidden.path), None if readout is None else readout.words
    fires = (_fires(hidden, number, text.is_word) for number in strongest)
    neurons = tuple(
        Neuron(number, float(activations[number]), float(lengths[number]), _top(own), _top(-own), places)
        for number, own, places in zip(strongest, gains, fires, strict=True)
    )
    writing = int(np.count_nonzero(lengths))
    return Neurons(hidden, rows, text, token, neurons, writing - len(neurons), len(lengths) - writing, words)


def _norm_of(trace: Trace, output: Value) -> list[Value]:
    """The norm of a network's output alone, where it has one (Gemma 2, OLMo 2)."""
    norm = trace.steps.get(f"{output.path}_norm")
    return [norm] if norm is not None and is_straight(norm) else []


def _top(gains: Array) -> tuple[int, ...]:
    return tuple(likeliest(gains, FAVOURED))


def _fires(hidden: Value, number: int, is_word: Array) -> tuple[int, ...]:
    column = np.where(is_word, hidden.window(d_ff=slice(number, number + 1))[:, 0], 0.0)
    return tuple(place for place in likeliest(np.abs(column), FIRED) if column[place])
