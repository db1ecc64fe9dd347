"""One pass of a model over its texts after another: give the tokens, make the parameters, run the layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_explore.model import experiments
from attn_explore.model.axes import Array, Axis
from attn_explore.model.edits import Changes
from attn_explore.model.layers import Visibility
from attn_explore.model.scenario import Scenario
from attn_explore.model.scenario.tokens import END, PAD, generates, readings
from attn_explore.model.shapes import shapes_of, vocabulary_axes
from attn_explore.model.trace import Listener, Recorder, Trace
from attn_explore.model.transformer import Text, across, decode, encode, of_itself, predict
from attn_explore.model.values import Tensor, Value

CHAPTER = "generated"
"""Each further pass of a decoder that generates is a chapter: `generated.1` and so on. The first is as in any model."""


def trace_of(
    scenario: Scenario,
    arrays: dict[str, Array] | None,
    on_step: Listener | None = None,
    generated: Sequence[str] | None = None,
    *,
    changes: Changes | None = None,
    before: Trace | None = None,
) -> Trace:
    """One run of a scenario, of its model or of its experiment; its plan where there are no `arrays`."""
    if scenario.alone is None:
        return Pass(scenario, arrays, on_step, generated, changes=changes, before=before).trace
    trace = Trace(
        np.dtype(scenario.model.dtype),
        planned=arrays is None,
        on_step=on_step,
        changes=changes or {},
        before=before,
    )
    for name, axes in shapes_of(scenario).items():
        trace.add_parameter(name, axes, None if arrays is None else arrays[name])
    experiments.record(trace, scenario.alone)
    trace.before = None  # it was of use while this one ran
    return trace


@dataclass(frozen=True)
class _Text:
    """What a stack reads in one pass. Without words only the number of tokens is known."""

    given: Value
    words: tuple[str, ...] | None

    @property
    def pad(self) -> tuple[bool, ...]:
        """Which tokens are padding."""
        return tuple(word == PAD for word in self.words or ())


class Pass:
    """One run of a scenario, or its plan where there are no `arrays`; `trace` holds it when it is made.

    `more`: the decoder reads so many unknown tokens more, for plans of the passes of a generation.
    """

    def __init__(
        self,
        scenario: Scenario,
        arrays: dict[str, Array] | None,
        on_step: Listener | None = None,
        generated: Sequence[str] | None = None,
        *,
        is_sized: bool = False,
        more: int = 0,
        changes: Changes | None = None,
        before: Trace | None = None,
    ) -> None:
        self.config, self.scenario = scenario.model, scenario
        self.read = readings(scenario.model, scenario.input)
        self.known = vocabulary_axes(scenario)
        self.generated = generated
        self.is_sized, self.more = is_sized, more
        self.trace = Trace(
            np.dtype(self.config.dtype),
            planned=arrays is None,
            on_step=on_step,
            changes=changes or {},
            before=before,
        )
        for name, axes in shapes_of(scenario).items():
            self.trace.add_parameter(name, axes, None if arrays is None else arrays[name])
        self._run()
        self.trace.before = None  # it was of use while this one ran

    def _run(self) -> None:
        source = memory = None
        if "encoder" in self.read:
            source = self._first_text("encoder", "tokens")
            memory = encode(
                Recorder(self.trace, "encoder"), source.given, self._of_itself(source, "encoder"), self.config
            )
        if "decoder" in self.read:
            self._decode(source, memory)
        elif source is not None and memory is not None:
            predict(Recorder(self.trace), memory, source.given, source.pad, self.config)

    # --- tokens

    def _first_text(self, stack: str, name: str) -> _Text:
        reading = self.read[stack]
        if self.is_sized:
            return self._text(stack, name, None, reading.length + (self.more if stack == "decoder" else 0))
        return self._text(stack, name, reading.padded(), reading.length)

    def _text(self, stack: str, name: str, words: tuple[str, ...] | None, length: int) -> _Text:
        """Give the trace the tokens that a stack reads."""
        ids = None
        if words is not None:
            self.trace.tokens[stack] = words
            places = {word: place for place, word in enumerate(self.known[stack].labels or ())}
            ids = np.array([places[word] for word in words], np.int64)
        return _Text(self.trace.give(name, (Axis("token", length, words),), ids), words)

    # --- what may be seen

    def _of_itself(self, text: _Text, stack: str) -> Visibility:
        return of_itself(self._seen(text, stack), self.config, self.scenario.mask, stack == "decoder")

    def _seen(self, text: _Text, stack: str) -> Text:
        """A text with what is hidden of it: padding, where there is some or the scenario says so."""
        wanted = self.scenario.mask.pad
        hides = self.read[stack].has_padding if wanted == "auto" else wanted
        return Text(text.given, text.pad if hides else None)

    # --- the decoder

    def _decode(self, source: _Text | None, memory: Tensor | None) -> None:
        """One pass over the target, or as many as there are words to generate, greedily."""
        name = "tokens" if source is None else "decoder.tokens"
        text = self._first_text("decoder", name)
        probabilities = self._one_pass("", text, source, memory)
        if not generates(self.config, self.scenario.input) or probabilities is None:
            return
        passes = self.scenario.input.max_new_tokens if self.generated is None else len(self.generated)
        if self.is_sized:
            passes = 1
        for place in range(passes):
            chapter = f"{CHAPTER}.{place}" if place else ""
            candidates = Recorder(self.trace, chapter=chapter).last("candidates", probabilities)
            word = self._choice(place, candidates)
            words = None if word is None else (*(text.words or ()), word)
            if words is not None:
                self.trace.tokens["decoder"] = words
            if place + 1 == passes or word == END:
                break
            chapter = f"{CHAPTER}.{place + 1}"
            text = self._text("decoder", f"{chapter}.{name}", words, text.given.shape[0] + 1)
            probabilities = self._one_pass(chapter, text, source, memory) or probabilities

    def _one_pass(self, chapter: str, text: _Text, source: _Text | None, memory: Tensor | None) -> Value | None:
        t = Recorder(self.trace, chapter=chapter)
        seen = None if source is None else across(self._seen(text, "decoder"), self._seen(source, "encoder"))
        x = decode(t.inside("decoder"), text.given, self._of_itself(text, "decoder"), self.config, memory, seen)
        return predict(t, x, text.given, text.pad, self.config)

    def _choice(self, place: int, candidates: Value) -> str | None:
        """The likeliest word; in a plan the one that is known, if it is."""
        if self.generated is not None:
            return self.generated[place]
        return None if self.trace.planned else candidates.axes[0].label(int(np.argmax(candidates.array)))
