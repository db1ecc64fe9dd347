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

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from attn_explore.model.axes import Array
from attn_explore.model.backward import gradients_by
from attn_explore.model.dataclass import dataclass
from attn_explore.model.known import Known
from attn_explore.model.looking.one_output import Output
from attn_explore.model.looking.one_pass import OnePass, one_pass
from attn_explore.model.looking.rollout import rollout
from attn_explore.model.looking.text_read import Text
from attn_explore.model.trace import Trace

STEPS = 32
"""Runs between embeddings of zero and those of the words."""
_CLOSER = 4
"""How much closer together these are near zero, where norms make the output change fastest: a power."""

Tell = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class WordShares:
    """What each method gives to each word that a stack read: (token); NaN where a word cannot be left out."""

    stack: str
    text: Text
    gradient: Array
    integrated: Array
    rollout: Array
    left_out: Array


@dataclass(frozen=True, eq=False)
class Words:
    """An output, and what made it, by stacks.

    value      the output
    baseline   what it is with embeddings of zero
    steps      how many gradients the integrated ones are the mean of
    masks      whether a word was masked, and not left out
    is_edited  whether the run has edits, which stand at places: then no word was left out
    """

    output: Output
    stacks: tuple[WordShares, ...]
    value: float
    baseline: float
    steps: int
    masks: bool
    is_edited: bool

    def total(self, method: str) -> float:
        """The sum of a method over all words that it gives something."""
        return float(sum(np.nansum(getattr(stack, method)) for stack in self.stacks))

    @property
    def error(self) -> float:
        """What the integrated gradients lack of what the output gained since the baseline: too few steps."""
        return self.value - self.baseline - self.total("integrated")


def words_of(
    known: Known,
    trace: Trace,
    output: Output,
    steps: int = STEPS,
    *,
    chapter: str = "",
    tell: Tell = lambda done, of: None,
) -> Words:
    """Which words of a pass of a run made an output. Raises Problem for a model that reads no words or has no head.

    >>> from attn_explore.model.known import known_of
    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> gpt = "{kind: decoder, norm_order: pre, head: vocabulary}"
    >>> scenario = parse_scenario(f"{{model: {gpt}, input: {{text: I love my dog}}}}")
    >>> found = words_of(known_of(scenario), run(scenario), Output("logit", 3, 0))
    >>> found.stacks[0].text.words
    ('I', 'love', 'my', 'dog')
    >>> abs(found.error) < 0.01
    True
    """
    read = one_pass(known, trace, chapter)
    places = [] if read.trace.changes else list(_that_can_go(read, output))
    done, every = 0, steps + len(places) + 2

    def count() -> None:
        nonlocal done
        done += 1
        tell(done, every)

    value, gradient = output.value(read.trace), _gradients(read, read.trace, output)
    count()
    baseline, mean = _integrated(read, output, steps, count)
    left = {stack: np.full(text.tokens.size, np.nan) for stack, text in read.texts.items()}
    for stack, place in places:
        left[stack][place] = value - _without(read, output, stack, place)
        count()
    stack = _predicting(read)
    rolled = rollout(read.trace, stack, output.place)
    found = tuple(
        WordShares(
            each, text, _times_input(read, each, gradient), _times_input(read, each, mean), rolled[each], left[each]
        )
        for each, text in read.texts.items()
    )
    masks = read.masked_by(stack) is not None
    return Words(output, found, value, baseline, steps, masks, bool(read.trace.changes))


def _predicting(read: OnePass) -> str:
    """The stack that the output is made of."""
    return "decoder" if "decoder" in read.texts else "encoder"


# --- gradients


def _gradients(read: OnePass, trace: Trace, output: Output) -> Mapping[str, Array]:
    """The gradient of the output by the embeddings of each stack: (token, d_model)."""
    made_of, gradient = output.gradient(trace)
    paths = read.embeddings
    found = gradients_by(trace, {made_of.path: gradient}, set(paths.values()))
    return {stack: np.asarray(found.get(path, 0.0), np.float64) for stack, path in paths.items()}


def _times_input(read: OnePass, stack: str, gradient: Mapping[str, Array]) -> Array:
    embedding = np.asarray(read.trace.steps[read.embeddings[stack]].array, np.float64)
    found: Array = (embedding * gradient[stack]).sum(axis=-1)
    return found


def _integrated(
    read: OnePass, output: Output, steps: int, count: Callable[[], object]
) -> tuple[float, dict[str, Array]]:
    """The output at embeddings of zero, and the mean of its gradients from there on: the midpoint rule."""
    with read.scaled(0.0) as trace:
        baseline = output.value(trace)
    count()
    mean: dict[str, Array] = dict.fromkeys(read.texts, np.zeros(()))
    ends = (np.arange(steps + 1) / steps) ** _CLOSER
    for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        with read.scaled((start + end) / 2) as trace:
            found = _gradients(read, trace, output)
        mean = {stack: mean[stack] + (end - start) * found[stack] for stack in mean}
        count()
    return baseline, mean


# --- words left out


def _that_can_go(read: OnePass, output: Output) -> Iterator[tuple[str, int]]:
    """The words that can be left out, by stack and place."""
    for stack, text in read.texts.items():
        for place in np.flatnonzero(text.is_word).tolist():
            if _can_go(read, output, stack, place):
                yield stack, place


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


def _without(read: OnePass, output: Output, stack: str, place: int) -> float:
    moved = output if read.masked_by(stack) is not None else _moved(read, output, stack, place)
    assert moved is not None  # noqa: S101 (only words that can go are asked for)
    with read.without(stack, place) as trace:
        return moved.value(trace)
