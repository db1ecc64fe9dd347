"""A generation word by word: what each was chosen from, what the sampler did to that, and what the cache held.

Another choice leads to another run. It takes over what it has in common with the run that stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.forward import trace_of
from attn_explore.model.known import Known
from attn_explore.model.looking.kept_keys import KeptKeys, kept_keys
from attn_explore.model.looking.sampling import Sampled, Sampler, drawn, in_order, sampled
from attn_explore.model.passes import in_first_pass
from attn_explore.model.problems import Problem
from attn_explore.model.trace import Trace
from attn_explore.model.values import Value

LISTED = 5
"""Words that are listed of those that each word is chosen from, unless another number is wanted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A word that may be chosen, by its id.

    `probability` is the model's own, `chance` what the sampler leaves of it; `cut_by` the step that cut it.
    """

    word: int
    probability: float
    chance: float
    cut_by: str = ""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """What a step of the sampler did: how many words it cut, and how much probability it moved."""

    name: str
    cut: int
    moved: float


@dataclass(frozen=True, eq=False)
class Choice:
    """How one word was chosen.

    at          the step of the run with its candidates
    chosen      the word; `is_forced` where a person chose it
    candidates  the likeliest ones by the model itself, the first first
    steps       what the sampler did, and `draw` the number that it drew with
    read        how many words the decoder had read by then
    made        what the sampler made of the logits, tensor after tensor: their numbers come when they are asked for
    """

    at: Value
    chosen: Candidate
    candidates: tuple[Candidate, ...]
    steps: tuple[StepTaken, ...]
    draw: float | None
    is_forced: bool
    read: int
    made: tuple[Value, ...]


@dataclass(frozen=True, eq=False)
class Timeline:
    """How the words of a run were generated: each choice in order, the sampler, the vocabulary, and the cache."""

    sampler: Sampler
    choices: tuple[Choice, ...]
    vocabulary: Axis
    kept: KeptKeys
    run: Trace

    def cached(self, choice: Choice) -> int:
        """The bytes of the keys and values that there were when a word was chosen."""
        read_later = self.choices[-1].read - choice.read
        return self.kept.nbytes - read_later * self.kept.bytes_a_token


def other_run(
    known: Known, trace: Trace, sampler: Sampler, forced: Mapping[int, int], *, is_as_long: bool = True
) -> Trace:
    """The run in which words are chosen by a sampler, or as they are forced to be, by their places.

    `trace` is the run that stands, of the same scenario, or of one with another number of words. Raises Problem where
    that has not all of its steps.
    """
    if sampler.is_plain and not forced and is_as_long:
        return trace
    if trace.left_out:
        raise Problem("this file has not all that a run is made of", hint="run the scenario or the model itself")

    def choose(place: int, candidates: Value, read: Sequence[int]) -> int:
        return forced[place] if place in forced else _chosen(sampler, candidates, read, place)

    return trace_of(known, trace.unedited, changes=dict(trace.changes), before=trace, choose=choose)


def timeline(
    known: Known,
    trace: Trace,
    sampler: Sampler | None = None,
    forced: Mapping[int, int] | None = None,
    top: int = LISTED,
) -> Timeline:
    """The words of a run that `other_run` gives. Raises Problem for a run that chooses none.

    The run keeps what the sampler made: its steps are found under those that the words are chosen from.

    >>> from attn_explore.model.known import known_of
    >>> from attn_explore.model.run import run
    >>> from attn_explore.model.scenario import parse_scenario
    >>> model = "{kind: decoder, head: vocabulary, classes: [a, b, c]}"
    >>> scenario = parse_scenario(f"{{model: {model}, input: {{text: a b, max_new_tokens: 2}}}}")
    >>> found = timeline(known_of(scenario), run(scenario))
    >>> [choice.at.path for choice in found.choices], [choice.read for choice in found.choices]
    (['candidates', 'generated.1.candidates'], [2, 3])
    """
    sampler, forced = sampler or Sampler(), forced or {}
    steps = [step for path, step in trace.steps.items() if in_first_pass(path) == "candidates"]
    if not steps:
        hint = "give a decoder that predicts words a text, and no target"
        raise Problem("no word is chosen in this run", hint=hint)
    first = known.ids("decoder")
    choices = tuple(
        _choice(sampler, step, (*first, *trace.generated[:place]), place, forced.get(place), top)
        for place, step in enumerate(steps)
    )
    trace.sampled.update((choice.at.path, list(choice.made)) for choice in choices)
    return Timeline(sampler, choices, steps[0].axes[0], kept_keys(trace), trace)


def _chosen(sampler: Sampler, candidates: Value, read: Sequence[int], place: int) -> int:
    """The word that a sampler chooses; without one, that of the run."""
    if sampler.is_plain:
        return drawn(candidates.array, None)
    return drawn(_sampled(sampler, candidates, read).chances, sampler.draw(place))


def _sampled(sampler: Sampler, candidates: Value, read: Sequence[int]) -> Sampled:
    """What a sampler makes of the candidates for a word; its steps stand under their path."""
    return sampled(sampler, logits_before(candidates), read, candidates.path)


def logits_before(candidates: Value) -> Value:
    """The logits (token, vocabulary) whose last row a word is chosen from.

    Raises Problem where what comes after them was edited.
    """
    probabilities = candidates.operands[0].value
    edited = next((step for step in (candidates, probabilities) if step.changes), None)
    if edited is not None:
        raise Problem(f"a sampler reads the logits, and {edited.path} was edited", hint="edit the logits")
    return probabilities.operands[0].value


def _choice(
    sampler: Sampler, candidates: Value, read: Sequence[int], place: int, forced: int | None, top: int
) -> Choice:
    own = np.asarray(candidates.array, np.float64)
    made = None if sampler.is_plain else _sampled(sampler, candidates, read)
    steps, chances = ((), own) if made is None else (made.steps, made.chances)
    cut_by = {int(word): step.step for step in steps for word in step.cut if own[word] > 0}
    word = _chosen(sampler, candidates, read, place) if forced is None else forced

    def candidate(each: int) -> Candidate:
        return Candidate(each, float(own[each]), float(chances[each]), cut_by.get(each, ""))

    return Choice(
        candidates,
        candidate(word),
        tuple(candidate(int(each)) for each in in_order(own)[:top]),
        tuple(StepTaken(step.step, step.cut.size, step.moved) for step in steps),
        None if forced is not None else sampler.draw(place),
        forced is not None,
        len(read),
        () if made is None else _forgotten(made.made),
    )


def _forgotten(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Values that let their numbers go: there are as many as words are generated, each for a whole vocabulary."""
    for value in values:
        value.forget()
    return values
