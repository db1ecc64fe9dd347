"""How a word is chosen from logits: what each step of a sampler leaves, and which word is drawn from what is left.

The steps and their order are those of transformers: first the penalty of words that the decoder has read (Keskar et al.
2019), then temperature, then top-k (Fan et al. 2018) and top-p (Holtzman et al. 2020). They are operations of the
table, in double precision, so that their numbers are explained as those of any step are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.dataclass import dataclass
from attn_explore.model.notation import ONE, symbol
from attn_explore.model.ops import Factor
from attn_explore.model.recorder import Recorder
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

Step = Callable[[Recorder, Value], Value]
"""From the logits before a step of a sampler to those after it: what is cut is −∞."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """What is done to the logits; by default nothing, and the likeliest word is chosen.

    repetition_penalty  a word that was read has its logit divided by it, or multiplied where that is negative
    temperature         all logits are divided by it
    top_k               so many of the largest stay; 0: all
    top_p               the fewest of the largest stay whose probabilities reach it
    seed                of the numbers that words are drawn with; None: nothing is drawn
    """

    repetition_penalty: float = 1.0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it chooses what the run itself does."""
        return self == Sampler()

    def draw(self, place: int) -> float | None:
        """The number, from 0 to 1, that the word at a place is drawn with, whatever stands before it."""
        return None if self.seed is None else float(np.random.default_rng([self.seed, place]).random())

    def steps(self, read: Sequence[int]) -> Iterator[tuple[str, Step]]:
        """The steps that change something, by their names; `read` are the ids that the decoder has read."""
        if self.repetition_penalty != 1:
            yield "repetition_penalty", partial(_penalised, read=read, penalty=self.repetition_penalty)
        if self.temperature != 1:
            yield "temperature", partial(_cooled, temperature=self.temperature)
        if self.top_k:
            yield "top_k", partial(_cut_to_k, k=self.top_k)
        if self.top_p < 1:
            yield "top_p", partial(_cut_to_p, p=self.top_p)


def _penalised(t: Recorder, logits: Value, read: Sequence[int], penalty: float) -> Value:
    """Words that were read become less likely, each once."""
    return t.divide("repetition_penalty", logits, t.penalties("penalties", logits, read, penalty))


def _cooled(t: Recorder, logits: Value, temperature: float) -> Value:
    """Below 1, likely words become likelier; above 1, less likely."""
    return t.scale("temperature", logits, by=Factor(1, ONE).over(temperature, symbol("T")))


def _cut_to_k(t: Recorder, logits: Value, k: int) -> Value:
    """Only the k largest stay, and those that are as large as the last of them."""
    return t.mask("top_k", logits, t.k_largest("top_k_mask", logits, k))


def _cut_to_p(t: Recorder, logits: Value, p: float) -> Value:
    """The largest stay, as few as have together at least the probability p; one stays always."""
    return t.mask("top_p", logits, t.nucleus("top_p_mask", logits, p))


STEPS = ("repetition_penalty", "temperature", "top_k", "top_p")
"""The names of the steps, in their order."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a number of a sampler may be: above 0, and no more than `most`; and how that is said."""

    most: float
    says: str

    def holds(self, number: float) -> bool:
        """Whether a number may be that."""
        return 0 < number <= self.most and math.isfinite(number)


BOUNDS = {
    "repetition_penalty": Bounds(math.inf, "a number above 0; 1 changes nothing"),
    "temperature": Bounds(math.inf, "a number above 0; without it the likeliest word is chosen"),
    "top_k": Bounds(math.inf, "a number of words, from 1"),
    "top_p": Bounds(1, "a probability above 0, at most 1"),
}
"""By the names of the steps."""


def sampler_of(asked: Mapping[str, Any], seed: int | None) -> Sampler:
    """The sampler with some steps; what changes chances is of no use without drawing, so that draws with seed 0.

    >>> sampler_of({"temperature": 0.8, "top_k": None}, seed=None)
    Sampler(repetition_penalty=1.0, temperature=0.8, top_k=0, top_p=1.0, seed=0)
    """
    given = {name: number for name, number in asked.items() if number is not None}
    draws = seed is not None or any(name != "repetition_penalty" for name in given)
    return replace(Sampler(seed=(seed or 0) if draws else None), **given)


@dataclass(frozen=True, eq=False)
class Chances:
    """The probabilities that a step leaves (vocabulary), and the words that it cut, by their ids.

    `moved` is how much of all probability it took from some words and gave to others.
    """

    step: str
    numbers: Array
    cut: Array
    moved: float


@dataclass(frozen=True, eq=False)
class Sampled:
    """What a sampler makes of some logits: what each of its steps leaves, and every tensor on the way, in order.

    The first of these are the logits, each step has the name of its own, and the last are the probabilities that words
    are drawn with.
    """

    steps: tuple[Chances, ...]
    made: tuple[Value, ...]

    @property
    def chances(self) -> Array:
        """The probabilities that words are drawn with (vocabulary)."""
        return self.made[-1].array


def sampled(sampler: Sampler, logits: Value, read: Sequence[int], path: str = "sampled") -> Sampled:
    """What each step of a sampler makes of the last row of some logits (token, vocabulary). Paths are under `path`.

    >>> from attn_explore.model.axes import Axis
    >>> logits = Value("logits", (Axis("token", 1), Axis("vocabulary", 3)), np.dtype(float), held=np.log([[5, 3, 2]]))
    >>> found = sampled(Sampler(top_k=2), logits, read=[])
    >>> [value.path for value in found.made]
    ['sampled.logits', 'sampled.top_k_mask', 'sampled.top_k', 'sampled.chances']
    >>> [step] = found.steps
    >>> step.numbers.round(4).tolist(), step.cut.tolist(), round(step.moved, 4)
    ([0.625, 0.375, 0.0], [2], 0.2)
    """
    trace = Trace(np.dtype(np.float64))
    t = Recorder(trace, path)
    left = t.last("logits", logits)
    before, found = softmax(left.array), list[Chances]()
    for name, step in sampler.steps(read):
        after = step(t, left)
        numbers, cut = softmax(after.array), np.flatnonzero(np.isneginf(after.array) & ~np.isneginf(left.array))
        found.append(Chances(name, numbers, cut, float(np.abs(numbers - before).sum() / 2)))
        left, before = after, numbers
    t.softmax("chances", left, over=left.names[0])
    return Sampled(tuple(found), tuple(trace.steps.values()))


def drawn(chances: Array, draw: float | None) -> int:
    """The word that a number draws: words lie side by side, the likeliest first, each as wide as its chance.

    Without a number it is the likeliest one; of equal ones, the first.

    >>> [drawn(np.array([0.2, 0.5, 0.3]), draw) for draw in (None, 0.0, 0.49, 0.5, 0.9)]
    [1, 1, 1, 2, 0]
    """
    if draw is None:
        return int(np.argmax(chances))
    order = in_order(chances)
    ends = np.cumsum(chances[order])
    there = int(np.count_nonzero(chances))
    return int(order[min(int(np.searchsorted(ends, draw * ends[-1], side="right")), there - 1)])


def in_order(chances: Array) -> Array:
    """The places of the words, the likeliest first; of equal ones, the first."""
    return np.argsort(-chances, kind="stable")


def softmax(logits: Array) -> Array:
    """The probabilities of some logits (vocabulary), in double precision."""
    powers = np.exp(np.asarray(logits, np.float64) - np.max(logits))
    return np.asarray(powers / powers.sum())
