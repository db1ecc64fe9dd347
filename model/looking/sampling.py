"""How a word is chosen from logits: what each step of a sampler leaves, and which word is drawn from what is left.

The steps and their order are those of transformers: first the penalty of words that the decoder has read (Keskar et al.
2019), then temperature, then top-k (Fan et al. 2018) and top-p (Holtzman et al. 2020).
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

Step = Callable[[Array], Array]


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
            yield "repetition_penalty", partial(penalised, read=read, penalty=self.repetition_penalty)
        if self.temperature != 1:
            yield "temperature", partial(cooled, temperature=self.temperature)
        if self.top_k:
            yield "top_k", partial(top_k, k=self.top_k)
        if self.top_p < 1:
            yield "top_p", partial(top_p, p=self.top_p)


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


def chances_of(sampler: Sampler, logits: Array, read: Sequence[int]) -> list[Chances]:
    """What each step of a sampler leaves of some logits (vocabulary).

    >>> [step] = chances_of(Sampler(top_k=2), np.log([0.5, 0.3, 0.2]), read=[])
    >>> step.numbers.round(4).tolist(), step.cut.tolist(), round(step.moved, 4)
    ([0.625, 0.375, 0.0], [2], 0.2)
    """
    left, before, found = np.asarray(logits, np.float64), softmax(logits), list[Chances]()
    for name, step in sampler.steps(read):
        after = step(left)
        numbers, cut = softmax(after), np.flatnonzero(np.isneginf(after) & ~np.isneginf(left))
        found.append(Chances(name, numbers, cut, float(np.abs(numbers - before).sum() / 2)))
        left, before = after, numbers
    return found


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


# --- the steps, each from logits to logits: what is cut is −∞ afterwards


def penalised(logits: Array, read: Sequence[int], penalty: float) -> Array:
    """Words that were read become less likely, each once.

    >>> penalised(np.array([2.0, -2.0, 1.0]), [0, 1, 0], penalty=2.0).tolist()
    [1.0, -4.0, 1.0]
    """
    found, places = logits.copy(), np.unique(np.asarray(read, np.int64))
    own = logits[places]
    found[places] = np.where(own < 0, own * penalty, own / penalty)
    return found


def cooled(logits: Array, temperature: float) -> Array:
    """Below 1, likely words become likelier; above 1, less likely."""
    return logits / temperature


def top_k(logits: Array, k: int) -> Array:
    """Only the k largest stay, and those that are as large as the last of them."""
    least = np.partition(logits, -min(k, logits.size))[-min(k, logits.size)]
    return np.where(logits < least, -np.inf, logits)


def top_p(logits: Array, p: float) -> Array:
    """The largest stay, as few as have together at least the probability p; one stays always."""
    order = np.argsort(logits, kind="stable")
    up_to = np.cumsum(softmax(logits)[order])
    cut = order[:-1][up_to[:-1] <= 1 - p]
    found = logits.copy()
    found[cut] = -np.inf
    return found
