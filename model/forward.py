"""Puts a scenario's model together in a trace, once for all: for runs, for their plans, and for batches of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from attn_explore.model.architecture import architecture_of
from attn_explore.model.axes import Axis
from attn_explore.model.dataclass import dataclass
from attn_explore.model.edits import Changes
from attn_explore.model.keeping import Keeper
from attn_explore.model.known import Known
from attn_explore.model.layers import Cache
from attn_explore.model.passes import CHAPTER
from attn_explore.model.recorder import Recorder
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import Token, generates
from attn_explore.model.sources import Numbers, is_stored
from attn_explore.model.trace import Listener, Trace
from attn_explore.model.transformer import StackTokens, across, decode, encode, logits, of_itself, text_vector
from attn_explore.model.values import Value

Choose = Callable[[int, Value, Sequence[int]], int]
"""Chooses a word: from which place in what is generated, its candidates, and the ids that were read."""


def takes_over(scenario: Scenario) -> bool:
    """Whether each pass of a generation reads its new word alone, and takes the keys and values of the others over.

    A scenario's own model reads all of its few words in each pass. So does one that sees later words: what it makes of
    a word changes with each that follows.
    """
    return scenario.checkpoint is not None and scenario.mask.causal is not False


class Assembly:
    """A scenario's model in a trace that has its parameters.

    What the encoder makes of the source, where there is an encoder, is computed once for every pass of the decoder; so
    are the keys and values of each token, where there is a `cache`.
    """

    def __init__(
        self, trace: Trace, scenario: Scenario, source: StackTokens | None, cache: Cache | None = None
    ) -> None:
        self._trace, self._config, self._mask = trace, architecture_of(scenario.model), scenario.mask
        self._source, self._cache = source, cache
        if source is not None:
            visibility = of_itself(source, self._config, self._mask, is_decoder=False)
            self._memory = encode(Recorder(trace, "encoder"), source, visibility, self._config)

    def logits(self, target: StackTokens | None = None, chapter: str = "") -> Value | None:
        """What the head says of the target, or of the source where there is no decoder; None without a head."""
        t = Recorder(self._trace, chapter=chapter)
        if target is not None:
            visibility = of_itself(target, self._config, self._mask, is_decoder=True)
            memory = None if self._source is None else (self._memory, across(target, self._source))
            x = decode(t.inside("decoder"), target, visibility, self._config, memory, self._cache)
            return logits(t, x, target, self._config)
        if self._source is None:
            raise ValueError("a model reads a source or a target")
        text_vector(t, self._memory, self._source, self._config)
        return logits(t, self._memory, self._source, self._config)


def trace_of(
    known: Known,
    arrays: Mapping[str, Numbers] | None,
    on_step: Listener | None = None,
    generated: Sequence[Token] | None = None,
    *,
    changes: Changes | None = None,
    before: Trace | None = None,
    lazy: bool = False,
    choose: Choose | None = None,
) -> Trace:
    """One run of a scenario, of its model or of its experiment; its plan where there are no `arrays`.

    `generated` are the words that the decoder chooses, where a plan knows them. `lazy`: what can be computed again is
    not computed before it is asked for. `choose` chooses its words; without it they are the likeliest.
    """
    trace = _begun(known, arrays, on_step, changes, before)
    trace.is_lazy = lazy or (before is not None and before.is_lazy)
    scenario = known.scenario
    if scenario.alone is not None:
        from attn_explore.model import experiments  # few scenarios have one

        experiments.record(trace, scenario.alone)
    else:
        _read(_ModelRun(trace, known, generated, choose=choose), _passes(known, generated))
    trace.before = None  # it was of use while this one ran
    return trace


def passes_of(known: Known, arrays: Mapping[str, Numbers]) -> Iterator[Trace]:
    """The run of a generation pass by pass, each time with all that there is by then; at last as a whole.

    Nothing is computed before it is asked for. When another pass is, the word before it is chosen first.
    """
    trace = _begun(known, arrays)
    trace.is_lazy = True
    for candidates in _ModelRun(trace, known).passes(known.scenario.input.max_new_tokens):
        yield trace.so_far(candidates)
    yield trace


def _read(run: _ModelRun, passes: int) -> None:
    for _ in run.passes(passes):
        pass  # each word is chosen when the next one is asked for


def _passes(known: Known, generated: Sequence[Token] | None) -> int:
    """How many passes a generation has at most, or has where its words are known: all, but perhaps the last."""
    most = known.scenario.input.max_new_tokens
    if generated is None:
        return most
    is_over = len(generated) == most or (len(generated) > 0 and known.ends_with(generated[-1]))
    return len(generated) + (not is_over)


OUTLINED = 3
"""Passes of a generation in an outline: the first, and two that show how the others grow with the text."""


def outline_of(known: Known) -> Trace:
    """The plan of a model with one layer in each stack, over as many tokens as it reads, but without the words.

    It is as large for a model of any depth, over a text of any length.
    """
    shallow = known.with_one_layer()
    trace = _begun(shallow, None)
    passes = min(known.scenario.input.max_new_tokens, OUTLINED)
    _read(_ModelRun(trace, shallow, has_words=False), passes)
    return trace


def _begun(
    known: Known,
    arrays: Mapping[str, Numbers] | None,
    on_step: Listener | None = None,
    changes: Changes | None = None,
    before: Trace | None = None,
) -> Trace:
    """A trace with its parameters, and no step yet."""
    dtype = np.dtype(known.scenario.model.dtype)
    keeper = before.keeper if before is not None else _keeper(arrays or {})
    trace = Trace(dtype, planned=arrays is None, on_step=on_step, changes=changes or {}, before=before, keeper=keeper)
    for name, axes in known.shapes.items():
        trace.add_parameter(name, axes, None if arrays is None else arrays[name])
    return trace


def _keeper(arrays: Mapping[str, Numbers]) -> Keeper | None:
    """Decides what stays in memory of a model whose parameters are stored; of others, everything does."""
    return Keeper() if any(is_stored(numbers) for numbers in arrays.values()) else None


@dataclass(frozen=True)
class _Text:
    """Words that a stack reads, the rows that they have in its table, and which of them only fill up."""

    words: tuple[str, ...]
    ids: tuple[int, ...]
    padding: tuple[bool, ...]

    def followed_by(self, token: Token) -> _Text:
        """The text with one more word."""
        return _Text((*self.words, token.label), (*self.ids, token.id), (*self.padding, False))


@dataclass(frozen=True)
class _Pass:
    """What a stack reads in one pass: so many tokens, and the text, where it is known."""

    tokens: StackTokens
    length: int
    text: _Text | None


class _ModelRun:
    """Runs a model over the texts of its scenario, and over the words that it chooses itself."""

    def __init__(
        self,
        trace: Trace,
        known: Known,
        generated: Sequence[Token] | None = None,
        *,
        has_words: bool = True,
        choose: Choose | None = None,
    ) -> None:
        self._trace, self._known, self._scenario = trace, known, known.scenario
        self._generated, self._has_words, self._choose = generated, has_words, choose
        self._takes_over = takes_over(self._scenario)

    def passes(self, most: int) -> Iterator[Value]:
        """Read the source and the target; where the words are chosen one by one, in at most so many passes.

        Gives after each pass but the last what the next word is chosen from, before it is.
        """
        has_source = "encoder" in self._known.readings
        source = self._first("encoder", "") if has_source else None
        cache = Cache() if self._takes_over else None
        model = Assembly(self._trace, self._scenario, source.tokens if source else None, cache)
        if "decoder" not in self._known.readings:
            self._probabilities("", model.logits())
            return
        target = self._first("decoder", "decoder." if has_source else "")
        probabilities = self._probabilities("", model.logits(target.tokens))
        if not generates(self._scenario.model, self._scenario.input) or probabilities is None:
            return
        yield from self._generate(model, target, probabilities, most)

    def _generate(self, model: Assembly, target: _Pass, probabilities: Value, passes: int) -> Iterator[Value]:
        """Let the decoder choose word after word, and read each with those before it."""
        stack = "decoder." if "encoder" in self._known.readings else ""
        for place in range(passes):
            chapter = f"{CHAPTER}.{place}" if place else ""
            candidates = Recorder(self._trace, chapter=chapter).last("candidates", probabilities)
            if place + 1 == passes and self._trace.is_lazy:
                self._trace.last_choice = candidates  # nobody reads that word, and to know it is to compute everything
                break
            if place + 1 < passes:
                yield candidates
            word = self._choice(place, candidates, target.text)
            text = None if word is None or target.text is None else target.text.followed_by(word)
            if word is not None and text is not None:
                self._trace.generated.append(word.id)
                self._trace.tokens["decoder"] = text.words
            if place + 1 == passes or (word is not None and self._known.ends_with(word)):
                break
            chapter = f"{CHAPTER}.{place + 1}"
            start = target.length if self._takes_over else 0
            target = self._reads("decoder", f"{chapter}.{stack}", text, target.length + 1, start)
            probabilities = self._probabilities(chapter, model.logits(target.tokens, chapter)) or probabilities

    def _probabilities(self, chapter: str, found: Value | None) -> Value | None:
        if found is None:
            return None
        return Recorder(self._trace, chapter=chapter).softmax("probabilities", found, over=found.names[-1])

    def _first(self, stack: str, prefix: str) -> _Pass:
        """What a stack reads at first."""
        reading = self._known.readings[stack]
        text = _Text(reading.padded(), self._known.ids(stack), reading.padding()) if self._has_words else None
        return self._reads(stack, prefix, text, reading.length)

    def _reads(self, stack: str, prefix: str, text: _Text | None, length: int, start: int = 0) -> _Pass:
        """Give the trace the tokens that a stack reads, and which of them are padding, where there can be some.

        Those before `start` were read in an earlier pass, from which they are taken over.
        """
        ids = read = pad = padding = all_tokens = None
        if text is not None:
            self._trace.tokens[stack] = text.words
            ids, pad = np.array(text.ids, np.int64), np.array(text.padding, np.int64)
            read = ids[start:]
        axes = (Axis("token", length, text.words if text else None),)
        read_axes = (Axis("token", length - start, text.words[start:] if text else None, start=start),)
        if start:
            all_tokens = self._trace.give(f"{prefix}all_tokens", axes, ids)
        tokens = self._trace.give(f"{prefix}tokens", read_axes, read)
        hides_pad = self._known.hides_padding(stack)
        if hides_pad or self._known.readings[stack].has_padding:
            padding = self._trace.give(f"{prefix}pad", axes, pad)
        segments = self._segments(prefix, tokens.axes)
        return _Pass(StackTokens(tokens, padding, hides_pad, segments, all_tokens), length, text)

    def _segments(self, prefix: str, axes: tuple[Axis, ...]) -> Value | None:
        """Where the model has segments, one text is all in the first."""
        if not self._known.architecture.segments:
            return None
        rows = np.zeros(axes[0].size, np.int64) if self._has_words else None
        return self._trace.give(f"{prefix}segments", axes, rows)

    def _choice(self, place: int, candidates: Value, text: _Text | None) -> Token | None:
        """The likeliest word, or the one that somebody chooses; in a plan the one that is known, if it is."""
        if self._generated is not None:
            return self._generated[place] if place < len(self._generated) else None
        if self._trace.planned:
            return None
        if self._trace.is_lazy:
            self._trace.bring(candidates)
        if self._choose is None or text is None:
            return _likeliest(candidates)
        word = self._choose(place, candidates, text.ids)
        return Token(word, candidates.axes[0].label(word))


def _likeliest(candidates: Value) -> Token:
    place = int(np.argmax(candidates.array))
    return Token(place, candidates.axes[0].label(place))


def choose_last(trace: Trace) -> None:
    """Let a run that is computed when it is looked at choose its last word, unless it has."""
    if trace.last_choice is not None:
        word = _likeliest(trace.last_choice)
        trace.tokens["decoder"] = (*(trace.tokens["decoder"] or ()), word.label)
        trace.generated.append(word.id)
        trace.last_choice = None
