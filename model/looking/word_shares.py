"""Which words made an output, by four methods that disagree: each answers another question.

gradient × input       how much the output would fall if a word's embedding shrank a little, made whole: Σ over the
                       vector of gradient · embedding (Shrikumar et al. 2016; Denil et al. 2014)
integrated gradients   the mean of the gradients on the way from embeddings of zero to those of the words, times these
                       (Sundararajan et al. 2017): together they are what the output gained on that way
rollout                see `rollout.py`
left out               the output less that of the run without the word (Li et al. 2016, "Understanding Neural Networks
                       through Representation Erasure"), or with a mask in its place
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.backward import gradients_by
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import Known
from attn_explore.model.looking.joint_runs import joint_runs, steps_between
from attn_explore.model.looking.one_output import Output
from attn_explore.model.looking.one_pass import OnePass, Without, one_pass
from attn_explore.model.looking.rollout import rollout
from attn_explore.model.looking.text_read import Text
from attn_explore.model.ops.matrices import on_one_core
from attn_explore.model.trace import Trace

STEPS = 32
"""Runs between embeddings of zero and those of the words."""
_CLOSER = 4
"""How much closer together these are near zero, where norms make the output change fastest: a power."""

AT_ONCE = 2**27
"""Bytes that runs which are made together take at most, but for a single one."""


@dataclass(frozen=True, eq=False)
class WordShares:
    """What each method gives to each word that a stack read: (token).

    NaN where a word cannot be left out; everywhere, while the runs that it is of are still to be made.
    """

    stack: str
    text: Text
    gradient: Array
    integrated: Array
    rollout: Array
    left_out: Array


@dataclass(eq=False)
class Words:
    """An output, and what made it, by stacks; `go_on` makes runs until every method has its numbers.

    value      the output
    baseline   what it is with embeddings of zero; NaN until that run is made
    steps      how many gradients the integrated ones are the mean of
    masks      whether a word was masked, and not left out
    is_edited  whether the run has edits, which stand at places: then no word was left out
    runs       how many runs there are to be made in all, and `runs_left` how many still are
    making     makes runs, and gives how many were made
    """

    output: Output
    stacks: tuple[WordShares, ...]
    value: float
    baseline: float
    steps: int
    masks: bool
    is_edited: bool
    runs: int
    runs_left: int
    making: Iterator[int]

    def go_on(self) -> bool:
        """Make some of the runs that are still to be made, together; False where there are none."""
        with on_one_core():
            made = next(self.making, 0)
        self.runs_left -= made
        return made > 0

    @property
    def is_done(self) -> bool:
        """Whether every method has its numbers."""
        return not self.runs_left

    @property
    def share_done(self) -> float:
        """How many of the runs are made, from 0 to 1."""
        return 1 - self.runs_left / self.runs

    def total(self, method: str) -> float:
        """The sum of a method over all words that it gives something; NaN where there are none."""
        given = np.concatenate([getattr(stack, method) for stack in self.stacks])
        return np.nan if np.isnan(given).all() else float(np.nansum(given))

    @property
    def error(self) -> float:
        """What the integrated gradients lack of what the output gained since the baseline: too few steps."""
        return self.value - self.baseline - self.total("integrated")


def words_of(known: Known, trace: Trace, output: Output, steps: int = STEPS, *, chapter: str = "") -> Words:
    """Which words of a pass of a run made an output: at first by the methods that need no other run.

    Raises Problem for a model that reads no words or has no head.

    >>> from attn_explore.model.known import known_of
    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> gpt = "{kind: decoder, norm_order: pre, head: vocabulary}"
    >>> scenario = parse_scenario(f"{{model: {gpt}, input: {{text: I love my dog}}}}")
    >>> found = words_of(known_of(scenario), run(scenario), Output("logit", 3, 0))
    >>> while found.go_on():
    ...     pass
    >>> found.stacks[0].text.words
    ('I', 'love', 'my', 'dog')
    >>> abs(found.error) < 0.01
    True
    """
    read = one_pass(known, trace, chapter)
    stack, is_edited = _predicting(read), bool(read.trace.changes)
    with on_one_core():
        rolled, value = rollout(read.trace, stack, output.place), _value(read, output)
        _, gradient = _times_inputs(read, output, np.ones(1))
    shares = tuple(_begun(name, text, gradient[name][0], rolled[name]) for name, text in read.texts.items())
    places = {} if is_edited else _that_can_go(read, output)
    runs = sum(map(len, places.values())) + steps + 1
    masks = read.masked_by(stack) is not None
    found = Words(output, shares, value, np.nan, steps, masks, is_edited, runs, runs, iter(()))
    found.making = _making(found, read, places)
    return found


def _predicting(read: OnePass) -> str:
    """The stack that the output is made of."""
    return "decoder" if "decoder" in read.texts else "encoder"


def _begun(stack: str, text: Text, gradient: Array, rolled: Array) -> WordShares:
    integrated, left_out = np.full((2, text.tokens.size), np.nan)
    return WordShares(stack, text, gradient, integrated, rolled, left_out)


def _making(found: Words, read: OnePass, places: Mapping[str, list[int]]) -> Iterator[int]:
    """Make the runs, as many together as memory allows, those without a word first; gives how many each time."""
    for shares in found.stacks:
        for runs in read.without(shares.stack, places.get(shares.stack, ())):
            for some in _together(read, found.output, len(runs.places)):
                gone = list(runs.places[some])
                shares.left_out[gone] = found.value - _values_without(found.output, read, shares.stack, runs, some)
                yield len(gone)
    yield from _integrate(found, read)


def _together(read: OnePass, output: Output, count: int) -> Iterator[slice]:
    """Which of so many runs are made at once."""
    steps = steps_between(read.trace, set(read.embeddings.values()), output.read(read.trace))
    nbytes = sum(step.nbytes for step in steps)
    many = max(1, AT_ONCE // nbytes)
    yield from (slice(first, first + many) for first in range(0, count, many))


def _value(read: OnePass, output: Output) -> float:
    vectors = output.vectors(output.read(read.trace).array[None])
    return float(output.values(read.trace, vectors)[0])


# --- gradients


def _times_inputs(read: OnePass, output: Output, shares: Array) -> tuple[Array, dict[str, Array]]:
    """With embeddings times each share: the output, (share), and Σ gradient · embedding by stacks, (share, token)."""
    end = output.read(read.trace)
    with joint_runs(read.trace, read.scaled(shares), end) as runs:
        x = runs.steps[end.path].array
        vectors = output.vectors(x)
        by_x = np.zeros_like(x)
        output.vectors(by_x)[...] = output.slopes(read.trace, vectors)
        found = gradients_by(runs, {end.path: by_x}, set(read.embeddings.values()))
        values = output.values(read.trace, vectors)
    products = dict[str, Array]()
    for stack, path in read.embeddings.items():
        embedding = np.asarray(read.trace.steps[path].array, np.float64)
        products[stack] = (embedding * found.get(path, np.zeros((len(shares), 1, 1)))).sum(axis=-1)
    return values, products


def _integrate(found: Words, read: OnePass) -> Iterator[int]:
    """The mean of the gradients from embeddings of zero on, times the embeddings: the midpoint rule."""
    (baseline,) = _values_at_zero(read, found.output)
    found.baseline = float(baseline)
    yield 1
    ends = (np.arange(found.steps + 1) / found.steps) ** _CLOSER
    middles, widths = (ends[:-1] + ends[1:]) / 2, np.diff(ends)
    sums = {stack.stack: np.zeros(stack.text.tokens.size) for stack in found.stacks}
    for some in _together(read, found.output, found.steps):
        _, products = _times_inputs(read, found.output, middles[some])
        sums = {stack: so_far + widths[some] @ products[stack] for stack, so_far in sums.items()}
        if some.stop >= found.steps:
            for stack in found.stacks:
                stack.integrated[:] = sums[stack.stack]
        yield len(middles[some])


def _values_at_zero(read: OnePass, output: Output) -> Array:
    end = output.read(read.trace)
    with joint_runs(read.trace, read.scaled(np.zeros(1)), end) as runs:
        return output.values(read.trace, output.vectors(runs.steps[end.path].array))


# --- words left out


def _that_can_go(read: OnePass, output: Output) -> dict[str, list[int]]:
    """The places of the words that can be left out, by stacks."""
    return {
        stack: [place for place in np.flatnonzero(text.is_word).tolist() if _can_go(read, output, stack, place)]
        for stack, text in read.texts.items()
    }


def _can_go(read: OnePass, output: Output, stack: str, place: int) -> bool:
    """Not the only word, nor a mask, nor one without which nothing is said."""
    mask, text = read.masked_by(stack), read.texts[stack]
    if mask is not None:
        return int(text.ids[place]) != mask
    return bool(text.is_word.sum() > 1) and _moved(read, output, stack, place) is not None


def _moved(read: OnePass, output: Output, stack: str, left: int) -> Output | None:
    """The same output of the text without a word; None where it would be at that word, or before all."""
    place = output.place
    if place is None or stack != _predicting(read) or place < left:
        return output
    if place == left and (stack == "encoder" or place == 0):
        return None
    return replace(output, place=place - 1)


def _values_without(output: Output, read: OnePass, stack: str, runs: Without, some: slice) -> Array:
    """The output in some runs that lack a word: (run)."""
    end, is_masked = output.read(runs.trace), read.masked_by(stack) is not None
    outputs = [output if is_masked else _moved(read, output, stack, place) for place in runs.places[some]]
    found = np.empty(len(outputs))
    with joint_runs(runs.trace, {runs.embedding: runs.vectors[some]}, end) as made:
        for moved in filter(None, dict.fromkeys(outputs)):
            alike = [run for run, each in enumerate(outputs) if each == moved]
            found[alike] = moved.values(runs.trace, moved.vectors(made.steps[end.path].array[alike]))
    return found
